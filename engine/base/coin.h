// Coins: every random decision is a pure function of what it decides about.
//
//   coin(run seed, message number, replica number, purpose, step, key1 [, key2]) -> 64 uniform bits
//
// There is no generator and no order of draws, so a result cannot depend on shards, threads, batches or
// arrival order. `step` is 0 except for purposes that act every step. engine/README.md has the same
// definition in words, with test vectors.
//
// Shape: what is fixed for a whole pass (seed, message, replica, purpose, step) is hashed once into a
// CoinLane of two words. A coin is then two multiplications: the `moremur` finaliser of Pelle Evensen
// (mostlymangling.blogspot.com, 2019) with the second word added between its halves, so that lanes whose
// first words happen to be close do not give shifted copies of each other's coins.
#ifndef LAWINE_ENGINE_BASE_COIN_H_
#define LAWINE_ENGINE_BASE_COIN_H_

#include <cstdint>

namespace lawine {

// What a coin decides. The values are part of the definition: never renumber.
enum class CoinPurpose : std::uint64_t {
  kForward = 1,        // key1 = receiver
  kDelay = 2,          // key1 = receiver
  kThreshold = 3,      // key1 = receiver
  kLink = 4,           // key1 = source, key2 = receiver
  kAttribution = 5,    // key1 = source, key2 = receiver
  kInfection = 6,      // key1 = source, key2 = receiver, with the step
  kRecovery = 7,       // key1 = member, with the step
  kSeedChoice = 8,     // key1 = member: the smallest coins are chosen
  kGrowth = 9,         // key1 = member, with the step
  kSender = 10,        // traffic: see engine/README.md
  kStartTime = 11,     // traffic: key1 = message
  kSeen = 12,          // key1 = source, key2 = receiver
  kLinkDelay = 13,     // key1 = source, key2 = receiver
  kOnset = 14,         // key1 = member, with the step
  kIntervention = 15,  // key1 = member, with the intervention's number for the step
  kCrossPost = 16,     // key1 = source, key2 = receiver: two accounts of one person
  kLinkLoss = 17,      // key1 = source, key2 = receiver
  kJoin = 18,          // key1 = member
  kLeave = 19,         // key1 = member
  kGrowthTarget = 20,  // key1 = member, with the step
  kUnfollow = 21,      // key1 = source, key2 = receiver
  kFollow = 22,        // key1 = receiver
  kRate = 23,          // key1 = the rate's field, see engine/README.md; message 0
  // 32 to 63 belong to what is done with results: they decide nothing in a run.
  kResample = 32,  // bootstrap: key1 = sample, key2 = place in it
  // 64 to 127 belong to generators (engine/graph), 128 and above to samples of graphs (engine/store).
  kGenerator = 64,
};

namespace hash {

inline constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ull;
inline constexpr std::uint64_t kMul1 = 0x3C79AC492BA7B653ull;
inline constexpr std::uint64_t kMul2 = 0x1C69B3F74AC4AE35ull;

// A bijection of 64-bit words that changes every bit with every other.
constexpr std::uint64_t Mix(std::uint64_t x) {
  x ^= x >> 27;
  x *= kMul1;
  x ^= x >> 33;
  x *= kMul2;
  return x ^ (x >> 27);
}

// Adds `value` to a chain `h`. A chain starts at 0.
constexpr std::uint64_t Absorb(std::uint64_t h, std::uint64_t value) { return Mix((h ^ value) + kGolden); }

// The keyed hash under every coin and every digest term.
constexpr std::uint64_t Keyed(std::uint64_t k0, std::uint64_t k1, std::uint64_t x) {
  x ^= k0;
  x ^= x >> 27;
  x *= kMul1;
  x ^= x >> 33;
  x += k1;
  x *= kMul2;
  return x ^ (x >> 27);
}

}  // namespace hash

// floor(a * b / 2^64): of a coin and a count, one of the numbers below the count.
constexpr std::uint64_t MulHigh(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(a) * b) >> 64);
}

// Which luck: the run's key and the (message, replica) pair.
struct CoinKey {
  std::uint64_t run_seed = 0;
  std::uint64_t message = 0;
  std::uint64_t replica = 0;
};

// All coins of one purpose (and step) under one key. Cheap to copy; make one per pass, not per coin.
class CoinLane {
 public:
  constexpr CoinLane(const CoinKey& key, CoinPurpose purpose, std::uint64_t step = 0) {
    std::uint64_t h = hash::Absorb(0, key.run_seed);
    h = hash::Absorb(h, key.message);
    h = hash::Absorb(h, key.replica);
    h = hash::Absorb(h, static_cast<std::uint64_t>(purpose));
    h = hash::Absorb(h, step);
    k0_ = hash::Mix(h + hash::kGolden);
    k1_ = hash::Mix(h + 2 * hash::kGolden);
  }

  // The coin of one member.
  constexpr std::uint64_t Coin(std::uint64_t key) const { return hash::Keyed(k0_, k1_, key); }

  // The coins of one source's links: hash the source once, then one multiplication pair per receiver.
  constexpr CoinLane ForSource(std::uint64_t source_key) const { return CoinLane(Coin(source_key), k1_); }

  // The coin of one link. Same as ForSource(source).Coin(receiver).
  constexpr std::uint64_t Coin(std::uint64_t source_key, std::uint64_t receiver_key) const {
    return ForSource(source_key).Coin(receiver_key);
  }

 private:
  constexpr CoinLane(std::uint64_t k0, std::uint64_t k1) : k0_(k0), k1_(k1) {}
  std::uint64_t k0_ = 0;
  std::uint64_t k1_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_COIN_H_
