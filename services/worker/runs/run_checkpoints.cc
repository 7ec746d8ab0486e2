#include "services/worker/runs/run_checkpoints.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/failpoint.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kEveryWhileDraining = absl::Seconds(5);

absl::Status AsLost(const absl::Status& status) {
  if (!absl::IsNotFound(status) && !absl::IsDataLoss(status)) return status;
  return WithReason(absl::DataLossError(status.message()), kCheckpointLost);
}

}  // namespace

RunCheckpoints::RunCheckpoints(ShardHost& shards, const pbi::RunPlan& plan, CheckpointTotals& totals)
    : shards_(shards),
      totals_(totals),
      graph_(plan.graph()),
      run_id_(plan.run_id()),
      from_(plan.has_from_checkpoint() ? std::optional(plan.from_checkpoint()) : std::nullopt),
      every_(plan.checkpoint_milliseconds() == 0 || plan.replicas() != 1
                 ? absl::InfiniteDuration()
                 : absl::Milliseconds(static_cast<std::int64_t>(plan.checkpoint_milliseconds()))),
      last_(absl::Now()) {}

// Shards come and go beside a run: only those that it has are asked for.
absl::StatusOr<std::shared_ptr<ShardLog>> RunCheckpoints::LogOf(const ShardImage& image) const {
  auto log = shards_.Log({graph_, image.manifest().shard});
  if (log.ok() || !absl::IsNotFound(log.status())) return log;
  return absl::UnavailableError("shards have come or gone since the run began");
}

absl::Status RunCheckpoints::Load(RunMachine& machine, const Images& images) const {
  if (!from_.has_value()) return absl::OkStatus();
  std::vector<std::string> checkpoints;
  for (const auto& image : images) {
    LAWINE_ASSIGN_OR_RETURN(const auto log, LogOf(*image));
    auto bytes = log->stored()->ReadRunState({.run_id = run_id_, .step = *from_});
    if (!bytes.ok()) return AsLost(bytes.status());
    checkpoints.push_back(*std::move(bytes));
  }
  LAWINE_RETURN_IF_ERROR(AsLost(machine.Load(checkpoints)));
  spdlog::info("run {}: begins at the checkpoint of step {}", run_id_, *from_);
  return absl::OkStatus();
}

void RunCheckpoints::AskWhenDue(RunMachine& machine, absl::Time now, bool draining) {
  if (asked_ || every_ == absl::InfiniteDuration() || !(machine.has_first_shard() || draining)) return;
  if (now - last_ < (draining ? std::min(every_, kEveryWhileDraining) : every_)) return;
  machine.RequestCheckpoint();
  asked_ = true;
}

std::optional<std::uint32_t> RunCheckpoints::Keep(RunMachine& machine, const Images& images) {
  const std::optional<RunCheckpoint> made = machine.TakeCheckpoint();
  if (!made.has_value()) return std::nullopt;
  const absl::Time start = absl::Now();
  const absl::Status written = Write(*made, images);
  Failpoint("run.checkpoint_written");
  const absl::Time end = absl::Now();
  last_ = end;
  asked_ = false;
  if (!written.ok()) {
    ++totals_.failed;
    spdlog::warn("run {}: the checkpoint of step {} could not be kept: {}", run_id_, made->step,
                 std::string(written.message()));
    return std::nullopt;
  }
  ++totals_.kept;
  totals_.microseconds += static_cast<std::uint64_t>(absl::ToInt64Microseconds(end - start));
  for (const std::string& shard : made->shards) totals_.bytes += shard.size();
  return made->step;
}

absl::Status RunCheckpoints::Write(const RunCheckpoint& made, const Images& images) const {
  for (std::size_t s = 0; s < images.size(); ++s) {
    LAWINE_ASSIGN_OR_RETURN(const auto log, LogOf(*images[s]));
    LAWINE_RETURN_IF_ERROR(
        log->stored()->WriteRunState({.run_id = run_id_, .step = made.step}, made.shards[s]));
    log->MeasureDisk();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::uint32_t> KeepCheckpoints(ShardHost& shards, const pbi::KeepCheckpointsRequest& request) {
  std::map<std::uint64_t, std::uint32_t> first_steps;
  for (const pbi::KeptRun& run : request.runs()) first_steps[run.run_id()] = run.first_step();
  std::uint32_t dropped = 0;
  LAWINE_ASSIGN_OR_RETURN(const auto logs, shards.Logs(request.graph()));
  for (const auto& [shard, log] : logs) {
    const std::shared_ptr<StoredShard> stored = log->stored();
    LAWINE_ASSIGN_OR_RETURN(const std::vector<RunStep> kept, stored->RunStates());
    for (const RunStep& of : kept) {
      const auto run = first_steps.find(of.run_id);
      const bool needed =
          run != first_steps.end() ? of.step >= run->second : of.run_id >= request.end_run_id();
      if (needed) continue;
      LAWINE_RETURN_IF_ERROR(stored->DropRunState(of));
      ++dropped;
    }
    if (!kept.empty()) log->MeasureDisk();
  }
  return dropped;
}

}  // namespace lawine
