// Calls of WhatIfService: progress until the last response.
#ifndef LAWINE_SERVICES_CLI_COMMANDS_WHAT_IF_CALL_H_
#define LAWINE_SERVICES_CLI_COMMANDS_WHAT_IF_CALL_H_

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/cli/commands/names.h"
#include "services/cli/commands/progress.h"
#include "services/cli/connection/connection.h"
#include "services/cli/connection/session.h"
#include "services/cli/text/text.h"
#include "services/common/json/message_json.h"

namespace lawine::cli {

// "ambassador: 12 of 100 replicas, run 2 of 5".
inline std::string WhatIfProgressText(const v1::WhatIfProgress& progress) {
  return absl::StrCat(progress.now(), ": ", Thousands(progress.replicas_done()), " of ",
                      Counted(progress.replicas(), "replica", "replicas"), ", run ", progress.runs_done() + 1,
                      " of ", progress.runs());
}

// What a call is expected to take.
inline std::string EstimateText(const v1::Estimate& estimate, bool json) {
  if (json) return JsonText(MessageToJson(estimate));
  return Facts({{"deliveries, about", Thousands(estimate.deliveries())},
                {"forwards, about", Thousands(estimate.forwards())},
                {"work, about", Duration(estimate.seconds())},
                {"memory, about", Bytes(estimate.memory_bytes())}}) +
         "\n";
}

// Makes the call and returns its last response. `graph` is what the request asks about.
template <class Request, class Response>
absl::StatusOr<Response> CallWhatIf(
    Session& session, Connection& connection, const std::string& graph,
    std::unique_ptr<grpc::ClientReader<Response>> (v1::WhatIfService::Stub::*method)(grpc::ClientContext*,
                                                                                     const Request&),
    const Request& request) {
  Progress progress(session);
  CallScope call(connection.interrupt(), kStreamTimeout);
  const auto stream = (connection.what_if().*method)(&call.context(), request);
  Response last;
  for (Response response; stream->Read(&response);) {
    last = response;
    if (!response.has_progress()) continue;
    const v1::WhatIfProgress& so_far = response.progress();
    progress.Show(WhatIfProgressText(so_far),
                  std::uint64_t{so_far.runs_done()} * so_far.replicas() + so_far.replicas_done(),
                  std::uint64_t{so_far.runs()} * so_far.replicas());
  }
  const absl::Status status = connection.Explain(stream->Finish());
  if (!status.ok()) return SuggestGraph(status, connection, graph);
  if (last.has_progress() || last.ByteSizeLong() == 0) {
    return absl::InternalError("the cluster ended the call without a result");
  }
  return last;
}

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_COMMANDS_WHAT_IF_CALL_H_
