#include "services/coordinator/runs/run_result.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/digest.h"
#include "services/common/process.h"
#include "services/common/seed_audience.h"
#include "services/coordinator/plan/foreseen.h"
#include "services/coordinator/plan/result_assumptions.h"
#include "services/coordinator/runs/group_result.h"
#include "services/coordinator/statistics/ensemble.h"
#include "services/coordinator/statistics/precision.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr std::uint32_t kSchemaVersion = 1;
constexpr std::uint32_t kCoinVersion = 1;

pb::Totals TotalsOf(const RunPlan& plan, std::uint32_t message, const LaneOutcome& lane) {
  pb::Totals totals;
  totals.set_deliveries(lane.deliveries);
  totals.set_reach(lane.reach);
  totals.set_duplicates(lane.duplicates);
  totals.set_forwards(lane.forwards);
  totals.set_steps(lane.last_step);
  totals.set_steps_to_half(lane.half_step);
  totals.set_steps_to_90(lane.nine_tenths_step);
  if (lane.percent_step != kNoStep) totals.set_steps_to_percent(lane.percent_step);
  if (plan.spec.target.has_value()) totals.set_target_reach(lane.target_reach);
  if (!plan.costs.empty()) totals.set_cost(lane.cost);
  if (lane.first_step != kNoStep) totals.set_first_step(lane.first_step);
  if (plan.spec.model == nullptr) return totals;
  if (!plan.spec.model->monitors.empty()) totals.set_monitors(lane.monitors);
  if (lane.first_sighting != kNoStep) totals.set_first_sighting(lane.first_sighting);
  if (plan.spec.model->people.has_value()) totals.set_people(lane.people);
  const Reactions& reactions = plan.spec.model->messages[message].reactions;
  if (reactions.follow != Threshold()) totals.set_follows(lane.follows);
  if (reactions.unfollow != Threshold()) totals.set_unfollows(lane.unfollows);
  return totals;
}

void AddTo(const pb::Totals& totals, pb::Totals& sum) {
  sum.set_deliveries(sum.deliveries() + totals.deliveries());
  sum.set_reach(sum.reach() + totals.reach());
  sum.set_duplicates(sum.duplicates() + totals.duplicates());
  sum.set_forwards(sum.forwards() + totals.forwards());
  sum.set_steps(std::max(sum.steps(), totals.steps()));
  if (totals.has_target_reach()) sum.set_target_reach(sum.target_reach() + totals.target_reach());
  if (totals.has_cost()) sum.set_cost(sum.cost() + totals.cost());
  if (totals.has_monitors()) sum.set_monitors(sum.monitors() + totals.monitors());
  if (totals.has_people()) sum.set_people(sum.people() + totals.people());
  if (totals.has_follows()) sum.set_follows(sum.follows() + totals.follows());
  if (totals.has_unfollows()) sum.set_unfollows(sum.unfollows() + totals.unfollows());
}

// Sums over a message's replicas.
pb::Totals SumOf(const RunPlan& plan, std::uint32_t message, std::span<const LaneOutcome> lanes) {
  if (lanes.size() == 1) return TotalsOf(plan, message, lanes[0]);
  pb::Totals sum;
  for (const LaneOutcome& lane : lanes) AddTo(TotalsOf(plan, message, lane), sum);
  return sum;
}

// Of a message's replicas; nothing of few, or where nothing is counted.
void AddLuckAndIgnorance(const RunPlan& plan, std::span<const LaneOutcome> lanes, pb::Ensemble& ensemble) {
  const std::optional<pb::LuckAndIgnorance> found =
      LuckAndIgnoranceIn(ValuesOf(lanes, MeasureOf("reach")), "reach", lanes, plan.draws);
  if (found.has_value()) *ensemble.mutable_luck_and_ignorance() = *found;
}

pb::ReplicaResult ReplicaOf(const RunPlan& plan, const LaneOutcome& lane) {
  pb::ReplicaResult replica;
  replica.set_replica(lane.replica);
  replica.set_digest(lane.digest.ToHex());
  replica.set_reason_stopped(static_cast<pb::ReasonStopped>(lane.stop));
  *replica.mutable_totals() = TotalsOf(plan, 0, lane);
  for (const RateDraws& draws : plan.draws) replica.add_drawn_rates(draws.Of(lane.replica));
  return replica;
}

pb::StepCounts WithModelCounts(const RunPlan& plan, std::uint32_t message, const StepCounts& counts) {
  pb::StepCounts step = ToPublic(counts);
  step.set_acting(counts.acting);
  step.set_seen(counts.seen);
  step.set_injected(counts.injected);
  step.set_ignored(counts.ignored);
  step.set_recoveries(counts.recoveries);
  const ModelSpec& model = *plan.spec.model;
  if (model.people.has_value() && !model.people->networks.empty()) step.set_cross_posts(counts.cross_posts);
  if (model.messages[message].reactions.unfollow != Threshold()) step.set_unfollows(counts.unfollows);
  if (model.messages[message].reactions.follow != Threshold()) step.set_follows(counts.follows);
  if (!model.monitors.empty()) step.set_monitors(counts.monitors);
  if (model.growth.has_value() && model.growth->members_change()) step.set_members(counts.present);
  return step;
}

// Of the last replica: what ended its messages that had something left.
pb::ReasonStopped ReasonStoppedOf(const ConductOutcome& outcome) {
  const std::span<const LaneOutcome> lanes(outcome.lanes);
  const bool cut =
      std::ranges::any_of(lanes.last(std::min(lanes.size(), outcome.steps.size())),
                          [](const LaneOutcome& lane) { return lane.stop == StopReason::kMaxSteps; });
  return cut ? pb::REASON_STOPPED_MAX_STEPS : pb::REASON_STOPPED_NOTHING_PENDING;
}

google::protobuf::RepeatedPtrField<pb::GroupResult> GroupsOf(const RunPlan& plan,
                                                             const ConductOutcome& outcome,
                                                             std::uint32_t message) {
  return GroupResults(outcome.groups[message], *plan.spec.model->groups, plan.spec.replicas,
                      outcome.groups.size() > 1);
}

// Of the first message: its seed members and theirs.
std::uint64_t FirstAudience(const RunPlan& plan) {
  return plan.seed_members.size() + SeedAudience(plan.seed_members);
}

void AddMessages(const RunPlan& plan, const ConductOutcome& outcome, pb::RunResult& result) {
  for (std::uint32_t m = 0; m < outcome.steps.size(); ++m) {
    pb::MessageResult& message = *result.add_messages();
    message.set_name(plan.message_names[m]);
    for (const StepCounts& counts : outcome.steps[m]) *message.add_steps() = WithModelCounts(plan, m, counts);
    const std::vector<LaneOutcome> lanes = LanesOf(outcome, m);
    Digest digest;
    for (const LaneOutcome& lane : lanes) digest += lane.digest;
    *message.mutable_totals() = SumOf(plan, m, lanes);
    if (!outcome.groups.empty()) {
      *message.mutable_groups() = GroupsOf(plan, outcome, m);
      AddMetBySteps(outcome.groups[m], *plan.spec.model->groups, *message.mutable_steps());
    }
    message.set_digest(digest.ToHex());
    if (lanes.size() < 2) continue;
    *message.mutable_ensemble() =
        MakeEnsemble(lanes, result.graph_members(), m == 0 ? FirstAudience(plan) : 0, HasCoins(plan.spec));
    AddLuckAndIgnorance(plan, lanes, *message.mutable_ensemble());
  }
}

}  // namespace

pb::Manifest MakeManifest(const pbi::GraphInfo& graph, std::uint64_t exchange_bytes) {
  pb::Manifest manifest;
  manifest.set_version(kVersion);
  manifest.set_graph_origin(graph.origin());
  manifest.set_graph_version(graph.graph_version());
  manifest.set_shards(static_cast<std::uint32_t>(graph.boundaries_size()) - 1);
  manifest.set_exchange_bytes(exchange_bytes);
  manifest.set_coin_version(kCoinVersion);
  return manifest;
}

namespace {

std::string PartlyInMemoryWarning(std::uint64_t links_on_disk, std::uint64_t links) {
  if (links_on_disk == 0) {
    return "memory limits of workers leave the links from their receivers' side out of memory: steps that "
           "reach "
           "nearly everybody take longer, results are the same";
  }
  return absl::StrCat("memory limits of workers leave ", links_on_disk, " of ", links,
                      " links on disk: steps read them there and take longer, results are the same");
}

void AddTable(const std::string& message, bool links, const DelayTable& table, const Rhythm& rhythm,
              pb::Manifest& manifest) {
  if (table.empty() && rhythm.activity.empty()) return;
  pb::DelayTable& delays = *manifest.add_delays();
  delays.set_message(message);
  delays.set_links(links);
  for (const Threshold& at_most : table.cumulative) delays.add_at_most(at_most.fixed());
  delays.mutable_rhythm()->Add(rhythm.activity.begin(), rhythm.activity.end());
  delays.set_rhythm_first(rhythm.first);
}

// What the answers rest on, beside what was counted.
void AddPlanned(const RunPlan& plan, pb::Manifest& manifest) {
  const pbi::GraphInfo& info = plan.graph.info();
  for (const auto& known :
       {NetworkAssumptions(info.name(), info.origin()), FieldAssumptions(plan.scenario)}) {
    manifest.mutable_assumptions()->Add(known.begin(), known.end());
  }
  for (std::size_t m = 0; plan.spec.model != nullptr && m < plan.message_names.size(); ++m) {
    const MessageSpec& message = plan.spec.model->messages[m];
    AddTable(plan.message_names[m], false, message.delay, message.rhythm, manifest);
    AddTable(plan.message_names[m], true, message.link_delay, {}, manifest);
  }
}

}  // namespace

pb::StepCounts ToPublic(const StepCounts& counts) {
  pb::StepCounts step;
  step.set_step(counts.step);
  step.set_deliveries(counts.deliveries);
  step.set_first_receipts(counts.first_receipts);
  step.set_duplicates(counts.duplicates());
  step.set_forwards(counts.forwards);
  return step;
}

pb::RunResult MakeResult(const RunPlan& plan, const ConductOutcome& outcome) {
  pb::RunResult result;
  const pbi::GraphInfo& info = plan.graph.info();
  result.set_schema_version(kSchemaVersion);
  result.set_graph(info.name());
  result.set_graph_members(info.boundaries(info.boundaries_size() - 1));
  result.set_graph_links(info.links());
  result.set_graph_digest(info.digest());
  *result.mutable_scenario() = plan.scenario;
  for (const pb::SeedMember& seed : plan.seed_members) *result.add_seed_members() = seed;
  for (const std::string& warning : plan.warnings) result.add_warnings(warning);
  if (outcome.partly_in_memory)
    result.add_warnings(PartlyInMemoryWarning(outcome.links_on_disk, info.links()));
  for (const StepCounts& counts : outcome.steps[0]) {
    *result.add_steps() = plan.spec.model == nullptr ? ToPublic(counts) : WithModelCounts(plan, 0, counts);
  }
  const std::vector<LaneOutcome> lanes = LanesOf(outcome, 0);
  const bool several = lanes.size() > 1;
  Digest digest;
  for (const LaneOutcome& lane : outcome.lanes) digest += lane.digest;
  *result.mutable_totals() = SumOf(plan, 0, lanes);
  result.set_reason_stopped(ReasonStoppedOf(outcome));
  if (!outcome.groups.empty()) *result.mutable_groups() = GroupsOf(plan, outcome, 0);
  for (const LaneOutcome& lane : lanes) {
    result.set_unreached_without_links(result.unreached_without_links() + lane.unreached_without_followees);
    if (several) *result.add_replicas() = ReplicaOf(plan, lane);
  }
  if (several) {
    *result.mutable_ensemble() =
        MakeEnsemble(lanes, result.graph_members(), FirstAudience(plan), HasCoins(plan.spec));
  }
  if (several) AddLuckAndIgnorance(plan, lanes, *result.mutable_ensemble());
  if (several) AddSteps(outcome.kept_steps, *result.mutable_ensemble());
  for (const RateDraws& draws : plan.draws) {
    pb::CountedRate& rate = *result.add_counted_rates();
    rate = ToPublic(draws.rate);
    if (!several) rate.set_drawn(draws.Of(lanes[0].replica));
  }
  if (several && plan.scenario.has_until_precision()) {
    const pb::UntilPrecision& wanted = plan.scenario.until_precision();
    const std::uint32_t message = *MessageNumber(plan.message_names, wanted.message(), "");
    *result.mutable_ensemble()->mutable_precision() =
        PrecisionOf(LanesOf(outcome, message), wanted, PossibleOf(plan));
  }
  if (outcome.steps.size() > 1) AddMessages(plan, outcome, result);
  const std::uint64_t all = std::uint64_t{result.graph_members()} * lanes.size();
  result.set_unreached_missed(all - result.totals().reach() - result.unreached_without_links());
  result.set_digest(digest.ToHex());
  *result.mutable_manifest() = MakeManifest(info, outcome.exchange_bytes);
  result.mutable_manifest()->set_links_touched(outcome.links_touched);
  AddPlanned(plan, *result.mutable_manifest());
  if (plan.spec.target.has_value()) result.set_target_members(outcome.target_members);
  return result;
}

}  // namespace lawine
