// What has become of runs, for whoever watches the cluster.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_RUN_METRICS_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_RUN_METRICS_H_

#include <google/protobuf/repeated_ptr_field.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>

#include "absl/time/time.h"
#include "lawine/v1/simulation.pb.h"
#include "lawine/v1/trace.pb.h"

namespace lawine {

// Thread-safe. `registry` must outlive it.
class RunMetrics {
 public:
  explicit RunMetrics(prometheus::Registry& registry);

  // A run that is kept has ended in `state`, so long after it was asked for.
  void Ended(lawine::v1::RunState state, absl::Duration took);
  void Delivered(std::uint64_t deliveries);
  // How its workers spent the time of a run that has succeeded; empty for others.
  void Traced(const google::protobuf::RepeatedPtrField<lawine::v1::WorkerTrace>& traces);

 private:
  prometheus::Counter& succeeded_;
  prometheus::Counter& failed_;
  prometheus::Counter& cancelled_;
  prometheus::Histogram& seconds_;
  prometheus::Counter& deliveries_;
  prometheus::Histogram& step_seconds_;
  prometheus::Counter& worked_seconds_;
  prometheus::Counter& waited_seconds_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_RUN_METRICS_H_
