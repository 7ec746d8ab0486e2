#include "services/cli/text/model_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/cli/text/groups_text.h"
#include "services/cli/text/rate_text.h"
#include "services/cli/text/text.h"
#include "services/coordinator/plan/later_plan.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string ThresholdText(const v1::ThresholdModel& model) {
  return model.has_count() ? Thousands(model.count()) : Percent(model.fraction());
}

std::string DelayText(const v1::Delay& delay) {
  std::string text;
  if (delay.has_exponential()) {
    text = absl::StrCat("exponential, mean ", delay.exponential().mean(), " steps");
  } else if (delay.has_log_normal()) {
    text = absl::StrCat("log-normal, median ", delay.log_normal().median(), " steps, sigma ",
                        delay.log_normal().sigma());
  } else if (delay.has_gamma()) {
    text = absl::StrCat("gamma, mean ", delay.gamma().mean(), " steps, shape ", delay.gamma().shape());
  } else {
    text = Counted(delay.fixed(), "step", "steps");
  }
  return delay.has_rhythm() ? text + " of average activity, by the rhythm of the day" : text;
}

bool IsEpidemic(const v1::Model& model) {
  return model.has_si() || model.has_sir() || model.has_sis() || model.has_seir();
}

bool HasThreshold(const v1::Model& model) { return model.has_threshold() || model.has_linear_threshold(); }

bool TakesTime(const v1::Model& model) {
  return model.has_delay() || model.has_link_delay() || IsEpidemic(model);
}

// True from step `not_before` on at the earliest.
std::string TriggerText(const v1::Trigger& when, std::uint32_t not_before) {
  if (when.has_reach()) {
    const v1::ReachTrigger& reach = when.reach();
    const std::string message = reach.message().empty() ? "the first message" : reach.message();
    return absl::StrCat("once ", message, " has reached ",
                        reach.has_share() ? Percent(reach.share()) : Thousands(reach.members()));
  }
  if (when.has_sightings()) {
    const v1::SightingTrigger& sightings = when.sightings();
    const std::uint32_t monitors = sightings.has_monitors() ? sightings.monitors() : 1;
    return absl::StrCat("once ", Counted(monitors, "monitor has", "monitors have"), " seen ",
                        sightings.message().empty() ? "the first message" : sightings.message());
  }
  return absl::StrCat("from step ", std::max(when.from_step(), not_before));
}

std::string ChoiceText(const v1::MemberChoice& choice) {
  std::vector<std::string> parts;
  if (choice.ids_size() > 0) {
    parts.push_back(Counted(static_cast<std::uint64_t>(choice.ids_size()), "member", "members"));
  }
  if (IsSome(choice, "share")) {
    const std::string of = choice.account_kinds_size() == 0
                               ? "all"
                               : absl::StrCat(absl::StrJoin(choice.account_kinds(), " and "), " accounts");
    parts.push_back(absl::StrCat(RateText(choice, "share"), " of ", of));
  }
  return absl::StrJoin(parts, " and ");
}

std::string InterventionText(const v1::Intervention& change, std::uint32_t not_before = 0) {
  std::vector<std::string> effects;
  if (change.has_forward_factor()) effects.push_back(absl::StrCat("forwarding x ", change.forward_factor()));
  if (change.has_carry_share() || change.has_carry_share_counts()) {
    effects.push_back(absl::StrCat("a forward reaches ", RateText(change, "carry_share"), " of followers"));
  }
  if (change.has_extra_delay()) {
    effects.push_back(absl::StrCat(Counted(change.extra_delay(), "step", "steps"), " later"));
  }
  if (change.has_immune()) effects.push_back(ChoiceText(change.immune()) + " immune");
  if (change.has_removed()) effects.push_back(ChoiceText(change.removed()) + " removed");
  return absl::StrCat(TriggerText(change.when(), not_before), ": ", absl::StrJoin(effects, ", "));
}

std::string FurtherText(const v1::FurtherMessage& message, std::uint32_t not_before = 0) {
  std::string text = absl::StrCat(message.name(), " (", ModelText(message.model()), ")");
  if (message.has_start() || not_before > 0) {
    absl::StrAppend(&text, " starts ", TriggerText(message.start(), not_before));
  }
  return text;
}

std::string SeenText(const v1::Model& model) {
  return absl::StrCat("a delivery is seen with a chance of ", RateText(model, "seen_probability"));
}

std::string InfluenceText(const std::string& name, const v1::Influence& influence) {
  return absl::StrCat("Who has met ", influence.by(), " forwards ", name, " x ", influence.factor(), ".");
}

// The chances of a changed epidemic, whichever it is: "infection 1%".
void AddChances(const Message& model, std::vector<std::string>& parts) {
  for (const char* rate : {"infection", "onset", "recovery"}) {
    if (IsSet(model, rate)) parts.push_back(absl::StrCat(rate, " ", RateText(model, rate)));
  }
}

// What is told of `model` are its own fields; how they are then comes from `then`, which it was merged into.
void AddChanges(const v1::Model& model, const v1::Model& then, std::vector<std::string>& parts) {
  const Reflection& reflection = *model.GetReflection();
  const FieldDescriptor* kind =
      reflection.GetOneofFieldDescriptor(model, model.GetDescriptor()->FindOneofByName("model"));
  if (kind != nullptr) AddChances(reflection.GetMessage(model, kind), parts);
  if (IsSet(model.forward(), "probability") || IsSet(model.independent_cascade(), "probability")) {
    parts.push_back("forwarding rate " + ModelText(then));
  }
  if (model.forward().has_factors()) parts.emplace_back("other factors by account kind, community or age");
  if (model.independent_cascade().link_kinds_size() > 0) parts.emplace_back("other chances of link kinds");
  if (model.independent_cascade().has_link_weights() || model.linear_threshold().has_link_weights() ||
      model.threshold().has_count() || model.threshold().has_fraction()) {
    parts.push_back(ModelSentence(then));
  }
  if (IsSet(model, "seen_probability")) parts.push_back(SeenText(model));
  if (model.has_delay()) parts.push_back("members wait before they forward: " + DelayText(then.delay()));
  if (model.has_link_delay()) parts.push_back("links take time: " + DelayText(then.link_delay()));
  if (model.link_kinds_size() > 0) {
    parts.push_back("links of kind " + absl::StrJoin(model.link_kinds(), ", ") + " carry");
  }
  if (IsSet(model.reactions(), "unfollow")) {
    parts.push_back(RateText(model.reactions(), "unfollow") + " of deliveries make the receiver unfollow");
  }
  if (IsSet(model.reactions(), "follow")) {
    parts.push_back(RateText(model.reactions(), "follow") + " of receivers follow the author");
  }
}

std::string LaterText(const v1::Scenario& scenario) {
  const v1::Later& later = scenario.later();
  const v1::Scenario& change = later.change();
  const std::uint32_t first_step = later.after_step() + 1;
  std::vector<std::string> parts;
  AddChanges(change.model(), LaterModel(scenario), parts);
  for (const v1::FurtherMessage& message : change.messages())
    parts.push_back("also " + FurtherText(message, first_step));
  for (const v1::Influence& influence : change.influences()) {
    parts.push_back(absl::StrCat("who has met ", influence.by(), " forwards x ", influence.factor()));
  }
  for (const v1::Intervention& each : change.interventions())
    parts.push_back(InterventionText(each, first_step));
  if (change.injections_size() > 0) {
    parts.push_back(Counted(static_cast<std::uint64_t>(change.injections_size()), "injection", "injections"));
  }
  if (change.stop().has_max_steps())
    parts.push_back(absl::StrCat("ends after step ", change.stop().max_steps()));
  if (parts.empty()) return absl::StrCat("After step ", later.after_step(), " nothing changes.");
  return absl::StrCat("After step ", later.after_step(), ": ", absl::StrJoin(parts, "; "), ".");
}

std::vector<std::string> MessageCells(const v1::RunResult& result, const v1::MessageResult& message) {
  const v1::Totals& totals = message.totals();
  const std::uint64_t all = result.graph_members() * std::max<std::uint64_t>(1, result.scenario().replicas());
  return {message.name(),
          Thousands(totals.deliveries()),
          Thousands(totals.reach()),
          PercentCell(totals.reach(), all),
          Thousands(totals.forwards()),
          Thousands(totals.steps())};
}

}  // namespace

std::string ModelText(const v1::Model& model) {
  switch (model.model_case()) {
    case v1::Model::kIndependentCascade:
      if (model.independent_cascade().link_weights()) return "links' own chances";
      return RateText(model.independent_cascade(), "probability") + " a link";
    case v1::Model::kWeightedCascade:
      return "weighted cascade";
    case v1::Model::kLinearThreshold:
      return "linear threshold";
    case v1::Model::kThreshold:
      return "threshold " + ThresholdText(model.threshold());
    case v1::Model::kSi:
      return "SI " + RateText(model.si(), "infection");
    case v1::Model::kSir:
      return absl::StrCat("SIR ", RateText(model.sir(), "infection"), ", ",
                          RateText(model.sir(), "recovery"));
    case v1::Model::kSis:
      return absl::StrCat("SIS ", RateText(model.sis(), "infection"), ", ",
                          RateText(model.sis(), "recovery"));
    case v1::Model::kSeir:
      return absl::StrCat("SEIR ", RateText(model.seir(), "infection"), ", ", RateText(model.seir(), "onset"),
                          ", ", RateText(model.seir(), "recovery"));
    case v1::Model::kForward:
    case v1::Model::MODEL_NOT_SET:
      break;
  }
  return RateText(model.forward(), "probability");
}

std::string ModelSentence(const v1::Model& model) {
  const auto epidemic = [](const char* name, const auto& rates, const std::string& rest) {
    return absl::StrCat("Model ", name, ": infection ", RateText(rates, "infection"), " a try", rest);
  };
  const auto recovery = [](const auto& rates) {
    return absl::StrCat(", recovery ", RateText(rates, "recovery"), " a step");
  };
  switch (model.model_case()) {
    case v1::Model::kForward:
    case v1::Model::MODEL_NOT_SET:
      return "Forwarding rate " + ModelText(model);
    case v1::Model::kIndependentCascade:
      return model.independent_cascade().link_weights() ? "Independent cascade with the links' own chances"
                                                        : "Forwarding rate " + ModelText(model);
    case v1::Model::kWeightedCascade:
      return "Weighted cascade: a link carries with a chance of 1 in as many as lead to its receiver";
    case v1::Model::kLinearThreshold:
      return absl::StrCat("Linear threshold with ", model.linear_threshold().link_weights()
                                                        ? "the links' own weights"
                                                        : "equal weights of all links to a member");
    case v1::Model::kThreshold:
      return absl::StrCat("A member forwards once ", ThresholdText(model.threshold()),
                          model.threshold().has_count() ? " it follows have" : " of those it follows have");
    case v1::Model::kSi:
      return epidemic("SI", model.si(), "");
    case v1::Model::kSir:
      return epidemic("SIR", model.sir(), recovery(model.sir()));
    case v1::Model::kSis:
      return epidemic("SIS", model.sis(), recovery(model.sis()));
    case v1::Model::kSeir:
      return epidemic(
          "SEIR", model.seir(),
          absl::StrCat(", onset ", RateText(model.seir(), "onset"), " a step", recovery(model.seir())));
  }
  return "";
}

std::vector<std::string> RulesOf(const v1::Scenario& scenario) {
  std::vector<std::string> rules;
  const v1::Model& model = scenario.model();
  if (IsSet(model, "seen_probability")) rules.push_back(absl::StrCat("A", SeenText(model).substr(1), "."));
  if (model.has_delay()) {
    rules.push_back(absl::StrCat("Members wait before they forward: ", DelayText(model.delay()), "."));
  }
  if (model.has_link_delay()) {
    rules.push_back(absl::StrCat("Links take time: ", DelayText(model.link_delay()), "."));
  }
  if (model.forward().has_factors()) rules.push_back("Forwarding differs by account kind, community or age.");
  if (scenario.injections_size() > 0) {
    rules.push_back(absl::StrCat(
        Counted(static_cast<std::uint64_t>(scenario.injections_size()), "injection", "injections"),
        " at later steps."));
  }
  for (const v1::FurtherMessage& message : scenario.messages())
    rules.push_back("Also " + FurtherText(message) + ".");
  for (const v1::Influence& influence : scenario.influences()) {
    rules.push_back(InfluenceText(scenario.message().kind(), influence));
  }
  for (const v1::FurtherMessage& message : scenario.messages()) {
    for (const v1::Influence& influence : message.influences()) {
      rules.push_back(InfluenceText(message.name(), influence));
    }
  }
  if (scenario.first_met_only()) rules.push_back("Members decide only on the message they met first.");
  for (const v1::Intervention& change : scenario.interventions()) {
    rules.push_back("Change " + InterventionText(change) + ".");
  }
  if (scenario.people().one_decision()) rules.emplace_back(kOneDecisionRule);
  if (const std::string network = NetworkRules(scenario); !network.empty()) rules.push_back(network);
  if (scenario.has_later()) rules.push_back(LaterText(scenario));
  if (scenario.has_step_seconds()) {
    rules.push_back(absl::StrCat("A step is ", Duration(scenario.step_seconds()), "."));
  }
  return rules;
}

std::string RulesText(const v1::Scenario& scenario) { return absl::StrJoin(RulesOf(scenario), " "); }

bool HasTime(const v1::Scenario& scenario) {
  return scenario.has_step_seconds() || TakesTime(scenario.model()) ||
         std::any_of(scenario.messages().begin(), scenario.messages().end(),
                     [](const v1::FurtherMessage& message) { return TakesTime(message.model()); }) ||
         std::any_of(scenario.interventions().begin(), scenario.interventions().end(),
                     [](const v1::Intervention& change) { return change.extra_delay() > 0; }) ||
         (scenario.has_later() && HasTime(scenario.later().change()));
}

bool HasOtherWays(const v1::Scenario& scenario) {
  return scenario.injections_size() > 0 || scenario.later().change().injections_size() > 0 ||
         scenario.people().cross_posting_size() > 0 || scenario.has_growth();
}

std::optional<std::uint32_t> MaxSteps(const v1::Scenario& scenario) {
  const v1::Stop& later = scenario.later().change().stop();
  const v1::Stop& stop = later.has_max_steps() ? later : scenario.stop();
  return stop.has_max_steps() ? std::optional(stop.max_steps()) : std::nullopt;
}

std::string OfThemAccepted(const v1::Model& model, const std::string& forwards) {
  if (!HasThreshold(model) && !IsSome(model, "seen_probability")) return "";
  return absl::StrCat(" (", forwards, " of them ", HasThreshold(model) ? "accepted it)" : "passed it on)");
}

std::string ForwardsWord(const v1::Scenario& scenario) {
  return HasThreshold(scenario.model()) ? "accepted" : "forwards";
}

std::string StepWord(const v1::Scenario& scenario) { return HasTime(scenario) ? "step" : "hop"; }
std::string StepsWord(const v1::Scenario& scenario) { return StepWord(scenario) + "s"; }

std::string MessagesTable(const v1::RunResult& result, bool color) {
  if (result.messages_size() < 2) return "";
  Table table({{"message", Align::kLeft},
               {"deliveries", Align::kRight},
               {"members reached", Align::kRight},
               {"reached %", Align::kRight},
               {"forwards", Align::kRight},
               {StepsWord(result.scenario()), Align::kRight}});
  for (const v1::MessageResult& message : result.messages()) table.AddRow(MessageCells(result, message));
  const bool several = result.scenario().replicas() > 1;
  return absl::StrCat(
      table.Render(color),
      several ? absl::StrCat("(sums over ", Thousands(result.scenario().replicas()), " replicas)\n") : "");
}

}  // namespace lawine::cli
