#include "services/coordinator/access/call_metrics.h"

namespace lawine {
namespace {

const prometheus::Histogram::BucketBoundaries& Buckets() {
  static const prometheus::Histogram::BucketBoundaries buckets = {
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600};
  return buckets;
}

}  // namespace

CallMetrics::CallMetrics(prometheus::Registry& registry)
    : requests_(prometheus::BuildCounter()
                    .Name("lawine_rpc_requests_total")
                    .Help("Calls of the public port that have ended.")
                    .Register(registry)),
      seconds_(prometheus::BuildHistogram()
                   .Name("lawine_rpc_seconds")
                   .Help("Seconds that calls of the public port took.")
                   .Register(registry)),
      in_progress_(prometheus::BuildGauge()
                       .Name("lawine_rpc_in_progress")
                       .Help("Calls of the public port going on.")
                       .Register(registry)),
      refused_(prometheus::BuildCounter()
                   .Name("lawine_rpc_refused_total")
                   .Help("Calls refused for their token, a quota, or because the coordinator stops.")
                   .Register(registry)) {}

void CallMetrics::Began(const std::string& method) { in_progress_.Add({{"method", method}}).Increment(); }

void CallMetrics::Ended(const std::string& method, const std::string& code, absl::Duration took) {
  in_progress_.Add({{"method", method}}).Decrement();
  requests_.Add({{"method", method}, {"code", code}}).Increment();
  seconds_.Add({{"method", method}}, Buckets()).Observe(absl::ToDoubleSeconds(took));
}

void CallMetrics::Refused(const std::string& reason) { refused_.Add({{"reason", reason}}).Increment(); }

}  // namespace lawine
