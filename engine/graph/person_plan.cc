#include "engine/graph/person_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/graph/generator_block.h"
#include "engine/graph/preset.h"

namespace lawine {
namespace {

// The x with factor * x = 1 mod size. REQUIRES: coprime.
std::uint32_t Inverse(std::uint64_t factor, std::uint64_t size) {
  std::int64_t r0 = static_cast<std::int64_t>(size), r1 = static_cast<std::int64_t>(factor);
  std::int64_t t0 = 0, t1 = 1;
  while (r1 != 0) {
    const std::int64_t quotient = r0 / r1;
    r0 = std::exchange(r1, r0 - quotient * r1);
    t0 = std::exchange(t1, t0 - quotient * t1);
  }
  const auto modulus = static_cast<std::int64_t>(size);
  return static_cast<std::uint32_t>((t0 % modulus + modulus) % modulus);
}

std::uint32_t Part(std::uint32_t whole, std::uint32_t ppm) {
  return static_cast<std::uint32_t>(std::uint64_t{whole} * ppm / kMillion);
}

}  // namespace

KeyedOrder::KeyedOrder(const CoinLane& lane, std::uint32_t size) : size_(size) {
  LAWINE_CHECK(size > 0);
  shift_ = static_cast<std::uint32_t>(MulHigh(lane.Coin(0), size));
  if (size <= 2) return;
  for (std::uint64_t n = 1; n == 1 || std::gcd(std::uint64_t{factor_}, size_) != 1; ++n) {
    factor_ = static_cast<std::uint32_t>(1 + MulHigh(lane.Coin(n), size - 1));
  }
  inverse_ = Inverse(factor_, size);
}

absl::StatusOr<PersonPlan> PersonPlan::Make(const PersonPlanOptions& options) {
  LAWINE_CHECK(options.base_accounts > 0 && options.others.size() < kNetworksMax);
  const CoinLane lane = GeneratorLane(options.graph_seed, GeneratorCoin::kPersons);
  const std::uint32_t active = std::max(1u, Part(options.base_accounts, options.active_ppm));
  PersonPlan plan(KeyedOrder(lane.ForSource(0), options.base_accounts), active);
  plan.base_accounts_ = options.base_accounts;
  std::uint32_t first = options.base_accounts;
  for (const PersonPlanOptions::Network& network : options.others) {
    LAWINE_CHECK(network.accounts > 0);
    const std::uint32_t in_base = Part(network.accounts, network.in_base_ppm);
    if (in_base > active) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected an active part of the base of at least ", in_base,
                       " members, of whom one network has its accounts, found ", active,
                       ": give a larger active part, or a smaller overlap"));
    }
    const std::uint64_t number = plan.others_.size() + 1;
    plan.others_.push_back({.first = first,
                            .accounts = network.accounts,
                            .in_base = in_base,
                            .owners = KeyedOrder(lane.ForSource(2 * number), network.accounts),
                            .places = KeyedOrder(lane.ForSource(2 * number + 1), active)});
    first += network.accounts;
  }
  return plan;
}

PersonPlan::Accounts PersonPlan::AccountsOf(MemberId account) const {
  std::uint32_t place = active_;  // in the active part, if below active_
  if (account.value < base_accounts_) {
    place = base_order_.IndexOf(account.value);
  } else {
    const auto network = std::find_if(others_.begin(), others_.end(), [account](const Network& n) {
      return account.value - n.first < n.accounts;
    });
    LAWINE_CHECK(network != others_.end());
    const std::uint32_t index = network->owners.IndexOf(account.value - network->first);
    if (index < network->in_base) place = network->places.At(index);
  }
  Accounts accounts;
  if (place >= active_) {
    accounts.ids[accounts.count++] = account;
    return accounts;
  }
  accounts.ids[accounts.count++] = MemberId(base_order_.At(place));
  for (const Network& network : others_) {
    const std::uint32_t index = network.places.IndexOf(place);
    if (index >= network.in_base) continue;
    accounts.ids[accounts.count++] = MemberId(network.first + network.owners.At(index));
  }
  return accounts;
}

}  // namespace lawine
