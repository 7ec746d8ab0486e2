#include "tests/support/random_network.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "engine/graph/link_kind.h"

namespace lawine {
namespace {

Threshold SmallChance(TestRandom& random) {
  return Threshold::FromFixed(random.Next() >> (2 + random.Below(5)));
}

Threshold AnyChance(TestRandom& random) {
  return random.OneIn(4) ? Threshold::FromFixed(Threshold::kOne) : Threshold::FromFixed(random.Next() >> 1);
}

bool UsesWeights(const MessageSpec& message) {
  return message.link.kind == LinkChance::Kind::kByWeight ||
         message.acceptance.kind == Acceptance::Kind::kLinearByWeight;
}

// Networks as ranges of members, and persons with one account at most in each of them.
void MakePersons(TestRandom& random, PeopleSpec& people, ModelGraph& graph) {
  std::vector<MemberKey> keys;
  for (const auto& [key, member] : graph.members) keys.push_back(key);
  std::set<std::uint32_t> firsts = {0};
  for (std::uint64_t i = random.Below(4); i > 0; --i) {
    firsts.insert(static_cast<std::uint32_t>(random.Below(keys.size())));
  }
  for (const std::uint32_t first : firsts) people.networks.emplace_back(first);
  for (std::size_t i = 0; i < people.networks.size() * people.networks.size(); ++i) {
    people.cross_posting.push_back(random.OneIn(3) ? Threshold() : AnyChance(random));
  }
  const auto network_of = [&](std::size_t i) {
    return std::distance(firsts.begin(), firsts.upper_bound(static_cast<std::uint32_t>(i)));
  };
  std::map<MemberKey, std::vector<std::size_t>> accounts;  // by person
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ModelMember& member = graph.members.at(keys[i]);
    const std::size_t other = random.Below(i + 1);
    const MemberKey person = graph.members.at(keys[other]).person.value_or(keys[other]);
    const bool free = std::ranges::none_of(
        accounts[person], [&](std::size_t account) { return network_of(account) == network_of(i); });
    member.network = static_cast<std::uint8_t>(network_of(i));
    member.person = free && other != i ? person : keys[i];
    accounts[*member.person].push_back(i);
  }
  std::erase_if(graph.links, [](const ModelLink& link) { return link.kind == kLinkSamePerson; });
  for (const auto& [person, own] : accounts) {
    for (const std::size_t a : own) {
      for (const std::size_t b : own) {
        if (a != b) graph.links.push_back({keys[a], keys[b], kLinkSamePerson, 0});
      }
    }
  }
}

void MakeGrowth(TestRandom& random, GrowthSpec& growth) {
  if (random.OneIn(2)) growth.new_links = SmallChance(random);
  growth.mutual = random.OneIn(2);
  if (random.OneIn(2)) growth.lost_links = SmallChance(random);
  if (random.OneIn(2)) {
    growth.start = AnyChance(random);
    growth.joining = SmallChance(random);
  }
  if (random.OneIn(2)) growth.leaving = SmallChance(random);
}

}  // namespace

void MakeRandomNetwork(TestRandom& random, RandomModel& model) {
  ModelSpec& spec = model.spec;
  if (random.OneIn(3)) {
    spec.people.emplace().one_decision = random.OneIn(2);
    MakePersons(random, *spec.people, model.graph);
  }
  for (MessageSpec& message : spec.messages) {
    if (random.OneIn(3)) message.reactions.follow = AnyChance(random);
    if (random.OneIn(2) && message.link_delay.empty()) message.reactions.unfollow = AnyChance(random);
  }
  if (random.OneIn(3)) {
    MakeGrowth(random, spec.growth.emplace());
    model.max_steps = std::min(model.max_steps.value_or(60), 60u);  // judgements take longer with every step
  }
  if (std::ranges::any_of(spec.messages, UsesWeights)) {
    if (spec.growth.has_value()) spec.growth->new_links = {};
    for (MessageSpec& message : spec.messages) message.reactions.follow = {};
  }
  const auto epidemic = [](const MessageSpec& message) { return message.epidemic.has_value(); };
  if (spec.people.has_value() && std::ranges::any_of(spec.messages, epidemic)) {
    spec.people->networks.clear();
    spec.people->cross_posting.clear();
  }
  if (random.OneIn(3)) spec.groups.emplace().communities = random.Subset(7, 1, 3);
}

void AddNetworkFeatures(const ModelSpec& spec, std::uint32_t message, std::set<std::string>& features) {
  const auto add = [&](bool used, const char* what) {
    if (used) features.insert(what);
  };
  const Reactions& reactions = spec.messages[message].reactions;
  add(reactions.follow != Threshold(), "follow");
  add(reactions.unfollow != Threshold(), "unfollow");
  if (spec.people.has_value()) {
    add(spec.people->one_decision, "one decision");
    add(!spec.people->networks.empty(), "cross-posting");
  }
  add(spec.groups.has_value(), "groups");
  if (!spec.growth.has_value()) return;
  add(spec.growth->new_links != Threshold(), "new links");
  add(spec.growth->lost_links != Threshold(), "lost links");
  add(spec.growth->start != Threshold::FromFixed(Threshold::kOne), "joining");
  add(spec.growth->leaving != Threshold(), "leaving");
}

}  // namespace lawine
