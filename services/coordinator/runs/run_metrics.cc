#include "services/coordinator/runs/run_metrics.h"

#include <algorithm>

namespace lawine {
namespace {

using Counters = prometheus::Family<prometheus::Counter>;

Counters& Ends(prometheus::Registry& registry) {
  return prometheus::BuildCounter()
      .Name("lawine_runs_total")
      .Help("Runs that have ended.")
      .Register(registry);
}

Counters& WorkerSeconds(prometheus::Registry& registry) {
  return prometheus::BuildCounter()
      .Name("lawine_worker_seconds_total")
      .Help("Seconds of all workers in runs that have succeeded: working, or waiting for each other.")
      .Register(registry);
}

constexpr double kMicroseconds = 1e6;  // a second

}  // namespace

// All three are there from the start: the first failure is an increase too.
RunMetrics::RunMetrics(prometheus::Registry& registry)
    : succeeded_(Ends(registry).Add({{"state", "succeeded"}})),
      failed_(Ends(registry).Add({{"state", "failed"}})),
      cancelled_(Ends(registry).Add({{"state", "cancelled"}})),
      seconds_(prometheus::BuildHistogram()
                   .Name("lawine_run_seconds")
                   .Help("Seconds from asking for a run to its end.")
                   .Register(registry)
                   .Add({}, prometheus::Histogram::BucketBoundaries{0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300,
                                                                    1800, 7200, 86400})),
      deliveries_(prometheus::BuildCounter()
                      .Name("lawine_deliveries_total")
                      .Help("Deliveries of runs that have succeeded, and of simulations answered at once.")
                      .Register(registry)
                      .Add({})),
      step_seconds_(
          prometheus::BuildHistogram()
              .Name("lawine_step_seconds")
              .Help("Seconds from the end of a step to that of the next, of runs of one replica.")
              .Register(registry)
              .Add({}, prometheus::Histogram::BucketBoundaries{0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                               0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60})),
      worked_seconds_(WorkerSeconds(registry).Add({{"state", "working"}})),
      waited_seconds_(WorkerSeconds(registry).Add({{"state", "waiting"}})) {}

void RunMetrics::Ended(lawine::v1::RunState state, absl::Duration took) {
  seconds_.Observe(absl::ToDoubleSeconds(took));
  switch (state) {
    case lawine::v1::RUN_STATE_SUCCEEDED:
      return succeeded_.Increment();
    case lawine::v1::RUN_STATE_CANCELLED:
      return cancelled_.Increment();
    default:
      return failed_.Increment();
  }
}

void RunMetrics::Delivered(std::uint64_t deliveries) {
  deliveries_.Increment(static_cast<double>(deliveries));
}

// All workers take the same steps: the first of them tells how long. What is left out of a trace is not in
// here.
void RunMetrics::Traced(const std::vector<lawine::v1::WorkerTrace>& traces) {
  for (const lawine::v1::WorkerTrace& trace : traces) {
    worked_seconds_.Increment(static_cast<double>(trace.worked_us()) / kMicroseconds);
    waited_seconds_.Increment(static_cast<double>(trace.waited_us()) / kMicroseconds);
  }
  if (traces.empty()) return;
  std::uint32_t steps = 0;
  std::uint64_t end_us = 0;
  for (const lawine::v1::TraceTurn& turn : traces[0].turns()) {
    const std::uint64_t now_us = turn.begin_us() + turn.took_us();
    const std::uint32_t closed = turn.steps_closed() - std::min(steps, turn.steps_closed());
    if (closed == 0) continue;
    const double each = static_cast<double>(now_us - std::min(end_us, now_us)) / kMicroseconds / closed;
    for (std::uint32_t i = 0; i < closed; ++i) step_seconds_.Observe(each);
    steps = turn.steps_closed();
    end_us = now_us;
  }
}

}  // namespace lawine
