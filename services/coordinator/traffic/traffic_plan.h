// What is asked of traffic, made complete and checked against the graph.
#ifndef LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_PLAN_H_
#define LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_PLAN_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lawine/internal/v1/registry.pb.h"
#include "lawine/v1/simulation.pb.h"
#include "lawine/v1/traffic.pb.h"
#include "services/common/wire.h"
#include "services/coordinator/graphs/audience_distribution.h"

namespace lawine {

// Members with the largest audiences: one in so many, and everybody with an audience as large.
struct LargestSenders {
  std::uint64_t one_in = 0;
  std::uint32_t audience_min = 0;
  std::uint64_t members = 0;
};

struct TrafficJob {
  lawine::v1::TrafficSpec spec;  // complete
  internal::v1::GraphRecord graph;
  double forward = 0;                                   // the probability, drawn where it was counted
  std::optional<lawine::v1::CountedRate> counted_rate;  // only then
  wire::TrafficTask task;
  std::array<LargestSenders, kSenderGroups> groups;  // largest group first
  lawine::v1::Estimate estimate;                     // of generated messages
  std::vector<std::string> warnings;

  std::uint32_t members_count() const { return graph.info().boundaries(graph.info().boundaries_size() - 1); }
};

// Defaults filled in. INVALID_ARGUMENT names the field.
absl::StatusOr<lawine::v1::TrafficSpec> CompleteTraffic(const lawine::v1::TrafficSpec& spec);

// REQUIRES: `spec` is complete. INVALID_ARGUMENT, with the estimate, for more than traffic may take.
absl::StatusOr<TrafficJob> PlanTraffic(const lawine::v1::TrafficSpec& spec,
                                       const internal::v1::GraphRecord& graph,
                                       const AudienceDistribution& audiences);

// Deliveries that `messages` are expected to make. Mean field: a sender has a mean audience, a forwarder one
// of a follower's choice; a message above the critical point is bounded by the whole graph.
double ExpectedDeliveries(double messages, double probability, double links,
                          const AudienceDistribution& audiences);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_PLAN_H_
