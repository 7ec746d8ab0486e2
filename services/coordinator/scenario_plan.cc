#include "services/coordinator/scenario_plan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/coin.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/spread/link_attempts.h"
#include "services/common/errors.h"
#include "services/coordinator/model_plan.h"
#include "services/coordinator/network_plan.h"
#include "services/coordinator/precision.h"
#include "services/coordinator/seed_plan.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

// Simulate answers within the caller's deadline: at most this many deliveries are expected of it.
constexpr std::uint64_t kSmallDeliveriesMax = 50'000'000;
// A run ends within a day or not at all: at most this many deliveries are expected of it.
constexpr std::uint64_t kDeliveriesMax = 10'000'000'000'000;

std::uint32_t MembersOf(const RunPlan& plan) {
  const pbi::GraphInfo& info = plan.graph.info();
  return info.boundaries(info.boundaries_size() - 1);
}

bool UsesLinkWeights(const RunSpec& spec) {
  return spec.model != nullptr &&
         std::any_of(spec.model->messages.begin(), spec.model->messages.end(), NeedsLinkWeights);
}

absl::Status CompleteModel(pb::Scenario& scenario, bool given) {
  pb::Model& model = *scenario.mutable_model();
  if (!given) model.mutable_forward();
  if (model.has_forward() && !model.forward().has_probability())
    model.mutable_forward()->set_probability(0.1);
  return PlanMessageModel(model, scenario.step_seconds(), "model").status();
}

absl::Status PlanModel(const Members& members, RunPlan& plan) {
  const pb::Model& model = plan.scenario.model();
  plan.message_names = MessageNames(plan.scenario);
  if (NeedsModelSpec(plan.scenario) || plan.spec.record_attribution) {
    LAWINE_ASSIGN_OR_RETURN(ModelSpec spec, PlanModelSpec(plan.scenario, plan.spec.seed_members,
                                                          MembersOf(plan), members, plan.warnings));
    LAWINE_RETURN_IF_ERROR(PlanNetwork(plan.scenario, plan.graph.info(), members, spec));
    plan.spec.model = std::make_shared<const ModelSpec>(std::move(spec));
    plan.spec.seed_members.clear();
    return CheckModelSpec(*plan.spec.model, MembersOf(plan));
  }
  LAWINE_ASSIGN_OR_RETURN(const MessageSpec message, PlanMessageModel(model, 0, "model"));
  plan.spec.forward = message.forward;
  plan.spec.link = message.link.same;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<pb::Scenario> CompleteScenario(const pb::Scenario& scenario) {
  pb::Scenario full = scenario;
  if (full.graph().empty()) return FieldError("graph", "expected the name of a graph, found none");
  if (full.message().kind().size() > 64) return FieldError("message.kind", "expected at most 64 bytes");
  if (!pb::Sentiment_IsValid(full.message().sentiment())) {
    return FieldError("message.sentiment",
                      absl::StrCat("unknown value ", static_cast<int>(full.message().sentiment())));
  }
  if (full.message().kind().empty()) full.mutable_message()->set_kind("message");
  if (full.message().sentiment() == pb::SENTIMENT_UNSPECIFIED) {
    full.mutable_message()->set_sentiment(pb::SENTIMENT_NEUTRAL);
  }
  LAWINE_RETURN_IF_ERROR(
      CompleteSeedMembers(*full.mutable_seed_members(), scenario.has_seed_members(), "seed_members"));
  LAWINE_RETURN_IF_ERROR(CompleteModel(full, scenario.has_model()));
  if (full.has_step_seconds() && (full.step_seconds() < 1 || full.step_seconds() > 86'400)) {
    return FieldError("step_seconds", absl::StrCat("expected 1 to 86,400, found ", full.step_seconds()));
  }
  LAWINE_RETURN_IF_ERROR(CompleteMessages(full));
  LAWINE_RETURN_IF_ERROR(CompleteNetwork(full));
  if (full.stop().max_steps() > limits::kStepsMax) {
    return FieldError("stop.max_steps", absl::StrCat("expected at most ", limits::kStepsMax, ", found ",
                                                     full.stop().max_steps()));
  }
  full.mutable_stop();
  LAWINE_RETURN_IF_ERROR(CompletePrecision(full));
  if (!full.has_replicas()) full.set_replicas(1);
  if (full.replicas() < 1 || full.replicas() > limits::kReplicasMax) {
    return FieldError("replicas",
                      absl::StrCat("expected 1 to ", limits::kReplicasMax, ", found ", full.replicas()));
  }
  if (full.first_replica() > limits::kReplicasMax - full.replicas()) {
    return FieldError("first_replica",
                      absl::StrCat("expected replicas numbered 0 to ", limits::kReplicasMax - 1, ", found ",
                                   full.replicas(), " from number ", full.first_replica()));
  }
  if (!full.has_first_replica()) full.set_first_replica(0);
  if (!full.has_run_seed()) full.set_run_seed(1);
  return full;
}

// Mean field: each forward reaches a mean audience; a supercritical message is bounded by the whole graph.
pb::Estimate EstimateRun(const RunPlan& plan) {
  const pbi::GraphInfo& info = plan.graph.info();
  const double members = info.boundaries(info.boundaries_size() - 1);
  const double links = static_cast<double>(info.links());
  const double rate = (plan.spec.forward * plan.spec.link).ToDouble();
  const double branching = rate * links / members;
  double first = 0;
  for (const pb::SeedMember& seed : plan.seed_members) first += seed.audience();
  double deliveries = first + rate * links;
  if (branching < 0.5) deliveries = std::min(deliveries, first / (1 - 2 * branching));
  deliveries = std::min(deliveries, links);
  if (plan.spec.model != nullptr) deliveries = ModelDeliveries(*plan.spec.model, links, plan.spec.max_steps);
  pb::Estimate estimate;
  estimate.set_deliveries(static_cast<std::uint64_t>(deliveries * plan.spec.replicas));
  // A lane's bits, a frontier's bits at each shard, what a step finds, and everybody's forwards of two steps.
  const double lane_bytes =
      0.25 + 0.125 * (info.boundaries_size() - 1) + 4 + 8 * plan.spec.forward.ToDouble();
  // Any model: sets, receipt steps, what was seen, arrivals.
  const double message_bytes = plan.spec.model == nullptr ? 0 : 24.0 * MessagesOf(plan.spec);
  const double bytes_a_member = (lane_bytes + message_bytes) * plan.spec.lanes +
                                (plan.spec.record_receipts ? 8 : 0) + (plan.spec.record_attribution ? 24 : 0);
  estimate.set_memory_bytes(static_cast<std::uint64_t>(members * bytes_a_member));
  estimate.set_small(estimate.deliveries() <= kSmallDeliveriesMax);
  return estimate;
}

absl::Status CheckEstimate(const RunPlan& plan) {
  const std::uint64_t deliveries = plan.estimate.deliveries();
  if (deliveries <= kDeliveriesMax) return absl::OkStatus();
  const std::uint64_t affordable = kDeliveriesMax / (deliveries / plan.spec.replicas);
  return FieldError(
      "replicas",
      absl::StrFormat("expected at most %d on this graph and at this forwarding rate, found %d: "
                      "they are expected to make about %.1e deliveries, %.0f hours of work at "
                      "1e9 a second; a run may take %.0e",
                      affordable, plan.spec.replicas, static_cast<double>(deliveries),
                      static_cast<double>(deliveries) / 3.6e12, static_cast<double>(kDeliveriesMax)));
}

absl::StatusOr<RunPlan> PlanRun(const pb::Scenario& scenario, const pbi::GraphRecord& graph,
                                const Members& members, bool attribution) {
  RunPlan plan;
  plan.scenario = scenario;
  plan.graph = graph;
  // A graph that never changed has one version, and nobody need know.
  plan.scenario.set_graph_version(graph.info().graph_version());
  if (graph.info().graph_version() == 1) plan.scenario.clear_graph_version();
  LAWINE_RETURN_IF_ERROR(CompletePeople(graph.info(), plan.scenario));
  plan.spec.run_seed = scenario.run_seed();
  plan.spec.first_replica = scenario.first_replica();
  plan.spec.replicas = scenario.replicas();
  plan.spec.record_receipts = plan.spec.record_attribution = attribution;
  plan.spec.lanes = LanesFor(MembersOf(plan), scenario.replicas());
  if (scenario.stop().has_max_steps()) plan.spec.max_steps = scenario.stop().max_steps();
  LAWINE_ASSIGN_OR_RETURN(
      SeedPlan seeds, PlanSeedMembers(scenario.seed_members(), scenario.run_seed(), members, "seed_members"));
  plan.spec.seed_members = std::move(seeds.members);
  plan.seed_members = std::move(seeds.profiles);
  plan.warnings = std::move(seeds.warnings);
  LAWINE_RETURN_IF_ERROR(PlanModel(members, plan));
  if (graph.info().link_weights() && !UsesLinkWeights(plan.spec)) {
    plan.warnings.push_back(
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
