#include "services/coordinator/graphs/change_service.h"

#include "services/common/errors.h"
#include "services/coordinator/workers/call_guard.h"

namespace lawine {

namespace pb = ::lawine::v1;

grpc::Status ChangeService::ApplyChanges(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<pb::ApplyChangesResponse, pb::ApplyChangesRequest>* stream) {
  const GoingOn going_on(going_on_);
  const absl::Status room = CheckRoom(going_on, kStreamsAtOnceMax, "streams of changes");
  if (!room.ok()) return ToGrpc(room);
  pb::ApplyChangesRequest request;
  while (stream->Read(&request)) {
    const auto response = changes_.Apply(request, [context] { return context->IsCancelled(); });
    if (!response.ok()) return ToGrpc(response.status());
    if (!stream->Write(*response)) return grpc::Status::CANCELLED;
  }
  return grpc::Status::OK;
}

grpc::Status ChangeService::FoldChanges(grpc::ServerContext* context, const pb::FoldChangesRequest* request,
                                        pb::FoldChangesResponse* response) {
  Cancellation cancellation;
  const CallGuard guard(*context, cancellation);
  const auto folded = changes_.Fold(*request, cancellation);
  if (folded.ok()) *response = *folded;
  return ToGrpc(folded.status());
}

}  // namespace lawine
