#include "tests/support/model_rules.h"

#include <algorithm>

#include "engine/base/check.h"

namespace lawine {
namespace {

Factor Listed(const std::vector<Factor>& factors, std::uint64_t which) {
  return which < factors.size() ? factors[which] : Factor();
}

}  // namespace

std::uint32_t TableDelay(const DelayTable& table, std::uint64_t coin) {
  if (table.empty()) return 0;
  std::uint32_t delay = 0;
  while (!table.cumulative[delay].Passes(coin)) {
    ++delay;
    LAWINE_CHECK(delay < table.cumulative.size());
  }
  return delay;
}

std::uint64_t EndOfDelay(const Rhythm& rhythm, std::uint64_t step, std::uint32_t amount) {
  if (rhythm.activity.empty()) return step + amount;
  for (std::uint64_t activity = 0; activity < amount;) {
    ++step;
    activity += rhythm.activity[(rhythm.first + step) % rhythm.activity.size()];
  }
  return step;
}

Threshold BaseChance(const LinkChance& chance, const ModelLink& link, std::uint64_t followees) {
  switch (chance.kind) {
    case LinkChance::Kind::kSame:
      return chance.same;
    case LinkChance::Kind::kByKind:
      return chance.by_kind[link.kind];
    case LinkChance::Kind::kByWeight:
      return Threshold::FromFixed(std::uint64_t{link.weight} << 32);
    case LinkChance::Kind::kByFollowees:
      followees = std::max<std::uint64_t>(followees, 1);  // a new link may be a member's first
      return Threshold::FromFixed((Threshold::kOne + followees / 2) / followees);
  }
  LAWINE_CHECK(false);
  return {};
}

bool IsLinear(const Acceptance& acceptance) {
  return acceptance.kind == Acceptance::Kind::kLinearEqual ||
         acceptance.kind == Acceptance::Kind::kLinearByWeight;
}

bool IsEnough(const Acceptance& acceptance, const Heard& heard, std::uint64_t followees, std::uint64_t coin) {
  using Wide = unsigned __int128;
  const Wide all = Wide{heard.deliveries} * Threshold::kOne;  // deliveries in units of 2^-63
  switch (acceptance.kind) {
    case Acceptance::Kind::kFirst:
      return true;
    case Acceptance::Kind::kLinearEqual:
      return Wide{coin >> 1} * followees < all;
    case Acceptance::Kind::kLinearByWeight:
      return coin >> 1 < heard.weight;
    case Acceptance::Kind::kFraction:
      return all + Wide{1024} * followees >= Wide{acceptance.fraction.fixed()} * followees;
    case Acceptance::Kind::kCount:
      return heard.deliveries >= acceptance.count;
  }
  LAWINE_CHECK(false);
  return false;
}

Factor ProfileFactor(const ForwardFactors& factors, const ModelMember& member, std::uint64_t age) {
  const Factor profile =
      Listed(factors.by_account_kind, member.account_kind) * Listed(factors.by_community, member.community);
  if (factors.by_age.empty()) return profile;
  return profile * factors.by_age[std::min<std::uint64_t>(age, factors.by_age.size() - 1)];
}

}  // namespace lawine
