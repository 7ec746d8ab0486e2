#include "services/coordinator/runs/run_metrics.h"

namespace lawine {
namespace {

using Counters = prometheus::Family<prometheus::Counter>;

Counters& Ends(prometheus::Registry& registry) {
  return prometheus::BuildCounter()
      .Name("lawine_runs_total")
      .Help("Runs that have ended.")
      .Register(registry);
}

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
                      .Add({})) {}

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

}  // namespace lawine
