#include "services/coordinator/scenario_plan.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/coin.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

// Simulate answers within the caller's deadline: at most this many deliveries are expected of it.
constexpr std::uint64_t kSmallDeliveriesMax = 50'000'000;
// A run ends within a day or not at all: at most this many deliveries are expected of it.
constexpr std::uint64_t kDeliveriesMax = 10'000'000'000'000;

absl::Status CompleteSeedMembers(pb::SeedMembers& seeds, bool given) {
  const int rules = (seeds.ids_size() > 0) + seeds.has_audience() + seeds.highest_audience() + seeds.random();
  if (given && seeds.has_highest_audience() && !seeds.highest_audience()) {
    return FieldError("seed_members.highest_audience", "expected true or nothing, found false");
  }
  if (given && seeds.has_random() && !seeds.random()) {
    return FieldError("seed_members.random", "expected true or nothing, found false");
  }
  if (rules > 1) {
    return FieldError("seed_members",
                      "expected exactly one of ids, audience, highest_audience, random; found several");
  }
  if (rules == 0 && given) {
    return FieldError("seed_members", "expected one of ids, audience, highest_audience, random; found none");
  }
  if (rules == 0) seeds.set_random(true);
  if (seeds.ids_size() > 0 && seeds.has_count()) {
    return FieldError("seed_members.count", "expected no count beside ids: the ids say how many");
  }
  if (static_cast<std::uint32_t>(seeds.ids_size()) > limits::kSeedMembersMax) {
    return FieldError("seed_members.ids", absl::StrCat("expected at most ", limits::kSeedMembersMax,
                                                       ", found ", seeds.ids_size()));
  }
  if (seeds.ids_size() > 0) return absl::OkStatus();
  if (!seeds.has_count()) seeds.set_count(1);
  if (seeds.count() < 1 || seeds.count() > limits::kSeedMembersMax) {
    return FieldError("seed_members.count",
                      absl::StrCat("expected 1 to ", limits::kSeedMembersMax, ", found ", seeds.count()));
  }
  return absl::OkStatus();
}

absl::Status CompleteModel(pb::Model& model, bool given) {
  if (given && model.model_case() == pb::Model::MODEL_NOT_SET) {
    return FieldError("model", "expected a model, such as {\"forward\": {\"probability\": 0.1}}; found none");
  }
  pb::ForwardModel& forward = *model.mutable_forward();
  if (!forward.has_probability()) forward.set_probability(0.1);
  const double p = forward.probability();
  if (p >= 0 && p <= 1) return absl::OkStatus();
  return FieldError("model.forward.probability",
                    absl::StrCat("expected a probability between 0 and 1, found ", p));
}

// The seed members' dense ids, ascending, and how they are shown.
absl::Status ChooseSeeds(const Members& members, RunPlan& plan) {
  const pb::SeedMembers& wanted = plan.scenario.seed_members();
  SeedRule rule{.kind = SeedRule::Kind::kRandom,
                .audience = wanted.audience(),
                .count = wanted.count(),
                .run_seed = plan.scenario.run_seed()};
  if (wanted.has_audience()) rule.kind = SeedRule::Kind::kAudience;
  if (wanted.highest_audience()) rule.kind = SeedRule::Kind::kHighestAudience;
  LAWINE_ASSIGN_OR_RETURN(const std::vector<SeedCandidate> best, members.Choose(rule));
  if (best.size() < rule.count) {
    return FieldError("seed_members.count", absl::StrCat("expected at most the graph's ", best.size(),
                                                         " members, found ", rule.count));
  }
  std::vector<std::uint32_t> ids;
  std::uint64_t nearest = 0;
  for (const SeedCandidate& candidate : best) {
    ids.push_back(candidate.member.value);
    nearest += wanted.has_audience() && candidate.rank > 0;
  }
  if (nearest > 0) {
    plan.warnings.push_back(absl::StrCat(
        "no ", nearest < best.size() ? "more " : "", "members have an audience of exactly ",
        wanted.audience(), ": ", nearest, " of ", best.size(), " seed members have the nearest there is"));
  }
  LAWINE_ASSIGN_OR_RETURN(const auto records, members.ById(ids, true));
  for (const auto& record : records) {
    plan.spec.seed_members.push_back(MemberId(record.id()));
    pb::SeedMember& seed = plan.seed_members.emplace_back();
    seed.set_id(members.IdOf(record));
    seed.set_audience(record.audience());
  }
  return absl::OkStatus();
}

absl::Status FindSeeds(const Members& members, RunPlan& plan) {
  std::vector<MemberKey> keys;
  std::set<std::string> named;
  for (const std::string& id : plan.scenario.seed_members().ids()) {
    if (!named.insert(id).second)
      return FieldError("seed_members.ids",
                        absl::StrCat("expected each member once, found '", id, "' again"));
    absl::StatusOr<MemberKey> key = members.KeyOf(id);
    if (!key.ok()) return FieldError("seed_members.ids", std::string(key.status().message()));
    keys.push_back(*key);
  }
  LAWINE_ASSIGN_OR_RETURN(const auto records, members.ByKey(keys, true));
  for (const auto& record : records) {
    const std::string id = members.IdOf(record);
    if (named.erase(id) == 0) continue;
    plan.spec.seed_members.push_back(MemberId(record.id()));
    pb::SeedMember& seed = plan.seed_members.emplace_back();
    seed.set_id(id);
    seed.set_audience(record.audience());
  }
  if (named.empty()) return absl::OkStatus();
  return FieldError("seed_members.ids", absl::StrCat("graph '", plan.graph.info().name(), "' has no member '",
                                                     *named.begin(), "'"));
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
  LAWINE_RETURN_IF_ERROR(CompleteSeedMembers(*full.mutable_seed_members(), scenario.has_seed_members()));
  LAWINE_RETURN_IF_ERROR(CompleteModel(*full.mutable_model(), scenario.has_model()));
  if (full.stop().max_steps() > limits::kStepsMax) {
    return FieldError("stop.max_steps", absl::StrCat("expected at most ", limits::kStepsMax, ", found ",
                                                     full.stop().max_steps()));
  }
  full.mutable_stop();
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
  const double branching = plan.spec.forward.ToDouble() * links / members;
  double first = 0;
  for (const pb::SeedMember& seed : plan.seed_members) first += seed.audience();
  double deliveries = first + plan.spec.forward.ToDouble() * links;
  if (branching < 0.5) deliveries = std::min(deliveries, first / (1 - 2 * branching));
  pb::Estimate estimate;
  estimate.set_deliveries(static_cast<std::uint64_t>(std::min(deliveries, links) * plan.spec.replicas));
  // A lane's bits, a frontier's bits at each shard, what a step finds, and everybody's forwards of two steps.
  const double lane_bytes =
      0.25 + 0.125 * (info.boundaries_size() - 1) + 4 + 8 * plan.spec.forward.ToDouble();
  const double bytes_a_member = lane_bytes * plan.spec.lanes + (plan.spec.record_receipts ? 8 : 0);
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
                                const Members& members) {
  RunPlan plan;
  plan.scenario = scenario;
  plan.graph = graph;
  plan.spec.run_seed = scenario.run_seed();
  plan.spec.first_replica = scenario.first_replica();
  plan.spec.replicas = scenario.replicas();
  plan.spec.lanes =
      LanesFor(graph.info().boundaries(graph.info().boundaries_size() - 1), scenario.replicas());
  LAWINE_ASSIGN_OR_RETURN(plan.spec.forward,
                          Threshold::FromProbability(scenario.model().forward().probability()));
  if (scenario.stop().has_max_steps()) plan.spec.max_steps = scenario.stop().max_steps();
  const bool by_id = scenario.seed_members().ids_size() > 0;
  LAWINE_RETURN_IF_ERROR(by_id ? FindSeeds(members, plan) : ChooseSeeds(members, plan));
  if (graph.info().link_weights()) {
    plan.warnings.push_back(
        "links of this graph have probabilities; the forward model decides per member and does not use them");
  }
  plan.estimate = EstimateRun(plan);
  LAWINE_RETURN_IF_ERROR(CheckEstimate(plan));
  std::string canonical;
  scenario.SerializeToString(&canonical);
  std::uint64_t h = 0;
  for (const char c : canonical) h = hash::Absorb(h, static_cast<unsigned char>(c));
  plan.result_key = absl::StrFormat("%s-%016x", graph.info().digest(), h);
  return plan;
}

}  // namespace lawine
