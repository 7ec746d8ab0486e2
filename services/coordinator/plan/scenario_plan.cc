#include "services/coordinator/plan/scenario_plan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/coin.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/spread/link_attempts.h"
#include "services/common/errors.h"
#include "services/common/seed_audience.h"
#include "services/coordinator/plan/deliveries_limit.h"
#include "services/coordinator/plan/foreseen.h"
#include "services/coordinator/plan/goal_plan.h"
#include "services/coordinator/plan/labels.h"
#include "services/coordinator/plan/list_limits.h"
#include "services/coordinator/plan/mean_field.h"
#include "services/coordinator/plan/model_plan.h"
#include "services/coordinator/plan/network_plan.h"
#include "services/coordinator/plan/seed_plan.h"
#include "services/coordinator/statistics/precision.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

// Simulate answers within the caller's deadline: at most this many deliveries are expected of it.
constexpr std::uint64_t kSmallDeliveriesMax = 50'000'000;

// What two cores do, about: told to whoever asks how long it takes.
constexpr double kDeliveriesPerSecond = 1e9;
constexpr double kAttemptsPerSecond = 1e9;
constexpr double kModelAttemptsPerSecond = 2e8;

std::uint32_t MembersOf(const RunPlan& plan) {
  const pbi::GraphInfo& info = plan.graph.info();
  return info.boundaries(info.boundaries_size() - 1);
}

bool AnyRules(const RunSpec& spec, bool (*ask)(const MessageSpec&)) {
  return spec.model != nullptr &&
         std::ranges::any_of(AllRules(*spec.model), [ask](const MessageSpec* m) { return ask(*m); });
}

// Whether the graph has what the model asks of its links.
absl::Status CheckLinks(const pbi::GraphInfo& graph, const RunSpec& spec) {
  const auto refuse = [](const char* what, const char* column) {
    return FieldError("model", absl::StrCat("expected a graph whose links have ", what,
                                            ", found one without: import one with a column ", column,
                                            ", or give the model none of them"));
  };
  if (!graph.link_weights() && AnyRules(spec, &NeedsLinkWeights)) return refuse("weights", "probability");
  if (!graph.link_kinds() && AnyRules(spec, &NeedsLinkKinds)) return refuse("kinds", "kind");
  return absl::OkStatus();
}

absl::Status CompleteFirstModel(pb::Scenario& scenario, bool given) {
  pb::Model& model = *scenario.mutable_model();
  if (!given) model.mutable_forward();
  CompleteModel(model);
  return PlanMessageModel(model, scenario.step_seconds(), "model").status();
}

absl::Status PlanModel(const Members& members, RunPlan& plan) {
  plan.message_names = MessageNames(plan.scenario);
  plan.draws = DrawRates(plan.scenario);
  const pb::Scenario scenario = plan.draws.empty() ? plan.scenario : WithMarkedRates(plan.scenario);
  if (NeedsModelSpec(scenario) || plan.spec.record_attribution) {
    LAWINE_ASSIGN_OR_RETURN(ModelSpec spec, PlanModelSpec(scenario, plan.spec.seed_members, MembersOf(plan),
                                                          members, plan.warnings));
    LAWINE_RETURN_IF_ERROR(PlanNetwork(scenario, plan.graph.info(), members, spec));
    plan.spec.drawn_rates = TakeMarkedRates(plan.draws, RatesOf(spec));
    plan.spec.model = std::make_shared<const ModelSpec>(std::move(spec));
    plan.spec.seed_members.clear();
    return CheckModelSpec(*plan.spec.model, MembersOf(plan));
  }
  LAWINE_ASSIGN_OR_RETURN(const MessageSpec message, PlanMessageModel(scenario.model(), 0, "model"));
  plan.spec.forward = message.forward;
  plan.spec.link = message.link.same;
  plan.spec.drawn_rates = TakeMarkedRates(plan.draws, KernelRatesOf(plan.spec));
  return absl::OkStatus();
}

// CompleteScenario of one without counts.
absl::StatusOr<pb::Scenario> CompleteKnown(const pb::Scenario& scenario) {
  pb::Scenario full = scenario;
  if (full.graph().empty()) return FieldError("graph", "expected the name of a graph, found none");
  LAWINE_RETURN_IF_ERROR(CheckMessage("message", full.message()));
  if (full.message().kind().empty()) full.mutable_message()->set_kind("message");
  if (full.message().sentiment() == pb::SENTIMENT_UNSPECIFIED) {
    full.mutable_message()->set_sentiment(pb::SENTIMENT_NEUTRAL);
  }
  LAWINE_RETURN_IF_ERROR(
      CompleteSeedMembers(*full.mutable_seed_members(), scenario.has_seed_members(), "seed_members"));
  LAWINE_RETURN_IF_ERROR(CompleteFirstModel(full, scenario.has_model()));
  if (full.has_step_seconds() && (full.step_seconds() < 1 || full.step_seconds() > 86'400)) {
    return FieldError("step_seconds", absl::StrCat("expected 1 to 86,400, found ", full.step_seconds()));
  }
  LAWINE_RETURN_IF_ERROR(CompleteMessages(full));
  LAWINE_RETURN_IF_ERROR(CompleteNetwork(full));
  LAWINE_RETURN_IF_ERROR(CheckGoal(full));
  LAWINE_RETURN_IF_ERROR(CheckStepsOfMessages(full));
  full.mutable_stop();
  LAWINE_RETURN_IF_ERROR(CompletePrecision(full));
  if (!full.has_replicas()) full.set_replicas(1);
  if (full.replicas() < 1) {
    return FieldError("replicas", absl::StrCat("expected 1 to ", limits::kReplicasMax, ", found 0"));
  }
  // Too many are refused where it is known what they would take: CheckEstimate.
  if (full.replicas() <= limits::kReplicasMax &&
      full.first_replica() > limits::kReplicasMax - full.replicas()) {
    return FieldError("first_replica",
                      absl::StrCat("expected replicas numbered 0 to ", limits::kReplicasMax - 1, ", found ",
                                   full.replicas(), " from number ", full.first_replica()));
  }
  if (!full.has_first_replica()) full.set_first_replica(0);
  if (!full.has_run_seed()) full.set_run_seed(1);
  return full;
}

}  // namespace

absl::StatusOr<pb::Scenario> CompleteScenario(const pb::Scenario& scenario) {
  LAWINE_RETURN_IF_ERROR(CheckCounts(scenario));
  LAWINE_ASSIGN_OR_RETURN(pb::Scenario full, CompleteKnown(WithMeanRates(scenario)));
  RestoreCounts(scenario, full);
  LAWINE_RETURN_IF_ERROR(CheckCountedRates(full));
  return full;
}

absl::StatusOr<std::uint32_t> MessageNumber(const std::vector<std::string>& names, const std::string& name,
                                            const std::string& path) {
  if (name.empty()) return 0;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::uint32_t>(found - names.begin());
  return FieldError(path, absl::StrCat("expected the name of a message (", absl::StrJoin(names, ", "),
                                       "), found '", name, "'"));
}

namespace {

// All messages of one replica.
ExpectedSpread ExpectedOf(const RunPlan& plan) {
  const pbi::GraphInfo& info = plan.graph.info();
  const double members = MembersOf(plan), links = static_cast<double>(info.links());
  const double mean_audience = members > 0 ? links / members : 0;
  const auto seed_audience = static_cast<double>(SeedAudience(plan.seed_members));
  if (plan.spec.model == nullptr) {
    MessageSpec message;
    message.forward = plan.spec.forward;
    message.link.same = plan.spec.link;
    return MeanField(message, members, links, static_cast<double>(plan.seed_members.size()), seed_audience,
                     plan.spec.max_steps);
  }
  ExpectedSpread all;
  for (std::size_t m = 0; m < plan.spec.model->messages.size(); ++m) {
    const MessageSpec& message = plan.spec.model->messages[m];
    double seeds = 0;
    for (const Injection& injection : message.injections)
      seeds += static_cast<double>(injection.members.size());
    // Those of the first message's own seed members are known.
    const double known = m == 0 ? static_cast<double>(plan.seed_members.size()) : 0;
    const double audience = (m == 0 ? seed_audience : 0) + (seeds - known) * mean_audience;
    const ExpectedSpread one = MeanField(message, members, links, seeds, audience, plan.spec.max_steps);
    all.attempts += one.attempts;
    all.deliveries += one.deliveries;
    all.forwards += one.forwards;
    all.steps = std::max(all.steps, one.steps);
  }
  return all;
}

// What new links of a replica take.
double GrowthBytes(const RunPlan& plan, const ExpectedSpread& expected, double members, double shards) {
  if (plan.spec.model == nullptr || !plan.spec.model->growth.has_value()) return 0;
  const GrowthSpec& growth = *plan.spec.model->growth;
  const double steps = plan.spec.max_steps.value_or(expected.steps);
  const double links = members * growth.new_links.ToDouble() * steps * (growth.mutual ? 2 : 1);
  return std::min(links, shards * static_cast<double>(limits::kChangedLinksMax)) *
         static_cast<double>(limits::kChangedLinkBytes);
}

// Far more than is ever asked for is as good as what it is.
std::uint64_t Whole(double estimate) { return static_cast<std::uint64_t>(std::min(estimate, 0x1p60)); }

}  // namespace

pb::Estimate EstimateRun(const RunPlan& plan) {
  const double members = MembersOf(plan);
  const ExpectedSpread expected = ExpectedOf(plan);
  const double replicas = plan.spec.replicas;
  const bool links_tried =
      plan.spec.model != nullptr || plan.spec.link != Threshold::FromFixed(Threshold::kOne);
  pb::Estimate estimate;
  estimate.set_deliveries(Whole(expected.deliveries * replicas));
  estimate.set_forwards(Whole(expected.forwards * replicas));
  estimate.set_seconds(
      replicas * (links_tried ? expected.attempts / (plan.spec.model != nullptr ? kModelAttemptsPerSecond
                                                                                : kAttemptsPerSecond)
                              : expected.deliveries / kDeliveriesPerSecond));
  const auto shards = static_cast<std::uint64_t>(plan.graph.info().boundaries_size()) - 1;
  const auto all = static_cast<std::uint64_t>(members);
  estimate.set_memory_bytes(
      StateBytes(plan.spec, all, all, shards) +
      Whole(GrowthBytes(plan, expected, members, static_cast<double>(shards)) * plan.spec.lanes));
  estimate.set_small(estimate.deliveries() <= kSmallDeliveriesMax);
  return estimate;
}

namespace {

std::string WorkText(std::uint64_t deliveries) {
  const double seconds = static_cast<double>(deliveries) / kDeliveriesPerSecond;
  return seconds < 360 ? absl::StrFormat("%.1f s", seconds) : absl::StrFormat("%.1f hours", seconds / 3600);
}

}  // namespace

absl::Status CheckEstimate(const RunPlan& plan) {
  const std::uint64_t deliveries = plan.estimate.deliveries();
  if (plan.spec.replicas > limits::kReplicasMax) {
    return FieldError(
        "replicas",
        absl::StrFormat(
            "expected 1 to %d, found %d: they are expected to make about %.1e deliveries, %s of work at 1e9 "
            "a second; %d tell a mean to a hundredth of a replica's standard deviation, and "
            "until_precision ends as soon as enough is known",
            limits::kReplicasMax, plan.spec.replicas, static_cast<double>(deliveries), WorkText(deliveries),
            limits::kReplicasMax));
  }
  if (deliveries <= kDeliveriesExpectedMax) return absl::OkStatus();
  const std::uint64_t affordable = kDeliveriesExpectedMax / (deliveries / plan.spec.replicas);
  return FieldError(
      "replicas",
      absl::StrFormat("expected at most %d on this graph and at this forwarding rate, found %d: "
                      "they are expected to make about %.1e deliveries, %.0f hours of work at "
                      "1e9 a second; a run may take %.0e",
                      affordable, plan.spec.replicas, static_cast<double>(deliveries),
                      static_cast<double>(deliveries) / 3.6e12, static_cast<double>(kDeliveriesExpectedMax)));
}

absl::StatusOr<RunPlan> PlanRun(const pb::Scenario& scenario, const pbi::GraphRecord& graph,
                                const Members& members, bool attribution) {
  RunPlan plan;
  plan.scenario = scenario;
  plan.graph = graph;
  // A graph that never changed has one version, and nobody need know. Of one that did, also the first is
  // told: whoever asks the same again without it gets the last.
  plan.scenario.set_graph_version(graph.info().graph_version());
  if (graph.info().graph_version() == 1 && graph.change_epoch() == 0) plan.scenario.clear_graph_version();
  LAWINE_RETURN_IF_ERROR(CompletePeople(graph.info(), plan.scenario));
  plan.spec.run_seed = scenario.run_seed();
  plan.spec.first_replica = scenario.first_replica();
  plan.spec.replicas = scenario.replicas();
  plan.spec.record_receipts = plan.spec.record_attribution = attribution;
  plan.spec.lanes = LanesFor(MembersOf(plan), scenario.replicas());
  if (scenario.stop().has_max_steps()) plan.spec.max_steps = scenario.stop().max_steps();
  const pb::Stop& later_stop = scenario.later().change().stop();
  if (later_stop.has_max_steps()) plan.spec.max_steps = later_stop.max_steps();
  LAWINE_ASSIGN_OR_RETURN(
      SeedPlan seeds, PlanSeedMembers(scenario.seed_members(), scenario.run_seed(), members, "seed_members"));
  plan.spec.seed_members = std::move(seeds.members);
  plan.seed_members = std::move(seeds.profiles);
  plan.warnings = std::move(seeds.warnings);
  LAWINE_RETURN_IF_ERROR(PlanModel(members, plan));
  const pb::UntilPrecision& precise = scenario.until_precision();
  LAWINE_ASSIGN_OR_RETURN(const std::uint32_t precise_message,
                          MessageNumber(plan.message_names, precise.message(), "until_precision.message"));
  plan.sentiments = SentimentsOf(plan.scenario);
  if (scenario.has_target()) {
    LAWINE_RETURN_IF_ERROR(CheckTargetIsThere(scenario.target(), members));
    plan.spec.target = PlanTarget(scenario.target());
  }
  plan.spec.steps_to_percent = scenario.steps_to_percent();
  LAWINE_RETURN_IF_ERROR(
      CheckTold("until_precision.measure", precise.measure(), plan, precise_message, "this run"));
  if (scenario.has_costs()) {
    LAWINE_ASSIGN_OR_RETURN(plan.costs, PlanCosts(scenario.costs(), plan.spec, members));
  }
  LAWINE_RETURN_IF_ERROR(CheckLinks(graph.info(), plan.spec));
  if (graph.info().link_weights() && !AnyRules(plan.spec, &NeedsLinkWeights)) {
    plan.warnings.emplace_back(
        "links of this graph have probabilities; this model has its own and does not use them");
  }
  plan.estimate = EstimateRun(plan);
  LAWINE_RETURN_IF_ERROR(CheckEstimate(plan));
  std::string canonical;
  pb::Scenario keyed = plan.scenario;
  keyed.clear_graph_version();  // the digest says it
  keyed.SerializeToString(&canonical);
  std::uint64_t h = 0;
  for (const char c : canonical) h = hash::Absorb(h, static_cast<unsigned char>(c));
  plan.result_key = absl::StrFormat("%s-%016x", graph.info().digest(), h);
  return plan;
}

}  // namespace lawine
