#include "services/coordinator/traffic/traffic_result.h"

#include "services/common/process.h"
#include "services/coordinator/runs/run_result.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

// 0 of nothing is nothing.
double Part(double part, double whole) { return whole == 0 ? 0 : part / whole; }

void FillReach(const TrafficOutcome& outcome, pb::TrafficReach& reach) {
  reach.set_mean(Part(static_cast<double>(outcome.reach), static_cast<double>(outcome.messages)));
  reach.set_max(outcome.reach_max);
  std::size_t first = 0, end = outcome.reach_bins.size();
  while (first < end && outcome.reach_bins[first] == 0) ++first;
  while (first < end && outcome.reach_bins[end - 1] == 0) --end;
  for (std::size_t bin = first; bin < end; ++bin) {
    pb::ReachBin& row = *reach.add_histogram();
    row.set_first(std::uint64_t{1} << bin);
    row.set_last((std::uint64_t{2} << bin) - 1);
    row.set_messages(outcome.reach_bins[bin]);
  }
}

void FillHours(const TrafficOutcome& outcome, pb::TrafficResult& result) {
  for (std::uint32_t hour = 0; hour < outcome.messages_by_hour.size(); ++hour) {
    pb::HourTraffic& row = *result.add_hours();
    row.set_hour(hour);
    row.set_messages(outcome.messages_by_hour[hour]);
    row.set_deliveries(outcome.deliveries_by_hour[hour]);
  }
}

void FillLoads(const TrafficJob& job, const TrafficOutcome& outcome, pb::TrafficResult& result) {
  const auto deliveries = static_cast<double>(outcome.deliveries);
  for (std::size_t g = 0; g < kSenderGroups; ++g) {
    pb::SenderGroup& group = *result.add_largest_senders();
    group.set_share_of_members(1.0 / static_cast<double>(job.groups[g].one_in));
    group.set_audience_min(job.groups[g].audience_min);
    group.set_members(job.groups[g].members);
    group.set_messages(outcome.group_messages[g]);
    group.set_deliveries(outcome.group_deliveries[g]);
    group.set_share_of_deliveries(Part(static_cast<double>(outcome.group_deliveries[g]), deliveries));
  }
  for (const ShardTraffic& shard : outcome.shards) {
    pb::ShardLoad& load = *result.add_shards();
    load.set_shard(shard.shard);
    load.set_deliveries(shard.deliveries);
    load.set_share(Part(static_cast<double>(shard.deliveries), deliveries));
  }
}

}  // namespace

pb::TrafficTotals TotalsOf(const TrafficOutcome& outcome) {
  pb::TrafficTotals totals;
  totals.set_messages(outcome.messages);
  totals.set_deliveries(outcome.deliveries);
  totals.set_first_receipts(outcome.first_receipts());
  totals.set_duplicates(outcome.duplicates());
  totals.set_forwards(outcome.forwards);
  totals.set_undelivered(outcome.undelivered);
  return totals;
}

pb::TrafficResult MakeTrafficResult(const TrafficJob& job, const TrafficConducted& conducted) {
  const TrafficOutcome& outcome = conducted.waves.outcome();
  const pbi::GraphInfo& info = job.graph.info();
  pb::TrafficResult result;
  result.set_schema_version(1);
  result.set_graph(info.name());
  result.set_graph_members(job.members_count());
  result.set_graph_links(info.links());
  result.set_graph_digest(info.digest());
  *result.mutable_traffic() = job.spec;
  result.mutable_traffic()->clear_request_id();  // of the call, not of what it found
  result.set_run_seed(job.spec.run_seed());
  if (job.counted_rate.has_value()) *result.mutable_counted_rate() = *job.counted_rate;
  result.set_digest(outcome.digest.ToHex());
  *result.mutable_totals() = TotalsOf(outcome);
  FillReach(outcome, *result.mutable_reach());
  for (std::uint32_t step = 0; step < outcome.by_last_step.size(); ++step) {
    if (outcome.by_last_step[step] == 0) continue;
    pb::StepsBin& row = *result.add_steps();
    row.set_steps(step);
    row.set_messages(outcome.by_last_step[step]);
  }
  FillHours(outcome, result);
  FillLoads(job, outcome, result);
  result.mutable_timing()->set_load_seconds(conducted.load_seconds);
  result.mutable_timing()->set_processing_seconds(conducted.processing_seconds);
  result.mutable_rates()->set_messages_per_second(
      Part(static_cast<double>(outcome.messages), conducted.processing_seconds));
  result.mutable_rates()->set_deliveries_per_second(
      Part(static_cast<double>(outcome.deliveries), conducted.processing_seconds));
  for (const std::string& warning : job.warnings) result.add_warnings(warning);
  *result.mutable_manifest() = MakeManifest(info, conducted.exchange_bytes);
  return result;
}

}  // namespace lawine
