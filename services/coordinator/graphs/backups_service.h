// The public gRPC service of backups.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_BACKUPS_SERVICE_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_BACKUPS_SERVICE_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "lawine/v1/backups.grpc.pb.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

class BackupService final : public lawine::v1::BackupService::Service {
 public:
  using RestoreStream =
      grpc::ServerReaderWriter<lawine::v1::RestoreGraphResponse, lawine::v1::RestoreGraphRequest>;

  // Each takes a stream to every shard at least.
  static constexpr std::uint32_t kAtOnceMax = 4;

  BackupService(Graphs& graphs, WorkerDirectory& workers) : graphs_(graphs), workers_(workers) {}
  grpc::Status BackupGraph(grpc::ServerContext* context, const lawine::v1::BackupGraphRequest* request,
                           grpc::ServerWriter<lawine::v1::BackupGraphResponse>* writer) override;
  grpc::Status RestoreGraph(grpc::ServerContext* context, RestoreStream* stream) override;

 private:
  absl::Status Backup(grpc::ServerContext& context, const std::string& name,
                      grpc::ServerWriter<lawine::v1::BackupGraphResponse>& writer);
  absl::StatusOr<OpenShards::Places> TakePlaces(const Placement& placement, const Cancellation& cancellation);
  absl::Status Restore(grpc::ServerContext& context, RestoreStream& stream);

  Graphs& graphs_;
  WorkerDirectory& workers_;
  std::atomic<std::uint32_t> going_on_{0};
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_BACKUPS_SERVICE_H_
