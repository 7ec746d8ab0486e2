#include "services/coordinator/run_result.h"

#include <algorithm>

#include "engine/base/digest.h"
#include "engine/base/status_macros.h"
#include "services/common/process.h"
#include "services/common/wire.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr std::uint32_t kSchemaVersion = 1;
constexpr std::uint32_t kCoinVersion = 1;

void AddTo(const pb::StepCounts& counts, pb::StepCounts& sum) {
  sum.set_step(counts.step());
  sum.set_deliveries(sum.deliveries() + counts.deliveries());
  sum.set_first_receipts(sum.first_receipts() + counts.first_receipts());
  sum.set_duplicates(sum.duplicates() + counts.duplicates());
  sum.set_forwards(sum.forwards() + counts.forwards());
}

void AddTo(const pb::StepCounts& counts, pb::Totals& totals) {
  totals.set_deliveries(totals.deliveries() + counts.deliveries());
  totals.set_reach(totals.reach() + counts.first_receipts());
  totals.set_duplicates(totals.duplicates() + counts.duplicates());
  totals.set_forwards(totals.forwards() + counts.forwards());
  totals.set_steps(std::max(totals.steps(), counts.step()));
}

pb::Manifest MakeManifest(const RunPlan& plan, const ConductOutcome& outcome) {
  pb::Manifest manifest;
  manifest.set_version(kVersion);
  manifest.set_graph_origin(plan.graph.info().origin());
  manifest.set_graph_version(plan.graph.info().graph_version());
  manifest.set_shards(static_cast<std::uint32_t>(plan.graph.info().boundaries_size()) - 1);
  manifest.set_exchange_bytes(outcome.exchange_bytes);
  manifest.set_coin_version(kCoinVersion);
  return manifest;
}

}  // namespace

pb::StepCounts ToPublic(const pbi::StepRow& row) {
  const StepCounts counts = wire::FromProto(row);
  pb::StepCounts step;
  step.set_step(counts.step);
  step.set_deliveries(counts.deliveries);
  step.set_first_receipts(counts.first_receipts);
  step.set_duplicates(counts.duplicates());
  step.set_forwards(counts.forwards);
  return step;
}

absl::StatusOr<pb::RunResult> MakeResult(const RunPlan& plan, const ConductOutcome& outcome,
                                         const std::vector<pbi::StepRow>& steps) {
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
  std::vector<pb::Totals> totals(outcome.lanes.size());
  for (const pbi::StepRow& row : steps) {
    if (row.replica() >= totals.size()) return absl::DataLossError("steps of a replica without an outcome");
    const pb::StepCounts counts = ToPublic(row);
    while (static_cast<std::uint32_t>(result.steps_size()) <= row.step()) result.add_steps();
    AddTo(counts, *result.mutable_steps(static_cast<int>(row.step())));
    AddTo(counts, *result.mutable_totals());
    AddTo(counts, totals[row.replica()]);
  }
  Digest digest;
  for (const pbi::LaneRow& lane : outcome.lanes) {
    LAWINE_ASSIGN_OR_RETURN(const Digest part, Digest::FromHex(lane.digest()));
    digest += part;
    result.set_reason_stopped(static_cast<pb::ReasonStopped>(lane.stop()));
    result.set_unreached_without_links(result.unreached_without_links() + lane.unreached_without_followees());
    if (outcome.lanes.size() == 1) continue;
    pb::ReplicaResult& replica = *result.add_replicas();
    replica.set_replica(lane.replica());
    replica.set_digest(lane.digest());
    replica.set_reason_stopped(static_cast<pb::ReasonStopped>(lane.stop()));
    *replica.mutable_totals() = totals[lane.replica()];
  }
  const std::uint64_t all = std::uint64_t{result.graph_members()} * outcome.lanes.size();
  result.set_unreached_missed(all - result.totals().reach() - result.unreached_without_links());
  result.set_digest(digest.ToHex());
  *result.mutable_manifest() = MakeManifest(plan, outcome);
  return result;
}

}  // namespace lawine
