#include "services/coordinator/runs/run_blocks.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/steady_time.h"
#include "services/coordinator/plan/foreseen.h"
#include "services/coordinator/statistics/precision.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

// The first block tells the pace. Lanes idle at the end of a block, so it has many replicas a lane.
constexpr std::uint32_t kFirstReplicasPerLane = 8;

// `plan` without the replicas that are over.
RunPlan PlanOfBlock(const RunPlan& plan, const RunSoFar& so_far, std::uint32_t replicas) {
  RunPlan block = plan;
  block.spec.first_replica = plan.spec.first_replica + so_far.replicas;
  block.spec.replicas = replicas;
  return block;
}

bool Enough(const RunPlan& plan, const RunSoFar& so_far) {
  if (so_far.replicas == plan.spec.replicas) return true;
  if (so_far.replicas == 0 || !plan.scenario.has_until_precision()) return false;
  const bool look = NextLook(so_far.replicas - 1, plan.spec.replicas) == so_far.replicas;
  const pb::UntilPrecision& wanted = plan.scenario.until_precision();
  const std::uint32_t message = *MessageNumber(plan.message_names, wanted.message(), "");
  return look && PrecisionOf(LanesOf(so_far.outcome, message), wanted, PossibleOf(plan)).met();
}

// The block's end. A function of the clock, which the result does not depend on.
std::uint32_t BlockEnd(const RunPlan& plan, const RunSoFar& so_far, absl::Duration each,
                       absl::Duration keep_every) {
  std::uint32_t end = plan.spec.replicas;
  if (plan.scenario.has_until_precision()) end = NextLook(so_far.replicas, end);
  const std::uint32_t first = kFirstReplicasPerLane * plan.spec.lanes;
  double wanted = first;
  if (keep_every == absl::InfiniteDuration()) wanted = end;
  if (each > absl::ZeroDuration()) wanted = std::max(wanted, absl::FDivDuration(keep_every, each));
  return std::min(end, so_far.replicas + static_cast<std::uint32_t>(std::min<double>(wanted, end)));
}

// All workers of a block are told of, so that many of them have fewer turns each; blocks as long as there is
// room for them beside the run.
void AppendTraces(std::vector<pb::WorkerTrace> part, std::vector<pb::WorkerTrace>& whole) {
  constexpr int kTurnsMax = 20'000;
  const int each = kTurnsMax / std::max(1, static_cast<int>(part.size()));
  const auto size_of = [](const pb::WorkerTrace& trace) { return std::max(1, trace.turns_size()); };
  int turns = 0;
  for (const pb::WorkerTrace& trace : whole) turns += size_of(trace);
  for (pb::WorkerTrace& trace : part) {
    if (const int more = trace.turns_size() - each; more > 0) {
      trace.mutable_turns()->DeleteSubrange(each, more);
      trace.set_turns_left_out(trace.turns_left_out() + static_cast<std::uint64_t>(more));
    }
    turns += size_of(trace);
    if (turns > kTurnsMax) return;
    whole.push_back(std::move(trace));
  }
}

}  // namespace

void Append(ConductOutcome part, ConductOutcome& whole) {
  whole.steps.resize(part.steps.size());
  for (std::size_t m = 0; m < part.steps.size(); ++m) {
    for (const StepCounts& counts : part.steps[m]) AddTo(counts, whole.steps[m]);
  }
  whole.lanes.insert(whole.lanes.end(), part.lanes.begin(), part.lanes.end());
  std::move(part.kept_steps.begin(), part.kept_steps.end(), std::back_inserter(whole.kept_steps));
  whole.groups.resize(part.groups.size());
  for (std::size_t m = 0; m < part.groups.size(); ++m) AddTo(part.groups[m], whole.groups[m]);
  whole.target_members = part.target_members;
  whole.load_seconds += part.load_seconds;
  whole.links_on_disk = part.links_on_disk;
  whole.partly_in_memory = part.partly_in_memory;
  whole.processing_seconds += part.processing_seconds;
  whole.exchange_bytes += part.exchange_bytes;
  whole.links_touched += part.links_touched;
  AppendTraces(std::move(part.traces), whole.traces);
}

absl::Status AddBlock(const RunPlan& plan, const pbi::RunBlock& block, RunSoFar& so_far) {
  const std::uint32_t left = plan.spec.replicas - so_far.replicas;
  if (block.first_replica() != plan.spec.first_replica + so_far.replicas || block.replicas() > left ||
      block.replicas() == 0) {
    return absl::DataLossError(absl::StrCat("kept replicas: expected those from number ",
                                            plan.spec.first_replica + so_far.replicas, " on, at most ", left,
                                            ", found ", block.replicas(), " from number ",
                                            block.first_replica(), ": create the run again"));
  }
  LAWINE_ASSIGN_OR_RETURN(ConductOutcome part, OutcomeOf(PlanOfBlock(plan, so_far, block.replicas()), block));
  Append(std::move(part), so_far.outcome);
  so_far.replicas += block.replicas();
  return absl::OkStatus();
}

absl::Status ConductRest(const RunPlan& plan, const Placement& placement, absl::Duration timeout,
                         absl::Duration keep_every, const RunWatch& watch, const BlockHooks& hooks,
                         Cancellation& cancellation, RunSoFar& so_far) {
  const SteadyTime end = SteadyNow() + timeout;
  absl::Duration each = absl::ZeroDuration();  // a replica of the block before
  while (!Enough(plan, so_far)) {
    const std::uint32_t before = so_far.replicas;
    RunPlan block = PlanOfBlock(plan, so_far, BlockEnd(plan, so_far, each, keep_every) - before);
    LAWINE_ASSIGN_OR_RETURN(block.spec.attempt, hooks.next_attempt());
    RunWatch block_watch = watch;
    if (plan.spec.replicas > 1) block_watch.step = [](const StepCounts&) {};
    block_watch.replicas_done = [&](std::uint32_t replicas) { watch.replicas_done(before + replicas); };
    const SteadyTime start = SteadyNow();
    LAWINE_ASSIGN_OR_RETURN(const pbi::RunBlock said,
                            HearRun(block, placement, end - start, block_watch, cancellation));
    each = (SteadyNow() - start) / said.replicas();
    // Kept before it counts: one that is not is done again, or a later coordinator would find a gap.
    if (said.replicas() < plan.spec.replicas) LAWINE_RETURN_IF_ERROR(hooks.keep(said));
    LAWINE_RETURN_IF_ERROR(AddBlock(plan, said, so_far));
  }
  return absl::OkStatus();
}

void SetReplicasMade(const RunSoFar& so_far, RunPlan& plan) {
  plan.spec.replicas = so_far.replicas;
  if (plan.scenario.has_until_precision()) plan.scenario.set_replicas(so_far.replicas);
}

}  // namespace lawine
