// What answers calls of traffic, once they are let in. The contract is in proto/lawine/v1/traffic.proto.
#ifndef LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_SERVICE_H_
#define LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "lawine/v1/traffic.grpc.pb.h"
#include "services/common/turns.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/runs/runs.h"
#include "services/coordinator/traffic/traffic_archive.h"

namespace lawine {

class TrafficService final {
 public:
  using Stream = grpc::ServerReaderWriter<lawine::v1::RunTrafficResponse, lawine::v1::RunTrafficRequest>;

  TrafficService(RegistryStore& registry, Graphs& graphs, Runs& runs)
      : graphs_(graphs), runs_(runs), archive_(registry, runs.options().results_kept) {}
  // `owner` of the caller's token, empty for nobody in particular.
  grpc::Status RunTraffic(const std::string& owner, grpc::ServerContext* context, Stream* stream);

 private:
  static constexpr std::uint32_t kAtOnceMax = 8;

  absl::StatusOr<std::uint64_t> BegunAt(const lawine::v1::TrafficSpec& spec) const;
  absl::Status Run(const std::string& owner, grpc::ServerContext& context, Stream& stream);

  Graphs& graphs_;
  Runs& runs_;  // numbers come from here
  const TrafficArchive archive_;
  Turns requests_;
  std::atomic<std::uint32_t> going_on_{0};
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_SERVICE_H_
