#include "services/coordinator/plan/model_plan.h"

#include <algorithm>
#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/coin.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/profile.h"
#include "services/common/errors.h"
#include "services/coordinator/plan/later_plan.h"
#include "services/coordinator/plan/seed_plan.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

std::string At(const std::string& list, int index) { return absl::StrCat(list, "[", index, "]"); }

// Looks names up and members together for one scenario.
class ModelPlanner {
 public:
  ModelPlanner(const pb::Scenario& scenario, std::uint32_t members_count, const Members& members,
               std::vector<std::string>& warnings)
      : scenario_(scenario),
        members_count_(members_count),
        members_(members),
        names_(MessageNames(scenario)),
        warnings_(warnings) {}

  absl::StatusOr<ModelSpec> Plan(const std::vector<MemberId>& seed_members) {
    LAWINE_RETURN_IF_ERROR(CheckCommunities(scenario_.model(), "model"));
    LAWINE_RETURN_IF_ERROR(CheckCommunities(scenario_.later().change().model(), "later.change.model"));
    ModelSpec model;
    MessageSpec& first = model.messages.emplace_back();
    LAWINE_ASSIGN_OR_RETURN(first, PlanMessageModel(scenario_.model(), scenario_.step_seconds(), "model"));
    first.injections = {{.step = 0, .members = seed_members}};
    LAWINE_RETURN_IF_ERROR(AddInjections(scenario_.injections(), "injections", first));
    LAWINE_RETURN_IF_ERROR(AddInfluences(scenario_.influences(), "influences", 0, first));
    for (int m = 0; m < scenario_.messages_size(); ++m) {
      LAWINE_ASSIGN_OR_RETURN(model.messages.emplace_back(),
                              PlanMessage(scenario_.messages(m), At("messages", m)));
    }
    for (int i = 0; i < scenario_.interventions_size(); ++i) {
      LAWINE_ASSIGN_OR_RETURN(model.interventions.emplace_back(),
                              PlanIntervention(scenario_.interventions(i), At("interventions", i)));
    }
    if (scenario_.has_monitors()) {
      LAWINE_ASSIGN_OR_RETURN(model.monitors, Choose(scenario_.monitors(), "monitors"));
    }
    model.first_met_only = scenario_.first_met_only();
    if (scenario_.has_later()) LAWINE_RETURN_IF_ERROR(AddLater(model));
    return model;
  }

 private:
  // A factor for a community that is not there would do nothing, and say nothing.
  absl::Status CheckCommunities(const pb::Model& model, const std::string& path) {
    const auto& factors = model.forward().factors().communities();
    if (!factors.empty() && communities_.empty()) {
      LAWINE_ASSIGN_OR_RETURN(communities_,
                              members_.LargestCommunities(std::numeric_limits<std::size_t>::max()));
    }
    for (int i = 0; i < factors.size(); ++i) {
      const std::uint32_t community = factors[i].community();
      if (community == kNoCommunity || std::ranges::binary_search(communities_, community)) continue;
      return FieldError(At(path + ".forward.factors.communities", i) + ".community",
                        absl::StrCat("expected a community that graph '", members_.graph_name(),
                                     "' has, found ", community, ": GetGraphStats tells the largest"));
    }
    return absl::OkStatus();
  }

  // Each choice by the run's luck has luck of its own; the seed members of the first message had the run's.
  absl::StatusOr<std::vector<MemberId>> Choose(const pb::SeedMembers& seeds, const std::string& path) {
    const std::uint64_t luck = hash::Absorb(scenario_.run_seed(), ++choices_);
    LAWINE_ASSIGN_OR_RETURN(SeedPlan plan, PlanSeedMembers(seeds, luck, members_, path));
    for (const std::string& warning : plan.warnings) warnings_.push_back(absl::StrCat(path, ": ", warning));
    return std::move(plan.members);
  }

  // What changes after a step. Last, so that it changes nobody's luck before.
  absl::Status AddLater(ModelSpec& model) {
    const pb::Scenario& change = scenario_.later().change();
    const std::size_t messages = model.messages.size();
    const std::uint32_t first_step = scenario_.later().after_step() + 1;
    for (int m = 0; m < change.messages_size(); ++m) {
      LAWINE_ASSIGN_OR_RETURN(model.messages.emplace_back(),
                              PlanMessage(change.messages(m), At("later.change.messages", m)));
      model.messages.back().start.not_before = first_step;
    }
    LAWINE_RETURN_IF_ERROR(AddInjections(change.injections(), "later.change.injections", model.messages[0]));
    for (int i = 0; i < change.interventions_size(); ++i) {
      LAWINE_ASSIGN_OR_RETURN(model.interventions.emplace_back(),
                              PlanIntervention(change.interventions(i), At("later.change.interventions", i)));
      model.interventions.back().trigger.not_before = first_step;
    }
    LaterRules& later = model.later.emplace();
    later.after_step = scenario_.later().after_step();
    for (std::size_t m = 0; m < model.messages.size(); ++m) {
      LAWINE_ASSIGN_OR_RETURN(later.messages.emplace_back(),
                              LaterRulesOf(model.messages[m], m < messages && HasFirstModel(m)));
    }
    return AddInfluences(change.influences(), "later.change.influences", 0, later.messages[0]);
  }

  // Whether the scenario gave it no model of its own.
  bool HasFirstModel(std::size_t message) const {
    return message == 0 || scenario_.messages(static_cast<int>(message) - 1).model().SerializeAsString() ==
                               scenario_.model().SerializeAsString();
  }

  absl::StatusOr<MessageSpec> LaterRulesOf(const MessageSpec& first, bool changes) const {
    MessageSpec rules = first;
    if (changes) {
      LAWINE_ASSIGN_OR_RETURN(
          rules, PlanMessageModel(LaterModel(scenario_), scenario_.step_seconds(), "later.change.model"));
      rules.influences = first.influences;
      if (!SameKind(first, rules)) {
        return FieldError(
            "later.change.model",
            "expected a model of the same kind, with seen_probability, link_delay and onset only if it "
            "had them before");
      }
    }
    rules.injections.clear();
    return rules;
  }

  absl::StatusOr<std::uint32_t> MessageAt(const std::string& name, const std::string& path) const {
    if (name.empty()) return 0;
    const auto it = std::find(names_.begin(), names_.end(), name);
    if (it != names_.end()) return static_cast<std::uint32_t>(it - names_.begin());
    return FieldError(path, absl::StrCat("expected the name of a message (", absl::StrJoin(names_, ", "),
                                         "), found '", name, "'"));
  }

  template <class Injections>
  absl::Status AddInjections(const Injections& injections, const std::string& path, MessageSpec& message) {
    for (int i = 0; i < injections.size(); ++i) {
      message.injections.push_back({.step = injections.at(i).step(), .members = {}});
      LAWINE_ASSIGN_OR_RETURN(message.injections.back().members,
                              Choose(injections.at(i).members(), At(path, i) + ".members"));
    }
    std::stable_sort(message.injections.begin(), message.injections.end(),
                     [](const Injection& a, const Injection& b) { return a.step < b.step; });
    return absl::OkStatus();
  }

  // Influences on message `number`.
  template <class Influences>
  absl::Status AddInfluences(const Influences& influences, const std::string& path, std::uint32_t number,
                             MessageSpec& message) {
    for (int i = 0; i < influences.size(); ++i) {
      Influence& added = message.influences.emplace_back();
      LAWINE_ASSIGN_OR_RETURN(added.by, MessageAt(influences.at(i).by(), At(path, i) + ".by"));
      if (added.by == number) {
        return FieldError(
            At(path, i) + ".by",
            influences.at(i).by().empty()
                ? absl::StrCat("expected another message, found none, which means '", names_[number],
                               "' itself")
                : absl::StrCat("expected another message, found '", names_[number], "' itself"));
      }
      const absl::StatusOr<Factor> factor = Factor::FromDouble(influences.at(i).factor());
      if (!influences.at(i).has_factor() || !factor.ok()) {
        return FieldError(At(path, i) + ".factor", "expected a factor between 0 and 2^30");
      }
      added.factor = *factor;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<MessageSpec> PlanMessage(const pb::FurtherMessage& further, const std::string& path) {
    LAWINE_RETURN_IF_ERROR(CheckCommunities(further.model(), path + ".model"));
    LAWINE_ASSIGN_OR_RETURN(MessageSpec message,
                            PlanMessageModel(further.model(), scenario_.step_seconds(), path + ".model"));
    message.injections.push_back({.step = 0, .members = {}});
    LAWINE_ASSIGN_OR_RETURN(message.injections.back().members,
                            Choose(further.seed_members(), path + ".seed_members"));
    LAWINE_RETURN_IF_ERROR(AddInjections(further.injections(), path + ".injections", message));
    LAWINE_ASSIGN_OR_RETURN(const std::uint32_t number, MessageAt(further.name(), path + ".name"));
    LAWINE_RETURN_IF_ERROR(AddInfluences(further.influences(), path + ".influences", number, message));
    if (further.has_start()) {
      LAWINE_ASSIGN_OR_RETURN(message.start, PlanTrigger(further.start(), path + ".start"));
      LAWINE_RETURN_IF_ERROR(CheckStart(further, path + ".start"));
    }
    return message;
  }

  // Nobody gets a message before it starts.
  static absl::Status CheckStart(const pb::FurtherMessage& further, const std::string& path) {
    const pb::Trigger& start = further.start();
    const std::string& awaited = start.has_reach() ? start.reach().message() : start.sightings().message();
    if (start.has_from_step() || awaited != further.name()) return absl::OkStatus();
    return FieldError(
        absl::StrCat(path, start.has_reach() ? ".reach" : ".sightings", ".message"),
        absl::StrCat("expected another message, found '", awaited, "' itself: it would never start"));
  }

  absl::StatusOr<Trigger> PlanTrigger(const pb::Trigger& trigger, const std::string& path) {
    if (trigger.has_from_step() + trigger.has_reach() + trigger.has_sightings() != 1) {
      return FieldError(path, "expected exactly one of from_step, reach, sightings");
    }
    if (trigger.has_from_step()) return Trigger{.kind = Trigger::Kind::kStep, .count = trigger.from_step()};
    if (trigger.has_reach()) return PlanReach(trigger.reach(), path + ".reach");
    const pb::SightingTrigger& sightings = trigger.sightings();
    if (!scenario_.has_monitors()) {
      return FieldError(path + ".sightings", "expected the scenario to have monitors, found none");
    }
    Trigger plan{.kind = Trigger::Kind::kMonitors,
                 .count = sightings.has_monitors() ? sightings.monitors() : 1};
    if (const std::uint64_t most = MembersAskedFor(scenario_.monitors());
        plan.count < 1 || plan.count > most) {
      return FieldError(
          path + ".sightings.monitors",
          absl::StrCat("expected 1 to ", most, ", the scenario's monitors, found ", plan.count));
    }
    LAWINE_ASSIGN_OR_RETURN(plan.message, MessageAt(sightings.message(), path + ".sightings.message"));
    return plan;
  }

  absl::StatusOr<Trigger> PlanReach(const pb::ReachTrigger& reach, const std::string& path) const {
    if (reach.has_share() == reach.has_members()) {
      return FieldError(path, "expected exactly one of share and members");
    }
    Trigger plan{.kind = Trigger::Kind::kReach, .count = reach.members()};
    LAWINE_ASSIGN_OR_RETURN(plan.message, MessageAt(reach.message(), path + ".message"));
    if (reach.has_members()) {
      if (plan.count >= 1 && plan.count <= members_count_) return plan;
      return FieldError(path + ".members",
                        absl::StrCat("expected 1 to ", members_count_, ", the members of graph '",
                                     members_.graph_name(), "', found ", plan.count));
    }
    const Threshold share = Threshold::FromProbability(reach.share()).value_or(Threshold());
    if (share == Threshold()) {
      return FieldError(path + ".share",
                        absl::StrCat("expected a share of 2^-64 to 1, found ", reach.share()));
    }
    // At least this share: rounded up.
    const auto members = static_cast<unsigned __int128>(share.fixed()) * members_count_;
    plan.count = static_cast<std::uint64_t>((members + Threshold::kOne - 1) >> 63);
    return plan;
  }

  absl::StatusOr<MemberChoice> PlanChoice(const pb::MemberChoice& choice, const std::string& path) {
    MemberChoice plan;
    if (choice.ids_size() == 0 && !choice.has_share()) {
      return FieldError(path, "expected ids, or a share of members");
    }
    if (choice.ids_size() > 0) {
      LAWINE_ASSIGN_OR_RETURN(SeedPlan found, FindMembers(choice.ids(), members_, path + ".ids"));
      plan.members = std::move(found.members);
    }
    const absl::StatusOr<Threshold> share = Threshold::FromProbability(choice.share());
    if (!share.ok()) {
      return FieldError(path + ".share",
                        absl::StrCat("expected a share between 0 and 1, found ", choice.share()));
    }
    plan.share = *share;
    for (int i = 0; i < choice.account_kinds_size(); ++i) {
      const absl::StatusOr<std::uint8_t> kind = ParseAccountKind(choice.account_kinds(i));
      if (!kind.ok()) {
        return FieldError(At(path + ".account_kinds", i), std::string(kind.status().message()));
      }
      plan.account_kinds.push_back(*kind);
    }
    std::sort(plan.account_kinds.begin(), plan.account_kinds.end());
    return plan;
  }

  absl::StatusOr<Intervention> PlanIntervention(const pb::Intervention& given, const std::string& path) {
    if (!given.has_forward_factor() && !given.has_carry_share() && !given.has_extra_delay() &&
        !given.has_immune() && !given.has_removed()) {
      return FieldError(path,
                        "expected a change: forward_factor, carry_share, extra_delay, immune or removed");
    }
    Intervention plan;
    if (given.has_when()) {
      LAWINE_ASSIGN_OR_RETURN(plan.trigger, PlanTrigger(given.when(), path + ".when"));
    }
    std::set<std::uint32_t> messages;
    for (int i = 0; i < given.messages_size(); ++i) {
      LAWINE_ASSIGN_OR_RETURN(const std::uint32_t message,
                              MessageAt(given.messages(i), At(path + ".messages", i)));
      messages.insert(message);
    }
    plan.messages.assign(messages.begin(), messages.end());
    const absl::StatusOr<Factor> factor =
        Factor::FromDouble(given.has_forward_factor() ? given.forward_factor() : 1);
    if (!factor.ok()) return FieldError(path + ".forward_factor", std::string(factor.status().message()));
    plan.forward = *factor;
    const absl::StatusOr<Threshold> carry =
        Threshold::FromProbability(given.has_carry_share() ? given.carry_share() : 1);
    if (!carry.ok()) return FieldError(path + ".carry_share", std::string(carry.status().message()));
    plan.carry = *carry;
    plan.delay = given.extra_delay();
    if (plan.delay >= limits::kDelayStepsMax) {
      return FieldError(path + ".extra_delay", absl::StrCat("expected less than ", limits::kDelayStepsMax,
                                                            " steps, found ", plan.delay));
    }
    if (given.has_immune()) {
      LAWINE_ASSIGN_OR_RETURN(plan.immune, PlanChoice(given.immune(), path + ".immune"));
    }
    if (given.has_removed()) {
      LAWINE_ASSIGN_OR_RETURN(plan.removed, PlanChoice(given.removed(), path + ".removed"));
    }
    return plan;
  }

  const pb::Scenario& scenario_;
  const std::uint32_t members_count_;
  const Members& members_;
  const std::vector<std::string> names_;
  std::vector<std::string>& warnings_;
  std::uint64_t choices_ = 0;
  std::vector<std::uint32_t> communities_;  // of the graph, ascending; once somebody asks
};

}  // namespace

std::vector<std::string> MessageNames(const pb::Scenario& scenario) {
  std::vector<std::string> names = {scenario.message().kind()};
  for (const pb::FurtherMessage& message : scenario.messages()) names.push_back(message.name());
  for (const pb::FurtherMessage& message : scenario.later().change().messages()) {
    names.push_back(message.name());
  }
  return names;
}

bool NeedsModelSpec(const pb::Scenario& scenario) {
  const pb::Model& model = scenario.model();
  const bool kernel = (model.has_forward() && !model.forward().has_factors()) ||
                      (model.has_independent_cascade() && !model.independent_cascade().link_weights() &&
                       model.independent_cascade().link_kinds_size() == 0);
  return !kernel || model.has_seen_probability() || model.has_delay() || model.has_link_delay() ||
         model.link_kinds_size() > 0 || model.has_reactions() || scenario.injections_size() > 0 ||
         scenario.messages_size() > 0 || scenario.interventions_size() > 0 ||
         scenario.influences_size() > 0 || scenario.has_people() || scenario.has_growth() ||
         scenario.has_groups() || scenario.has_monitors() || scenario.has_later();
}

absl::StatusOr<ModelSpec> PlanModelSpec(const pb::Scenario& scenario,
                                        const std::vector<MemberId>& seed_members,
                                        std::uint32_t members_count, const Members& members,
                                        std::vector<std::string>& warnings) {
  return ModelPlanner(scenario, members_count, members, warnings).Plan(seed_members);
}

}  // namespace lawine
