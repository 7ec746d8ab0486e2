#include "services/coordinator/change_service.h"

#include "services/common/errors.h"

namespace lawine {

namespace pb = ::lawine::v1;

grpc::Status ChangeService::ApplyChanges(
    grpc::ServerContext*,
    grpc::ServerReaderWriter<pb::ApplyChangesResponse, pb::ApplyChangesRequest>* stream) {
  pb::ApplyChangesRequest request;
  while (stream->Read(&request)) {
    const auto response = changes_.Apply(request);
    if (!response.ok()) return ToGrpc(response.status());
    if (!stream->Write(*response)) return grpc::Status::CANCELLED;
  }
  return grpc::Status::OK;
}

grpc::Status ChangeService::FoldChanges(grpc::ServerContext*, const pb::FoldChangesRequest* request,
                                        pb::FoldChangesResponse* response) {
  const auto folded = changes_.Fold(*request);
  if (folded.ok()) *response = *folded;
  return ToGrpc(folded.status());
}

}  // namespace lawine
