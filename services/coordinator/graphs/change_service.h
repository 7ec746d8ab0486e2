// The public service of changes: translate, call, translate. The contract is in
// proto/lawine/v1/changes.proto.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_CHANGE_SERVICE_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_CHANGE_SERVICE_H_

#include <atomic>
#include <cstdint>

#include "lawine/v1/changes.grpc.pb.h"
#include "services/coordinator/graphs/graph_changes.h"

namespace lawine {

class ChangeService final : public lawine::v1::ChangeService::Service {
 public:
  explicit ChangeService(GraphChanges& changes) : changes_(changes) {}
  grpc::Status ApplyChanges(grpc::ServerContext* context,
                            grpc::ServerReaderWriter<lawine::v1::ApplyChangesResponse,
                                                     lawine::v1::ApplyChangesRequest>* stream) override;
  grpc::Status FoldChanges(grpc::ServerContext* context, const lawine::v1::FoldChangesRequest* request,
                           lawine::v1::FoldChangesResponse* response) override;

 private:
  static constexpr std::uint32_t kStreamsAtOnceMax = 256;

  GraphChanges& changes_;
  std::atomic<std::uint32_t> going_on_{0};
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_CHANGE_SERVICE_H_
