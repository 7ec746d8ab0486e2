#include "services/worker/runs/conduct.h"

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/spread/model_shard.h"
#include "services/common/memory.h"
#include "services/common/size.h"
#include "services/common/wire.h"
#include "services/worker/runs/planned_part.h"
#include "services/worker/runs/run_checkpoints.h"
#include "services/worker/runs/turn_times.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kReportEvery = absl::Milliseconds(20);

// A run with what it depends on.
class ActiveRun final : public ActiveMachine<RunMachine> {
 public:
  ActiveRun(RunSpec spec, Images images, RunPeers peers)
      : ActiveMachine({.run = spec.run_id, .attempt = spec.attempt}, images, std::move(peers),
                      [&spec, &images](std::vector<const ShardImage*> shards, Lane::Send send_frame) {
                        return std::make_unique<RunMachine>(spec, images[0]->graph().partition,
                                                            std::move(shards), std::move(send_frame));
                      }),
        spec_(std::move(spec)) {}
  const RunSpec& spec() const { return spec_; }

 private:
  const RunSpec spec_;
};

// Tells the coordinator how far the run is: a single replica's steps as they are closed; of several only how
// many are over, and their sums by step at the end. What is told so is bounded, whatever their number.
class ProgressReports {
 public:
  ProgressReports(const RunMachine& machine, const RunSpec& spec, ConductStream& stream)
      : machine_(machine), single_(spec.replicas == 1), stream_(stream), steps_sent_(MessagesOf(spec)) {}

  // What is new. False when the coordinator is gone.
  bool Send() {
    pbi::ConductRunResponse response;
    if (single_ || machine_.done()) AddSteps(response);
    if (response.steps_size() == 0 && machine_.replicas_done() == replicas_done_) return true;
    replicas_done_ = machine_.replicas_done();
    response.set_replicas_done(replicas_done_);
    return stream_.Write(response);
  }
  // What is left, at the end: with the outcome, unless it is much.
  bool Finish(pbi::ConductRunResponse& outcome) {
    while (RowsLeft() > kRowsWithOutcomeMax) {
      if (!Send()) return false;
    }
    AddSteps(outcome);
    outcome.set_replicas_done(machine_.replicas_done());
    return true;
  }

 private:
  static constexpr int kRowsMax = 16'384;  // of a message on the wire
  static constexpr std::size_t kRowsWithOutcomeMax = 1024;

  void AddSteps(pbi::ConductRunResponse& response) {
    for (std::uint32_t m = 0; m < steps_sent_.size(); ++m) {
      const std::vector<StepCounts>& steps = machine_.steps(m);
      while (steps_sent_[m] < steps.size() && response.steps_size() < kRowsMax) {
        pbi::StepRow& row = *response.add_steps();
        row = wire::ToProto(steps[steps_sent_[m]++]);
        row.set_message(m);
      }
    }
  }
  std::size_t RowsLeft() const {
    std::size_t left = 0;
    for (std::uint32_t m = 0; m < steps_sent_.size(); ++m) left += machine_.steps(m).size() - steps_sent_[m];
    return left;
  }

  const RunMachine& machine_;
  const bool single_;
  ConductStream& stream_;
  std::vector<std::size_t> steps_sent_;  // by message
  std::uint32_t replicas_done_ = 0;
};

// One turn, and its times.
template <class Turn>
absl::Status Take(ActiveRun& run, TurnTimes& times, Turn&& turn) {
  times.Begin();
  LAWINE_RETURN_IF_ERROR(run.Take(turn));
  const RunMachine& machine = run.machine();
  const bool single = run.spec().replicas == 1;
  times.End(single ? static_cast<std::uint32_t>(machine.steps(0).size()) : 0,
            single ? 0 : machine.replicas_done(), machine.frame_bytes_sent());
  return absl::OkStatus();
}

bool TellKept(std::uint32_t checkpoint_step, ConductStream& stream) {
  pbi::ConductRunResponse kept;
  kept.set_checkpoint_step(checkpoint_step);
  return stream.Write(kept);
}

absl::Status Drive(ActiveRun& run, const RunHost& runs, bool report, RunCheckpoints& checkpoints,
                   Executor& executor, grpc::ServerContext& context, ConductStream& stream, TurnTimes& times,
                   pbi::ConductRunResponse& outcome) {
  ProgressReports reports(run.machine(), run.spec(), stream);
  LAWINE_RETURN_IF_ERROR(
      Take(run, times, [&executor](RunMachine& machine) { return machine.Start(executor); }));
  absl::Time last_progress = absl::Now();
  absl::Time last_report = last_progress;
  while (!run.machine().done()) {
    LAWINE_ASSIGN_OR_RETURN(const bool ready, run.WaitReady(kCancelCheckEvery));
    if (context.IsCancelled()) return CoordinatorGone();
    const absl::Time now = absl::Now();
    if (!ready && now - last_progress > kStepTimeout) {
      return absl::DeadlineExceededError("no frames from the other workers for five minutes");
    }
    if (!ready) continue;
    last_progress = now;
    checkpoints.AskWhenDue(run.machine(), now, runs.closed());
    LAWINE_RETURN_IF_ERROR(
        Take(run, times, [&executor](RunMachine& machine) { return machine.Advance(executor); }));
    const std::optional<std::uint32_t> kept = checkpoints.Keep(run.machine(), run.images());
    if (kept.has_value() && !TellKept(*kept, stream)) return CoordinatorGone();
    // Many small steps share a message; a watcher need not see each at once.
    if (!report || now - last_report < kReportEvery) continue;
    last_report = now;
    if (!reports.Send()) return CoordinatorGone();
  }
  return !report || reports.Finish(outcome) ? absl::OkStatus() : CoordinatorGone();
}

// Better one run that says why it does not begin than a worker that is killed, and every run with it.
absl::Status CheckMemory(const RunSpec& spec, const Images& images) {
  constexpr std::uint64_t kAlwaysThere = 64u << 20;
  std::uint64_t members = 0;
  for (const auto& image : images) members += image->range().count;
  const std::uint64_t bytes = StateBytes(spec, images[0]->graph().members(), members, images.size());
  if (bytes <= kAlwaysThere) return absl::OkStatus();
  const std::uint64_t available = AvailableMemoryBytes();
  if (bytes <= available) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the run takes about ", MebibytesText(bytes), " of memory on this worker, beside the graph, and ",
      MebibytesText(available),
      " are free: ask for fewer messages, or no receipts, wait for other runs, or use more workers"));
}

absl::StatusOr<std::shared_ptr<ActiveRun>> Prepare(ShardHost& shards, PeerLinks& peers,
                                                   const pbi::RunPlan& plan,
                                                   const RunCheckpoints& checkpoints, double& load_seconds) {
  LAWINE_ASSIGN_OR_RETURN(RunSpec spec, wire::FromProto(plan));
  LAWINE_ASSIGN_OR_RETURN(PlannedPart part, PreparePart(shards, peers, plan));
  LAWINE_RETURN_IF_ERROR(CheckRunSpec(spec, part.images[0]->graph().members()));
  LAWINE_RETURN_IF_ERROR(CheckMemory(spec, part.images));
  for (const auto& image : part.images) {
    if (spec.model != nullptr) LAWINE_RETURN_IF_ERROR(CheckModelOn(*spec.model, *image));
  }
  load_seconds = part.load_seconds;
  if (plan.has_from_checkpoint() && spec.replicas != 1) {
    return absl::InvalidArgumentError("expected a checkpoint only of a run of one replica");
  }
  auto run = std::make_shared<ActiveRun>(std::move(spec), std::move(part.images), std::move(part.peers));
  LAWINE_RETURN_IF_ERROR(checkpoints.Load(run->machine(), run->images()));
  return run;
}

void AddPrepared(const ActiveRun& run, double load_seconds, pbi::ConductRunResponse& response) {
  response.set_prepared(true);
  response.set_load_seconds(load_seconds);
  for (const auto& image : run.images()) {
    response.set_links_on_disk(response.links_on_disk() + image->manifest().links - image->links_in_memory());
    response.set_partly_in_memory(response.partly_in_memory() || PartlyInMemory(*image));
  }
}

bool WriteOutcome(const ActiveRun& run, RunMachine& machine, const pbi::RunPlan& plan,
                  double processing_seconds, const TurnTimes& times, pbi::ConductRunResponse outcome,
                  ConductStream& stream) {
  for (const LaneOutcome& lane : machine.lanes()) *outcome.add_lanes() = wire::ToProto(lane);
  for (std::size_t i = 0; plan.report_steps() && i < machine.kept_steps().size(); ++i) {
    pbi::LaneRow& row = *outcome.mutable_lanes(static_cast<int>(i));
    for (const StepCounts& counts : machine.kept_steps()[i]) *row.add_steps() = wire::ToProto(counts);
  }
  for (std::uint32_t m = 0; m < MessagesOf(run.spec()); ++m) wire::AddGroups(machine.groups(m), m, outcome);
  const auto others = static_cast<std::uint64_t>(plan.peers_size()) - 1;
  outcome.set_exchange_bytes(machine.frame_bytes_sent() * others);
  outcome.set_links_touched(machine.links_touched());
  outcome.set_target_members(machine.target_members());
  outcome.set_processing_seconds(processing_seconds);
  *outcome.mutable_trace() = times.Of(plan.own_node_id());
  outcome.set_done(true);
  spdlog::info("run {}: {} replicas done in {:.3f} s", run.spec().run_id, machine.lanes().size(),
               processing_seconds);
  return stream.Write(outcome);
}

// From the plan on.
absl::Status TakePart(ShardHost& shards, RunHost& runs, PeerLinks& peers, Executor& executor,
                      const pbi::RunPlan& plan, grpc::ServerContext& context, ConductStream& stream) {
  double load_seconds = 0;
  RunCheckpoints checkpoints(shards, plan, runs.checkpoint_totals());
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<ActiveRun> run,
                          Prepare(shards, peers, plan, checkpoints, load_seconds));
  LAWINE_RETURN_IF_ERROR(runs.Add(run));
  const Listed listed(runs, run->attempt());
  pbi::ConductRunResponse outcome, prepared;
  AddPrepared(*run, load_seconds, plan.begin_at_once() ? outcome : prepared);
  if (!plan.begin_at_once()) {
    pbi::ConductRunRequest request;
    if (!stream.Write(prepared) || !stream.Read(&request)) return CoordinatorGone();
    if (!request.start()) return absl::InvalidArgumentError("expected a start after the plan");
  }
  const absl::Time start = absl::Now();
  TurnTimes times(run->machine().frame_bytes_sent());
  LAWINE_RETURN_IF_ERROR(
      Drive(*run, runs, plan.report_steps(), checkpoints, executor, context, stream, times, outcome));
  const double processing_seconds = absl::ToDoubleSeconds(absl::Now() - start);
  if (plan.record_receipts()) {
    KeptReceipts kept{.run_id = plan.run_id(),
                      .shards = {},
                      .receipts = std::vector<std::vector<Receipts>>(MessagesOf(run->spec())),
                      .awaited = plan.record_attribution()};
    for (std::size_t s = 0; s < run->images().size(); ++s) {
      kept.shards.push_back(run->images()[s]->shared_members());
      for (std::uint32_t m = 0; m < kept.receipts.size(); ++m) {
        kept.receipts[m].push_back(run->machine().receipts(s, m));
      }
    }
    runs.Keep(std::move(kept));
  }
  const bool written =
      WriteOutcome(*run, run->machine(), plan, processing_seconds, times, std::move(outcome), stream);
  return written ? absl::OkStatus() : CoordinatorGone();
}

}  // namespace

absl::Status Conduct(std::uint64_t incarnation, ShardHost& shards, RunHost& runs, PeerLinks& peers,
                     Executor& executor, grpc::ServerContext& context, ConductStream& stream) {
  pbi::ConductRunRequest request;
  if (!stream.Read(&request)) return CoordinatorGone();
  if (!request.has_plan()) return absl::InvalidArgumentError("expected a plan first");
  absl::Status status = CheckProcess(request.plan(), incarnation);
  if (status.ok()) status = TakePart(shards, runs, peers, executor, request.plan(), context, stream);
  if (!status.ok()) {
    spdlog::warn("run {}: attempt {} ended: {}", request.plan().run_id(), request.plan().attempt(),
                 std::string(status.message()));
  }
  return status;
}

}  // namespace lawine
