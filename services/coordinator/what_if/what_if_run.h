// Runs of one what-if call: planned, run one after the other, counted together.
#ifndef LAWINE_SERVICES_COORDINATOR_WHAT_IF_WHAT_IF_RUN_H_
#define LAWINE_SERVICES_COORDINATOR_WHAT_IF_WHAT_IF_RUN_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lawine/v1/what_if.pb.h"
#include "services/common/steady_time.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/runs/conductor.h"
#include "services/coordinator/runs/run_blocks.h"
#include "services/coordinator/runs/runs.h"
#include "services/coordinator/workers/cancellation.h"

namespace lawine {

// One thread at a time.
class WhatIfRuns {
 public:
  struct Options {
    std::string owner;       // name of the caller's token; empty where there are none
    absl::Duration timeout;  // of all runs together
    // Told how far the call is; false: the caller is gone.
    std::function<bool(const lawine::v1::WhatIfProgress&)> tell;
  };

  WhatIfRuns(Graphs& graphs, Runs& runs, Cancellation& cancellation, Options options)
      : graphs_(graphs),
        runs_(runs),
        cancellation_(cancellation),
        options_(std::move(options)),
        end_(SteadyNow() + options_.timeout) {}

  // What the run will be; its graph stays until the call is over. `path` names the scenario in the request.
  absl::StatusOr<RunPlan> Plan(const std::string& path, const lawine::v1::Scenario& scenario);
  // Adds to the estimate of the call. INVALID_ARGUMENT for `path` when it is more than a call may take,
  // RESOURCE_EXHAUSTED when it is more than the owner's quota.
  absl::Status Expect(const std::string& path, const RunPlan& plan, std::uint32_t runs = 1);
  const lawine::v1::Estimate& estimate() const { return estimate_; }

  // Runs the plan under the name shown in the progress.
  absl::StatusOr<ConductOutcome> Run(RunPlan plan, const std::string& name);
  // The same up to `replicas`, adding to those there are.
  absl::Status RunMore(const RunPlan& plan, std::uint32_t replicas, const std::string& name,
                       RunSoFar& so_far);

  // What all runs took, and where they were.
  lawine::v1::Timing timing() const;
  lawine::v1::Manifest manifest() const { return manifest_; }
  // Each said once.
  std::vector<std::string> warnings() const { return {warnings_.begin(), warnings_.end()}; }

 private:
  bool Tell(std::uint32_t replicas_done, bool now);

  Graphs& graphs_;
  Runs& runs_;
  Cancellation& cancellation_;
  const Options options_;
  const absl::Time started_ = absl::Now();
  const SteadyTime end_;
  std::map<std::pair<std::string, std::uint64_t>, GraphUse> uses_;  // by graph and version asked for
  lawine::v1::Estimate estimate_;
  lawine::v1::WhatIfProgress progress_;
  absl::Time told_ = absl::InfinitePast();
  lawine::v1::Timing timing_;
  lawine::v1::Manifest manifest_;
  std::set<std::string> warnings_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WHAT_IF_WHAT_IF_RUN_H_
