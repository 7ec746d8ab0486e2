// Digests: a 128-bit number that is equal when two runs made the same transitions, and when they did not with
// a chance of about 2^-128. It guards against mistakes, not against somebody who wants two runs to agree.
//
// A digest is a sum modulo 2^128 of one term per transition. Sums commute, so any order, any partition
// into shards and any batching give the same digest, and parts are combined by adding them.
#ifndef LAWINE_ENGINE_BASE_DIGEST_H_
#define LAWINE_ENGINE_BASE_DIGEST_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/coin.h"

namespace lawine {

struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  constexpr Digest& operator+=(const Digest& other) {
    low += other.low;
    high += other.high + (low < other.low ? 1 : 0);
    return *this;
  }
  // Takes a term out again.
  constexpr Digest& operator-=(const Digest& other) {
    high -= other.high + (low < other.low ? 1 : 0);
    low -= other.low;
    return *this;
  }
  friend constexpr bool operator==(const Digest&, const Digest&) = default;

  // 32 lower-case hex digits, high word first.
  std::string ToHex() const;
  static absl::StatusOr<Digest> FromHex(std::string_view hex);
};

// What happened to a member. The values are part of the definition: never renumber.
enum class TransitionEvent : std::uint64_t {
  kReceipt = 1,
  kForward = 2,
  kSeen = 3,
  kRecovery = 4,
};

// Terms of all members that make one transition at one step, under one (message, replica).
class DigestLane {
 public:
  constexpr DigestLane(std::uint64_t message, std::uint64_t replica, std::uint64_t step,
                       TransitionEvent event, std::uint64_t value = 0)
      : DigestLane(hash::Absorb(hash::Absorb(hash::Absorb(Start(kTransitionTag, message), replica), step),
                                static_cast<std::uint64_t>(event)),
                   value) {}

  // For digests of graphs: terms of links of one kind and weight.
  static constexpr DigestLane ForLinks(std::uint64_t kind, std::uint64_t weight) {
    return DigestLane(Start(kLinkTag, kind), weight);
  }
  static constexpr DigestLane ForMembers() { return DigestLane(Start(kMemberTag, 0), 0); }

  constexpr Digest Term(std::uint64_t key) const {
    return {.high = hash::Keyed(k2_, k3_, key), .low = hash::Keyed(k0_, k1_, key)};
  }
  // Terms of the links of one source: Term(receiver) of the result.
  constexpr DigestLane ForSource(std::uint64_t source_key) const {
    DigestLane lane = *this;
    lane.k0_ = hash::Keyed(k0_, k1_, source_key);
    lane.k2_ = hash::Keyed(k2_, k3_, source_key);
    return lane;
  }

 private:
  static constexpr std::uint64_t kTransitionTag = 0x4C6177696E650001ull;
  static constexpr std::uint64_t kLinkTag = 0x4C6177696E650002ull;
  static constexpr std::uint64_t kMemberTag = 0x4C6177696E650003ull;

  static constexpr std::uint64_t Start(std::uint64_t tag, std::uint64_t first) {
    return hash::Absorb(hash::Absorb(0, tag), first);
  }
  constexpr DigestLane(std::uint64_t chain, std::uint64_t last) {
    const std::uint64_t h = hash::Absorb(chain, last);
    k0_ = hash::Mix(h + hash::kGolden);
    k1_ = hash::Mix(h + 2 * hash::kGolden);
    k2_ = hash::Mix(h + 3 * hash::kGolden);
    k3_ = hash::Mix(h + 4 * hash::kGolden);
  }

  std::uint64_t k0_ = 0, k1_ = 0, k2_ = 0, k3_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_DIGEST_H_
