// Runs: asked for, queued, conducted, watched, kept.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "lawine/internal/v1/registry.pb.h"
#include "lawine/v1/simulation.pb.h"
#include "services/common/turns.h"
#include "services/coordinator/conductor.h"
#include "services/coordinator/graphs.h"
#include "services/coordinator/registry_store.h"
#include "services/coordinator/run_entry.h"

namespace lawine {

// Thread-safe. Runs that were going on when a coordinator stopped are FAILED in the next one.
class Runs {
 public:
  static constexpr std::size_t kQueuedMax = 10'000;

  Runs(RegistryStore& registry, Graphs& graphs, WorkerDirectory& workers, std::uint32_t at_once_max);
  ~Runs();

  // Reads the registry and starts taking runs from the queue. Call once, first.
  absl::Status Start();
  // Cancels what is going on and waits for it. Safe to call twice.
  void Stop();

  absl::StatusOr<lawine::v1::CreateRunResponse> Create(const lawine::v1::CreateRunRequest& request);
  // Runs now, on the caller's thread, and keeps nothing. `cancelled` is asked now and then.
  absl::StatusOr<lawine::v1::RunResult> Simulate(const lawine::v1::Scenario& scenario, absl::Duration timeout,
                                                 const std::function<bool()>& cancelled);

  // What a run of the scenario would be; it has no number yet.
  absl::StatusOr<RunPlan> Plan(const lawine::v1::Scenario& scenario, bool attribution = false) const;

  // NOT_FOUND when there is no such run.
  absl::StatusOr<std::shared_ptr<RunEntry>> Find(const std::string& name) const;
  absl::StatusOr<lawine::v1::Run> Get(const std::string& name) const;
  std::vector<lawine::v1::Run> List(std::size_t count, std::uint64_t before_id) const;  // latest first
  absl::StatusOr<lawine::v1::RunResult> Result(const std::string& name) const;
  absl::StatusOr<lawine::v1::Run> Cancel(const std::string& name);
  absl::Status Delete(const std::string& name);
  absl::Status Receipts(const std::string& name,
                        const std::function<bool(const lawine::v1::ListReceiptsResponse&)>& write) const;

  // A number for a run that is answered at once and kept nowhere; no other run has it.
  std::uint64_t NewUnnamedId();

  void Count(std::uint32_t& running, std::uint32_t& queued) const;

 private:
  std::uint32_t QueuePosition(std::uint64_t run_id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  lawine::v1::Run Describe(const RunEntry& entry) const;
  void RunQueue();
  void Finish(RunEntry& entry);
  void Conduct(RunEntry& entry);
  absl::StatusOr<lawine::v1::RunResult> Execute(RunPlan plan, const std::string& name, absl::Time asked,
                                                absl::Duration timeout, RunProgress& progress,
                                                Cancellation& cancellation) const;
  absl::Status Save(std::uint64_t run_id, const lawine::v1::Run& run, const lawine::v1::RunResult* result);

  RegistryStore& registry_;
  Graphs& graphs_;
  WorkerDirectory& workers_;
  const std::uint32_t at_once_max_;
  Turns requests_;
  std::vector<std::thread> conductors_;
  mutable Mutex mutex_;
  CondVar queue_changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  // Of runs that are answered at once and kept nowhere: from 2^63, never those of an earlier coordinator.
  std::uint64_t next_unnamed_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, std::shared_ptr<RunEntry>> runs_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<RunEntry>> queue_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_H_
