// What calls of the public port are counted as.
#ifndef LAWINE_SERVICES_COORDINATOR_ACCESS_CALL_METRICS_H_
#define LAWINE_SERVICES_COORDINATOR_ACCESS_CALL_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

#include "absl/time/time.h"

namespace lawine {

// Thread-safe. `registry` must outlive it. Methods and reasons are few and ours, never a caller's.
class CallMetrics {
 public:
  explicit CallMetrics(prometheus::Registry& registry);

  void Began(const std::string& method);
  void Ended(const std::string& method, const std::string& code, absl::Duration took);
  void Refused(const std::string& reason);

 private:
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  prometheus::Family<prometheus::Gauge>& in_progress_;
  prometheus::Family<prometheus::Counter>& refused_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_ACCESS_CALL_METRICS_H_
