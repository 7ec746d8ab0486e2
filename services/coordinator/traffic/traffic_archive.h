// Generated traffic on disk: what is over of calls that may be repeated.
#ifndef LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_ARCHIVE_H_
#define LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_ARCHIVE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lawine/internal/v1/registry.pb.h"
#include "lawine/v1/traffic.pb.h"
#include "services/coordinator/registry/expiry_clock.h"
#include "services/coordinator/registry/registry_store.h"
#include "services/coordinator/traffic/traffic_conductor.h"
#include "services/coordinator/traffic/traffic_plan.h"

namespace lawine {

// Thread-safe, but for one request id at a time. Calls without a request id keep nothing. Who looks forgets
// what is older than `kept`, whosever it is.
class TrafficArchive {
 public:
  TrafficArchive(RegistryStore& registry, absl::Duration kept) : registry_(registry), kept_(kept) {}

  // The version of the graph that an earlier call with the spec's request id has; 0 where none of that graph
  // has left anything.
  absl::StatusOr<std::uint64_t> GraphVersionOf(const lawine::v1::TrafficSpec& spec) const;
  // What an earlier call of the same job has left, into `so_far`; nothing where there is none.
  // INVALID_ARGUMENT where the request id was used for another job.
  absl::Status Load(const TrafficJob& job, TrafficConducted& so_far) const;
  // Durable when it returns. REQUIRES: no wave is ahead.
  absl::Status Save(const TrafficJob& job, const TrafficConducted& so_far) const;
  absl::Status Forget(const TrafficJob& job) const;

 private:
  absl::StatusOr<std::optional<internal::v1::TrafficRecord>> Kept(const std::string& request_id) const;
  absl::Status Sweep() const;

  RegistryStore& registry_;
  const absl::Duration kept_;
  mutable ExpiryClock expiry_clock_{"what is over of traffic"};
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_ARCHIVE_H_
