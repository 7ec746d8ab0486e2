#include "services/coordinator/graphs/change_service.h"

#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/workers/call_guard.h"

namespace lawine {

namespace pb = ::lawine::v1;

namespace {

constexpr char kAdvice[] = "send a batch, or end your side after the last one";

}  // namespace

grpc::Status ChangeService::ApplyChanges(const BeginWork& begin_work, grpc::ServerContext* context,
                                         Stream* stream) {
  return ToGrpc(Apply(begin_work, *context, *stream));
}

absl::Status ChangeService::Apply(const BeginWork& begin_work, grpc::ServerContext& context, Stream& stream) {
  const GoingOn going_on(going_on_);
  LAWINE_RETURN_IF_ERROR(CheckRoom(going_on, kStreamsAtOnceMax, "streams of changes"));
  pb::ApplyChangesRequest request;
  {
    SilenceLimit silence(context, kAdvice, silence_.first);
    if (!silence.Read(stream, request)) return silence.status();
  }
  SilenceLimit silence(context, kAdvice, silence_.between);
  do {
    LAWINE_ASSIGN_OR_RETURN(const pb::ApplyChangesResponse response, ApplyOne(begin_work, context, request));
    if (silence.Write(stream, response)) continue;
    LAWINE_RETURN_IF_ERROR(silence.status());
    return absl::CancelledError("the caller is gone");
  } while (silence.Read(stream, request));
  return silence.status();
}

absl::StatusOr<pb::ApplyChangesResponse> ChangeService::ApplyOne(const BeginWork& begin_work,
                                                                 const grpc::ServerContext& context,
                                                                 const pb::ApplyChangesRequest& request) {
  LAWINE_ASSIGN_OR_RETURN(const Work work, begin_work());
  return changes_.Apply(request, [&context] { return context.IsCancelled(); });
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
