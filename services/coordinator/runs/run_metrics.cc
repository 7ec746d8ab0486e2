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

// All workers take the same steps: the first of them tells how long. Its first turn may have those of a
// checkpoint, and what is left out of a trace is not in here.
void RunMetrics::Traced(const google::protobuf::RepeatedPtrField<lawine::v1::WorkerTrace>& traces) {
  for (const lawine::v1::WorkerTrace& trace : traces) {
    worked_seconds_.Increment(static_cast<double>(trace.worked_us()) / kMicroseconds);
    waited_seconds_.Increment(static_cast<double>(trace.waited_us()) / kMicroseconds);
  }
  if (traces.empty() || traces[0].turns().empty()) return;
  const auto end_of = [](const lawine::v1::TraceTurn& turn) { return turn.begin_us() + turn.took_us(); };
  std::uint32_t steps = traces[0].turns(0).steps_closed();
  std::uint64_t end_us = end_of(traces[0].turns(0));
  for (const lawine::v1::TraceTurn& turn : traces[0].turns()) {
    if (turn.steps_closed() <= steps) continue;
    const std::uint32_t closed = turn.steps_closed() - steps;
    const double took = static_cast<double>(end_of(turn) - std::min(end_us, end_of(turn))) / kMicroseconds;
    for (std::uint32_t i = 0; i < closed; ++i) step_seconds_.Observe(took / closed);
    steps = turn.steps_closed();
    end_us = end_of(turn);
  }
}

}  // namespace lawine
