#include "services/coordinator/what_if/what_if_service.h"

#include <algorithm>

#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/silence_limit.h"
#include "services/coordinator/what_if/compare.h"
#include "services/coordinator/what_if/marginal.h"
#include "services/coordinator/what_if/sweep.h"
#include "services/coordinator/workers/call_guard.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint32_t kAtOnceMax = 4;
constexpr absl::Duration kTimeoutMax = absl::Hours(24);

// One call: `answer` makes its last response from the runs it is given.
template <class Request, class Response>
absl::Status Serve(Graphs& graphs, Runs& runs, std::atomic<std::uint32_t>& calls, const std::string& owner,
                   grpc::ServerContext& context, const Request& request, grpc::ServerWriter<Response>& writer,
                   absl::StatusOr<Response> (*answer)(const Request&, WhatIfRuns&)) {
  const GoingOn going_on(calls);
  LAWINE_RETURN_IF_ERROR(CheckRoom(going_on, kAtOnceMax, "comparisons and sweeps"));
  Cancellation cancellation;
  const CallGuard guard(context, cancellation);
  SilenceLimit silence(context);
  const auto tell = [&](const pb::WhatIfProgress& progress) {
    Response response;
    *response.mutable_progress() = progress;
    return silence.Write(writer, response);
  };
  const absl::Duration left = absl::FromChrono(context.deadline()) - absl::Now();
  WhatIfRuns what_if(graphs, runs, cancellation,
                     {.owner = owner, .timeout = std::min(left, kTimeoutMax), .tell = tell});
  const absl::StatusOr<Response> last = answer(request, what_if);
  LAWINE_RETURN_IF_ERROR(silence.status());
  LAWINE_RETURN_IF_ERROR(last.status());
  silence.Write(writer, *last);
  return silence.status();
}

}  // namespace

grpc::Status WhatIfService::Compare(const std::string& owner, grpc::ServerContext* context,
                                    const pb::CompareRequest* request,
                                    grpc::ServerWriter<pb::CompareResponse>* writer) {
  return ToGrpc(Serve(graphs_, runs_, going_on_, owner, *context, *request, *writer, &lawine::Compare));
}

grpc::Status WhatIfService::MarginalReach(const std::string& owner, grpc::ServerContext* context,
                                          const pb::MarginalReachRequest* request,
                                          grpc::ServerWriter<pb::MarginalReachResponse>* writer) {
  return ToGrpc(Serve(graphs_, runs_, going_on_, owner, *context, *request, *writer, &lawine::MarginalReach));
}

grpc::Status WhatIfService::Sweep(const std::string& owner, grpc::ServerContext* context,
                                  const pb::SweepRequest* request,
                                  grpc::ServerWriter<pb::SweepResponse>* writer) {
  return ToGrpc(Serve(graphs_, runs_, going_on_, owner, *context, *request, *writer, &lawine::Sweep));
}

}  // namespace lawine
