#include "engine/spread/local_cluster.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/spread/local_rounds.h"
#include "engine/spread/model_shard.h"

namespace lawine {

LocalCluster::LocalCluster(std::vector<const ShardImage*> images, std::uint32_t workers_count) {
  LAWINE_CHECK(workers_count >= 1 && workers_count <= images.size());
  for (std::size_t w = 0; w < workers_count; ++w) {
    const auto first = images.begin() + static_cast<std::ptrdiff_t>(images.size() * w / workers_count);
    const auto end = images.begin() + static_cast<std::ptrdiff_t>(images.size() * (w + 1) / workers_count);
    workers_.emplace_back(first, end);
  }
}

absl::StatusOr<ClusterOutcome> LocalCluster::Run(const RunSpec& spec, Executor& executor) const {
  const GraphInfo& graph = workers_[0][0]->graph();
  LAWINE_RETURN_IF_ERROR(CheckRunSpec(spec, graph.members()));
  for (const auto& worker : workers_) {
    for (const ShardImage* image : worker) {
      if (spec.model != nullptr) LAWINE_RETURN_IF_ERROR(CheckModelOn(*spec.model, *image));
    }
  }
  const std::size_t count = workers_.size();
  LocalRounds<RunMachine> rounds(count, [&](std::size_t w, RunMachine::Send send) {
    return std::make_unique<RunMachine>(spec, graph.partition, workers_[w], std::move(send));
  });
  LAWINE_RETURN_IF_ERROR(
      rounds.Round(executor, [&executor](RunMachine& machine) { return machine.Start(executor); }));
  LAWINE_RETURN_IF_ERROR(rounds.RunUntilDone(executor));
  const auto& machines = rounds.machines();
  ClusterOutcome outcome;
  outcome.steps = machines[0]->steps();
  for (std::uint32_t m = 0; m < MessagesOf(spec); ++m) {
    outcome.message_steps.push_back(machines[0]->steps(m));
    for (std::size_t w = 0; spec.record_receipts && w < count; ++w) {
      for (std::size_t s = 0; s < workers_[w].size(); ++s) {
        outcome.receipts.push_back(machines[w]->receipts(s, m));
      }
    }
  }
  for (std::size_t w = 0; w < count; ++w) {
    LAWINE_RETURN_IF_ERROR(MergeLanes(machines[w]->lanes(), outcome.lanes));
    outcome.groups.resize(MessagesOf(spec));
    for (std::uint32_t m = 0; m < MessagesOf(spec); ++m) AddTo(machines[w]->groups(m), outcome.groups[m]);
    outcome.frame_bytes += machines[w]->frame_bytes_sent();
    outcome.events += machines[w]->events_sent();
    outcome.links_touched += machines[w]->links_touched();
  }
  return outcome;
}

absl::Status MergeLanes(const std::vector<LaneOutcome>& part, std::vector<LaneOutcome>& whole) {
  if (whole.empty()) {
    whole = part;
    return absl::OkStatus();
  }
  bool same = part.size() == whole.size();
  for (std::size_t i = 0; same && i < part.size(); ++i) {
    same = part[i].steps_fingerprint == whole[i].steps_fingerprint && part[i].stop == whole[i].stop;
    whole[i].digest += part[i].digest;
    whole[i].unreached_without_followees += part[i].unreached_without_followees;
    whole[i].people += part[i].people;
    whole[i].target_reach += part[i].target_reach;
  }
  if (same) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("workers report different counts for the same run (", part.size(),
                                          " and ", whole.size(), " replicas): the result cannot be trusted"));
}

}  // namespace lawine
