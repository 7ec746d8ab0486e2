#include "tests/support/model_network.h"

#include <algorithm>

namespace lawine {
namespace {

Threshold Not(Threshold chance) { return Threshold::FromFixed(Threshold::kOne - chance.fixed()); }

// first * factor * factor * ..., rounded each time.
Threshold Power(Threshold first, Threshold factor, std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) first = first * factor;
  return first;
}

}  // namespace

ModelNetwork::ModelNetwork(const ModelGraph& graph, const ModelSpec& spec, Luck& luck)
    : graph_(graph), spec_(spec), luck_(luck) {
  for (const auto& [key, member] : graph.members) keys_.push_back(key);
  for (const ModelLink& link : graph.links) {
    links_[link.source].emplace_back(link, 0);
    ++followees_[link.receiver];
  }
  for (const MessageSpec& message : spec.messages) {
    for (const Injection& injection : message.injections) {
      for (const MemberId id : injection.members) given_.insert(keys_[id.value]);
    }
  }
}

void ModelNetwork::BeginStep(std::uint64_t t) {
  if (!spec_.growth.has_value() || t == 0) return;
  for (const MemberKey member : keys_) {
    if (!spec_.growth->new_links.Passes(Coin(CoinPurpose::kGrowth, member, t))) continue;
    const auto place = static_cast<unsigned __int128>(Coin(CoinPurpose::kGrowthTarget, member, t));
    const MemberKey other = keys_[static_cast<std::size_t>(place * keys_.size() >> 64)];
    if (other == member) continue;
    Add(other, member, t);
    if (spec_.growth->mutual) Add(member, other, t);
  }
}

bool ModelNetwork::Add(MemberKey source, MemberKey receiver, std::uint64_t since) {
  auto& links = links_[source];
  if (std::ranges::any_of(links, [&](const auto& link) { return link.first.receiver == receiver; }))
    return false;
  links.emplace_back(ModelLink{.source = source, .receiver = receiver}, since);
  return true;
}

std::vector<ModelLink> ModelNetwork::LinksFrom(MemberKey source, std::uint64_t t) {
  std::vector<ModelLink> there;
  for (const auto& [link, birth] : links_[source]) {
    if (birth > t) continue;
    const auto dropped = dropped_.find({source, link.receiver});
    if (dropped != dropped_.end() && dropped->second <= t) continue;
    if (spec_.growth.has_value()) {
      const Threshold kept =
          Power(Threshold::FromFixed(Threshold::kOne), Not(spec_.growth->lost_links), t - birth);
      const CoinName name{.purpose = CoinPurpose::kLinkLoss, .key1 = source, .key2 = link.receiver};
      if (!kept.Passes(luck_.Coin(name))) continue;
    }
    there.push_back(link);
  }
  return there;
}

std::uint64_t ModelNetwork::FolloweesOf(MemberKey member) const {
  const auto found = followees_.find(member);
  return found == followees_.end() ? 0 : found->second;
}

bool ModelNetwork::IsAway(MemberKey member, std::uint64_t t) {
  if (!spec_.growth.has_value()) return false;
  const GrowthSpec& growth = *spec_.growth;
  const Threshold absent = Power(Not(growth.start), Not(growth.joining), t);
  if (!given_.contains(member) && absent.Passes(Coin(CoinPurpose::kJoin, member))) return true;
  const Threshold stays = Power(Threshold::FromFixed(Threshold::kOne), Not(growth.leaving), t);
  return !stays.Passes(Coin(CoinPurpose::kLeave, member));
}

std::uint64_t ModelNetwork::Present(std::uint64_t t) {
  const Threshold one = Threshold::FromFixed(Threshold::kOne);
  if (!spec_.growth.has_value() || (spec_.growth->start == one && spec_.growth->leaving == Threshold()))
    return 0;
  std::uint64_t present = 0;
  for (const MemberKey member : keys_) present += IsAway(member, t) ? 0 : 1;
  return present;
}

bool ModelNetwork::Unfollow(MemberKey source, MemberKey receiver, std::uint64_t t) {
  return dropped_.emplace(std::pair(source, receiver), t + 1).second;
}

MemberKey ModelNetwork::DeciderOf(MemberKey account) const {
  return spec_.people.has_value() && spec_.people->one_decision ? PersonOf(account) : account;
}

std::size_t ModelNetwork::NetworkOf(MemberKey account) const {
  std::size_t network = 0;
  for (std::size_t n = 0; n < spec_.people->networks.size(); ++n) {
    if (account >= keys_[spec_.people->networks[n].value]) network = n;
  }
  return network;
}

Threshold ModelNetwork::ChanceToCrossPost(MemberKey from, MemberKey to) const {
  if (!spec_.people.has_value() || spec_.people->networks.empty()) return {};
  return spec_.people->cross_posting[NetworkOf(from) * spec_.people->networks.size() + NetworkOf(to)];
}

std::vector<MemberKey> ModelNetwork::OtherAccounts(MemberKey account) const {
  std::vector<MemberKey> accounts;
  for (const MemberKey other : keys_) {
    if (other != account && PersonOf(other) == PersonOf(account)) accounts.push_back(other);
  }
  return accounts;
}

std::uint64_t ModelNetwork::PeopleOf(const std::map<MemberKey, std::uint64_t>& accounts) const {
  std::set<MemberKey> people;
  for (const auto& [account, step] : accounts) people.insert(PersonOf(account));
  return people.size();
}

}  // namespace lawine
