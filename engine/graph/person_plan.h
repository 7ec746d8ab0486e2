// Who owns which accounts in a population with accounts in several networks.
//
// The first network is the base: everybody there is a person. Of each other network a given share of the
// accounts belong to members of the base, one account a person; the other accounts have owners of their own.
// Which members of the base these are is drawn from its active part, the same for all networks: the smaller
// it is, the more of those in one of the other networks are in a second one too.
//
// All of it is keyed orders (bijections i -> a * i + b mod n): one of the base, which says who is active, and
// two of each other network, of its accounts and of places in the active part. So either side of a pair is
// found from the other in constant time, and nothing is stored.
#ifndef LAWINE_ENGINE_GRAPH_PERSON_PLAN_H_
#define LAWINE_ENGINE_GRAPH_PERSON_PLAN_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/coin.h"
#include "engine/base/ids.h"

namespace lawine {

// A bijection of 0 .. size-1.
class KeyedOrder {
 public:
  // REQUIRES: 1 <= size <= 2^32 - 1.
  KeyedOrder(const CoinLane& lane, std::uint32_t size);
  std::uint32_t At(std::uint32_t index) const {
    return static_cast<std::uint32_t>((std::uint64_t{factor_} * index + shift_) % size_);
  }
  std::uint32_t IndexOf(std::uint32_t value) const {
    const std::uint64_t moved = std::uint64_t{value} + size_ - shift_;
    return static_cast<std::uint32_t>(moved % size_ * inverse_ % size_);
  }

 private:
  std::uint64_t size_;
  std::uint32_t factor_ = 1;
  std::uint32_t inverse_ = 1;
  std::uint32_t shift_ = 0;
};

struct PersonPlanOptions {
  std::uint64_t graph_seed = 0;
  std::uint32_t base_accounts = 0;
  std::uint32_t active_ppm = 0;  // of the base
  struct Network {
    std::uint32_t accounts = 0;
    std::uint32_t in_base_ppm = 0;  // of the accounts, those of members of the base
  };
  std::vector<Network> others;  // at most kNetworksMax - 1
};

// Accounts are numbered through: those of the base first, then those of each other network.
class PersonPlan {
 public:
  static constexpr std::size_t kNetworksMax = 8;

  // INVALID_ARGUMENT when the active part of the base is smaller than what one network wants of it.
  static absl::StatusOr<PersonPlan> Make(const PersonPlanOptions& options);

  // The person's accounts, ascending, `account` among them; the first names the person.
  struct Accounts {
    std::array<MemberId, kNetworksMax> ids;
    std::uint32_t count = 0;
    std::span<const MemberId> span() const { return std::span(ids).first(count); }
  };
  Accounts AccountsOf(MemberId account) const;

 private:
  struct Network {
    std::uint32_t first = 0;  // account
    std::uint32_t accounts = 0;
    std::uint32_t in_base = 0;
    KeyedOrder owners;  // of the network's accounts: the first in_base of the order are of the base
    KeyedOrder places;  // of the base's active part
  };
  PersonPlan(KeyedOrder base, std::uint32_t active) : base_order_(base), active_(active) {}

  KeyedOrder base_order_;  // the first active_ of the order are the active part
  std::uint32_t active_;
  std::uint32_t base_accounts_ = 0;
  std::vector<Network> others_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_PERSON_PLAN_H_
