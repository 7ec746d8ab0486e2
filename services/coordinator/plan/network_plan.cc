#include "services/coordinator/plan/network_plan.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/generator.h"
#include "engine/graph/link_kind.h"
#include "engine/graph/profile.h"
#include "engine/spread/link_attempts.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr std::uint32_t kGroupCommunities = 20;

absl::StatusOr<Threshold> Chance(double value, const std::string& path) {
  absl::StatusOr<Threshold> chance = Threshold::FromProbability(value);
  if (chance.ok()) return chance;
  return FieldError(path, absl::StrCat("expected a chance between 0 and 1, found ", value));
}

absl::Status CompleteGrowth(pb::Growth& growth) {
  if (!growth.has_new_links() && !growth.has_lost_links() && !growth.has_members_at_start() &&
      !growth.has_joining() && !growth.has_leaving()) {
    return FieldError("growth", "expected new_links, lost_links, members_at_start, joining or leaving in it");
  }
  if (growth.has_mutual() && !growth.has_new_links()) {
    return FieldError("growth.mutual", "expected new_links beside it, found none");
  }
  if (!growth.has_mutual()) growth.set_mutual(true);
  if (!growth.has_members_at_start()) growth.set_members_at_start(1);
  for (const auto& [value, name] :
       {std::pair(growth.new_links(), "new_links"), std::pair(growth.lost_links(), "lost_links"),
        std::pair(growth.members_at_start(), "members_at_start"), std::pair(growth.joining(), "joining"),
        std::pair(growth.leaving(), "leaving")}) {
    LAWINE_RETURN_IF_ERROR(Chance(value, absl::StrCat("growth.", name)).status());
  }
  if (growth.has_joining() && growth.members_at_start() == 1) {
    return FieldError("growth.joining", "expected members_at_start below 1 beside it: all members are there");
  }
  return absl::OkStatus();
}

absl::Status CheckCrossPosting(const pb::People& people) {
  std::set<std::pair<std::string, std::string>> pairs;
  for (int i = 0; i < people.cross_posting_size(); ++i) {
    const pb::CrossPosting& posting = people.cross_posting(i);
    const std::string path = absl::StrCat("people.cross_posting[", i, "]");
    for (const auto& [name, field] : {std::pair(posting.from(), ".from"), std::pair(posting.to(), ".to")}) {
      const absl::StatusOr<std::uint8_t> network = ParseNetwork(name);
      if (!network.ok()) return FieldError(path + field, std::string(network.status().message()));
    }
    if (posting.from() == posting.to()) return FieldError(path + ".to", "expected another network");
    if (!pairs.emplace(posting.from(), posting.to()).second) {
      return FieldError(path, "expected each pair of networks once");
    }
    if (!posting.has_probability()) {
      return FieldError(path + ".probability", "expected a chance between 0 and 1, found none");
    }
    LAWINE_RETURN_IF_ERROR(Chance(posting.probability(), path + ".probability").status());
  }
  return absl::OkStatus();
}

// Where the networks of a graph begin, and their names.
struct Networks {
  std::vector<MemberId> first;
  std::vector<std::string> names;

  absl::StatusOr<std::size_t> Find(const std::string& network, const std::string& path) const {
    const auto found = std::find(names.begin(), names.end(), NetworkName(*ParseNetwork(network)));
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    return FieldError(path, absl::StrCat("expected a network of the graph (", absl::StrJoin(names, ", "),
                                         "), found '", network, "'"));
  }
};

absl::StatusOr<Networks> NetworksOfGraph(const pbi::GraphInfo& graph) {
  const std::optional<GeneratorSpec> spec = SpecOfOrigin(graph.origin());
  Networks networks;
  std::uint32_t members = 0;
  for (const NetworkSize& network : spec.has_value() ? NetworksOf(*spec) : std::vector<NetworkSize>()) {
    networks.first.emplace_back(members);
    networks.names.push_back(NetworkName(network.network));
    members += network.members;
  }
  if (members == graph.boundaries(graph.boundaries_size() - 1)) return networks;
  return FieldError("people.cross_posting",
                    "expected a graph made of several networks by a preset of this version");
}

absl::StatusOr<PeopleSpec> PlanPeople(const pb::People& people, const pbi::GraphInfo& graph) {
  PeopleSpec plan{.one_decision = people.one_decision(), .networks = {}, .cross_posting = {}};
  if (people.cross_posting_size() == 0) return plan;
  LAWINE_ASSIGN_OR_RETURN(Networks networks, NetworksOfGraph(graph));
  plan.cross_posting.resize(networks.first.size() * networks.first.size());
  for (int i = 0; i < people.cross_posting_size(); ++i) {
    const pb::CrossPosting& posting = people.cross_posting(i);
    const std::string path = absl::StrCat("people.cross_posting[", i, "]");
    LAWINE_ASSIGN_OR_RETURN(const std::size_t from, networks.Find(posting.from(), path + ".from"));
    LAWINE_ASSIGN_OR_RETURN(const std::size_t to, networks.Find(posting.to(), path + ".to"));
    LAWINE_ASSIGN_OR_RETURN(plan.cross_posting[from * networks.first.size() + to],
                            Chance(posting.probability(), path + ".probability"));
  }
  plan.networks = std::move(networks.first);
  return plan;
}

absl::StatusOr<GrowthSpec> PlanGrowth(const pb::Growth& growth) {
  GrowthSpec plan;
  plan.mutual = growth.mutual();
  LAWINE_ASSIGN_OR_RETURN(plan.new_links, Chance(growth.new_links(), "growth.new_links"));
  LAWINE_ASSIGN_OR_RETURN(plan.lost_links, Chance(growth.lost_links(), "growth.lost_links"));
  LAWINE_ASSIGN_OR_RETURN(plan.start, Chance(growth.members_at_start(), "growth.members_at_start"));
  LAWINE_ASSIGN_OR_RETURN(plan.joining, Chance(growth.joining(), "growth.joining"));
  LAWINE_ASSIGN_OR_RETURN(plan.leaving, Chance(growth.leaving(), "growth.leaving"));
  return plan;
}

// Unless they say themselves which kinds of links carry.
void LeaveOutSamePerson(std::vector<MessageSpec>& messages) {
  for (MessageSpec& message : messages) {
    if (!message.link_kinds.empty()) continue;
    message.link_kinds.assign(256, true);
    message.link_kinds[kLinkSamePerson] = false;
  }
}

std::string PathOf(std::size_t message, const std::string& field) {
  return message == 0 ? field : absl::StrCat("messages[", message - 1, "].", field);
}

absl::Status CheckTogether(const pb::Scenario& scenario, const ModelSpec& model) {
  for (std::size_t m = 0; m < model.messages.size(); ++m) {
    if (model.messages[m].epidemic.has_value() && scenario.people().cross_posting_size() > 0) {
      return FieldError("people.cross_posting", "expected none in an epidemic");
    }
  }
  if (!AddsLinks(model) || std::none_of(model.messages.begin(), model.messages.end(), NeedsLinkWeights)) {
    return absl::OkStatus();
  }
  std::string path = "growth.new_links";
  for (std::size_t m = 0; m < model.messages.size() && !scenario.growth().has_new_links(); ++m) {
    if (model.messages[m].reactions.follow == Threshold()) continue;
    path = PathOf(m, "model.reactions.follow");
    break;
  }
  return FieldError(path, "expected none beside a model that uses the weights of links: new ones have none");
}

}  // namespace

absl::Status CompleteNetwork(pb::Scenario& scenario) {
  if (scenario.has_growth()) LAWINE_RETURN_IF_ERROR(CompleteGrowth(*scenario.mutable_growth()));
  if (scenario.has_people()) LAWINE_RETURN_IF_ERROR(CheckCrossPosting(scenario.people()));
  if (!scenario.has_groups()) return absl::OkStatus();
  pb::Groups& groups = *scenario.mutable_groups();
  if (!groups.has_communities()) groups.set_communities(kGroupCommunities);
  if (groups.communities() <= limits::kGroupCommunitiesMax) return absl::OkStatus();
  return FieldError("groups.communities", absl::StrCat("expected at most ", limits::kGroupCommunitiesMax,
                                                       ", found ", groups.communities()));
}

absl::Status CompletePeople(const pbi::GraphInfo& graph, pb::Scenario& scenario) {
  if (!graph.persons()) {
    if (!scenario.has_people()) return absl::OkStatus();
    return FieldError("people",
                      "expected a graph that knows persons with several accounts, such as of preset "
                      "nl-2009; found one that does not");
  }
  if (!scenario.people().has_one_decision()) scenario.mutable_people()->set_one_decision(true);
  return absl::OkStatus();
}

absl::Status PlanNetwork(const pb::Scenario& scenario, const pbi::GraphInfo& graph, const Members& members,
                         ModelSpec& model) {
  if (scenario.has_people()) {
    LAWINE_ASSIGN_OR_RETURN(model.people, PlanPeople(scenario.people(), graph));
  }
  if (graph.persons()) LeaveOutSamePerson(model.messages);
  if (graph.persons() && model.later.has_value()) LeaveOutSamePerson(model.later->messages);
  if (scenario.has_growth()) {
    LAWINE_ASSIGN_OR_RETURN(model.growth, PlanGrowth(scenario.growth()));
  }
  if (scenario.has_groups()) {
    model.groups.emplace();
    LAWINE_ASSIGN_OR_RETURN(model.groups->communities,
                            members.LargestCommunities(scenario.groups().communities()));
  }
  return CheckTogether(scenario, model);
}

absl::StatusOr<Reactions> PlanReactions(const pb::Model& model, const std::string& path) {
  const pb::Reactions& reactions = model.reactions();
  Reactions plan;
  if (!model.has_reactions()) return plan;
  if (!reactions.has_unfollow() && !reactions.has_follow()) {
    return FieldError(path, "expected unfollow or follow in it, found neither");
  }
  LAWINE_ASSIGN_OR_RETURN(plan.unfollow, Chance(reactions.unfollow(), path + ".unfollow"));
  LAWINE_ASSIGN_OR_RETURN(plan.follow, Chance(reactions.follow(), path + ".follow"));
  if (model.has_link_delay() && reactions.has_unfollow()) {
    return FieldError(path + ".unfollow", "expected none beside link_delay");
  }
  return plan;
}

}  // namespace lawine
