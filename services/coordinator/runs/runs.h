// Runs: asked for, queued, conducted, watched, kept.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_RUNS_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_RUNS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "lawine/internal/v1/registry.pb.h"
#include "lawine/v1/simulation.pb.h"
#include "services/common/turns.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/runs/conductor.h"
#include "services/coordinator/runs/run_archive.h"
#include "services/coordinator/runs/run_blocks.h"
#include "services/coordinator/runs/run_entry.h"
#include "services/coordinator/runs/run_metrics.h"
#include "services/coordinator/runs/run_options.h"
#include "services/coordinator/runs/run_queue.h"
#include "services/coordinator/runs/run_receipts.h"

namespace lawine {

// Thread-safe. A run that was accepted is gone on with until it ends, also by later coordinators: each
// attempt begins where what is kept of the one before ends (run_blocks.h), and has frames of its own. A
// run's life in order: run_creating.cc, run_conducting.cc and run_checkpoints.cc, run_ending.cc,
// run_expiry.cc.
class Runs {
 public:
  // `metrics` may be null.
  Runs(RegistryStore& registry, Graphs& graphs, WorkerDirectory& workers, const RunsOptions& options,
       RunMetrics* metrics);
  ~Runs();

  // Reads the registry and starts taking runs from the queue. Call once, first.
  absl::Status Start();
  // Leaves what is going on to a later coordinator and waits for its threads. Safe to call twice.
  void Stop();

  // `owner`: name of the caller's token, or empty. A request with the id of an earlier one returns the run of
  // that, at its turn (see Turns); INVALID_ARGUMENT when it asks for something else, or somebody else asks.
  absl::StatusOr<lawine::v1::CreateRunResponse> Create(const lawine::v1::CreateRunRequest& request,
                                                       const std::string& owner, const Turns::Gone& gone);
  // Runs now, on the caller's thread, and keeps nothing. FAILED_PRECONDITION when it is too large for that.
  absl::StatusOr<lawine::v1::RunResult> Simulate(const lawine::v1::Scenario& scenario,
                                                 const std::string& owner, absl::Duration timeout,
                                                 Cancellation& cancellation);

  // What a run of the scenario would be; it has no number yet. May take long where ranks of members are asked
  // for; ends with `cancellation`, if there is one, or Stop.
  absl::StatusOr<RunPlan> Plan(const lawine::v1::Scenario& scenario, bool attribution = false,
                               Cancellation* cancellation = nullptr) const;

  // NOT_FOUND when there is no such run.
  absl::StatusOr<std::shared_ptr<RunEntry>> Find(const std::string& name) const;
  absl::StatusOr<lawine::v1::Run> Get(const std::string& name) const;
  // Latest first, at most `count`, and no further when they take `bytes_max`; `more`: there are others.
  std::vector<lawine::v1::Run> List(std::size_t count, std::uint64_t before_id, std::size_t bytes_max,
                                    bool& more) const;
  absl::StatusOr<lawine::v1::RunResult> Result(const std::string& name) const;
  absl::StatusOr<lawine::v1::GetRunTraceResponse> Trace(const std::string& name) const;
  absl::StatusOr<lawine::v1::Run> Cancel(const std::string& name);
  // FAILED_PRECONDITION when it has ended; for Resume also while it is on its way to a pause.
  absl::StatusOr<lawine::v1::Run> Pause(const std::string& name);
  absl::StatusOr<lawine::v1::Run> Resume(const std::string& name);
  // FAILED_PRECONDITION unless it has ended.
  absl::StatusOr<lawine::v1::Run> Pin(const std::string& name, bool pinned);
  absl::Status Delete(const std::string& name);
  // Of a message, by name; the first one's for none.
  absl::Status Receipts(const std::string& name, const std::string& message, const WriteReceipts& write,
                        Cancellation& cancellation) const;

  // A number for a run that is answered at once and kept nowhere; no other run has it.
  std::uint64_t NewUnnamedId();

  void Count(std::uint32_t& running, std::uint32_t& queued) const;
  const RunsOptions& options() const { return options_; }

 private:
  using Entry = std::shared_ptr<RunEntry>;

  // What is to be run: of a branch, with the run that it is of.
  absl::StatusOr<lawine::v1::Scenario> ScenarioOf(const lawine::v1::CreateRunRequest& request) const;
  absl::StatusOr<RunPlan> PlanOf(const lawine::v1::CreateRunRequest& request, RunEntry& entry) const;
  absl::StatusOr<std::optional<lawine::v1::Run>> MadeBefore(const lawine::v1::CreateRunRequest& request,
                                                            const std::string& owner) const;
  // What a branch must have in common with its run, unless that is forgotten.
  absl::Status CheckBranchOf(const RunEntry& entry, lawine::v1::RunResult& result) const;
  absl::Status TakeIn(internal::v1::RunRecord record, std::uint64_t bytes);
  // As it is kept, with its result. FAILED_PRECONDITION when it has none.
  absl::StatusOr<internal::v1::RunRecord> Succeeded(const std::string& name) const;
  lawine::v1::Run Describe(const RunEntry& entry) const;
  std::vector<Entry> Entries() const;
  absl::Status Accept(const lawine::v1::CreateRunRequest& request, const RunPlan& plan, RunEntry& entry);
  lawine::v1::Run Stopped(const Entry& entry, Wish wish);
  void Enqueue(const Entry& entry);
  void TakeTurns();
  void Conduct(RunEntry& entry);
  absl::StatusOr<lawine::v1::RunResult> ConductAttempts(RunEntry& entry);
  absl::Status TryOnce(RunEntry& entry, const RunWatch& watch, RunSoFar& so_far, Placement& used);
  absl::StatusOr<std::uint32_t> NextAttempt(RunEntry& entry);
  CheckpointPlan NextBeginning(RunEntry& entry) const;
  void CountCheckpoint(RunEntry& entry, std::uint32_t step);
  bool FallBack(RunEntry& entry, const absl::Status& failure);
  void ForgetCheckpoints(const std::string& graph);
  absl::StatusOr<lawine::v1::RunResult> Once(RunPlan plan, absl::Duration timeout,
                                             Cancellation& cancellation);
  // How a run comes to rest, in this order: what it has come to is kept, then it is told.
  void Settle(RunEntry& entry, const absl::StatusOr<lawine::v1::RunResult>& result);
  lawine::v1::RunState StateAfter(const RunEntry& entry, const absl::Status& status) const;
  absl::Status Save(RunEntry& entry, const internal::v1::RunRecord& record);
  absl::Status KeepResult(RunEntry& entry, const lawine::v1::RunResult& result);
  void RestWithoutResult(RunEntry& entry, lawine::v1::RunState state, const absl::Status& cause);
  void Rest(RunEntry& entry, const internal::v1::RunRecord& record);
  bool CancelResting(RunEntry& entry);  // false when it is neither paused nor left
  void SweepNowAndThen();
  void Sweep();
  absl::Status Forget(RunEntry& entry, bool also_pinned);

  RunArchive archive_;
  Graphs& graphs_;
  WorkerDirectory& workers_;
  const RunsOptions options_;
  mutable MemberOrders orders_;
  mutable Cancellation planning_;  // by Stop
  RunMetrics* const metrics_;
  ExpiryClock expiry_clock_{"results of runs", options_.time_of_day};
  Turns requests_;
  std::vector<std::thread> threads_;
  mutable Mutex mutex_;
  CondVar queue_changed_, sweeper_changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool sweep_wanted_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  // Of runs that are answered at once and kept nowhere: from 2^63, never those of an earlier coordinator.
  std::uint64_t next_unnamed_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, Entry> runs_ ABSL_GUARDED_BY(mutex_);
  RunQueue queue_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> checkpoints_left_ ABSL_GUARDED_BY(mutex_);  // graphs that may have some
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_RUNS_H_
