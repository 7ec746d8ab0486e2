#include "tests/cluster/client.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/common/rpc.h"

namespace lawine {
namespace {

// One unary call.
template <class Stub, class Request, class Response>
grpc::Status Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response& response, absl::Duration timeout = kCallTimeout) {
  grpc::ClientContext context;
  SetDeadline(context, timeout);
  return (stub.*method)(&context, request, &response);
}

template <class Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

}  // namespace

ErrorDetails DetailsOf(const grpc::Status& status) {
  ErrorDetails details;
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details())) return details;
  for (const auto& detail : rich.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) details.reason = info.reason();
    if (detail.UnpackTo(&bad) && bad.field_violations_size() > 0)
      details.field = bad.field_violations(0).field();
    if (detail.UnpackTo(&retry)) {
      details.retry_seconds =
          static_cast<double>(retry.retry_delay().seconds()) + 1e-9 * retry.retry_delay().nanos();
    }
  }
  return details;
}

std::string Text(const grpc::Status& status) {
  const ErrorDetails details = DetailsOf(status);
  return absl::StrCat("code ", static_cast<int>(status.error_code()), ", reason '", details.reason,
                      "', field '", details.field, "': ", status.error_message());
}

Client::Client(const std::string& address) : Client(OpenChannel(address)) { AwaitConnection(*channel_); }

Client::Client(std::shared_ptr<grpc::Channel> channel)
    : channel_(std::move(channel)),
      graphs_(pb::GraphService::NewStub(channel_)),
      simulations_(pb::SimulationService::NewStub(channel_)),
      cluster_(pb::ClusterService::NewStub(channel_)) {}

Answer<pb::Graph> Client::CreateGraph(const pb::CreateGraphRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  const auto reader = graphs_->CreateGraph(&context, request);
  pb::CreateGraphResponse response;
  Answer<pb::Graph> answer;
  while (reader->Read(&response)) {
    if (response.has_graph()) answer.value = response.graph();
  }
  answer.status = reader->Finish();
  return answer;
}

Answer<pb::ImportGraphResponse> Client::Import(const pb::ImportOptions& options,
                                               const std::vector<FileToImport>& files) {
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  const auto stream = graphs_->ImportGraph(&context);
  pb::ImportGraphRequest request;
  *request.mutable_options() = options;
  bool good = stream->Write(request);
  for (const FileToImport& file : files) {
    file.members ? request.set_begin_members_file(file.name) : request.set_begin_file(file.name);
    good = good && stream->Write(request);
    // Pieces that end anywhere, as a network's do.
    for (std::size_t at = 0; good && at < file.content.size(); at += 65'537) {
      request.set_data(file.content.substr(at, 65'537));
      good = stream->Write(request);
    }
  }
  stream->WritesDone();
  Answer<pb::ImportGraphResponse> answer;
  pb::ImportGraphResponse response;
  while (stream->Read(&response)) {
    if (response.has_graph()) answer.value = response;
  }
  answer.status = stream->Finish();
  return answer;
}

Answer<pb::Graph> Client::GetGraph(const std::string& name) {
  pb::GetGraphResponse response;
  const grpc::Status status =
      Call(*graphs_, &pb::GraphService::Stub::GetGraph, Named<pb::GetGraphRequest>(name), response);
  return {status, response.graph()};
}

Answer<pb::GetGraphStatsResponse> Client::Stats(const std::string& name, bool shape) {
  Answer<pb::GetGraphStatsResponse> answer;
  auto request = Named<pb::GetGraphStatsRequest>(name);
  request.set_shape(shape);
  answer.status = Call(*graphs_, &pb::GraphService::Stub::GetGraphStats, request, answer.value);
  return answer;
}

Answer<pb::VerifyGraphResponse> Client::Verify(const std::string& name) {
  Answer<pb::VerifyGraphResponse> answer;
  answer.status =
      Call(*graphs_, &pb::GraphService::Stub::VerifyGraph, Named<pb::VerifyGraphRequest>(name), answer.value);
  return answer;
}

std::vector<std::string> Client::GraphNames() {
  pb::ListGraphsResponse response;
  std::vector<std::string> names;
  if (!Call(*graphs_, &pb::GraphService::Stub::ListGraphs, pb::ListGraphsRequest(), response).ok())
    return {"error"};
  for (const pb::Graph& graph : response.graphs()) names.push_back(graph.name());
  return names;
}

grpc::Status Client::DeleteGraph(const std::string& name) {
  pb::DeleteGraphResponse response;
  return Call(*graphs_, &pb::GraphService::Stub::DeleteGraph, Named<pb::DeleteGraphRequest>(name), response);
}

Answer<pb::GetMemberResponse> Client::GetMember(const std::string& graph, const std::string& id) {
  pb::GetMemberRequest request;
  request.set_graph(graph);
  request.set_id(id);
  Answer<pb::GetMemberResponse> answer;
  answer.status = Call(*graphs_, &pb::GraphService::Stub::GetMember, request, answer.value);
  return answer;
}

Answer<pb::RunResult> Client::Simulate(const pb::Scenario& scenario, absl::Duration timeout) {
  pb::SimulateRequest request;
  *request.mutable_scenario() = scenario;
  pb::SimulateResponse response;
  const grpc::Status status =
      Call(*simulations_, &pb::SimulationService::Stub::Simulate, request, response, timeout);
  return {status, response.result()};
}

Answer<pb::CreateRunResponse> Client::CreateRun(const pb::CreateRunRequest& request) {
  Answer<pb::CreateRunResponse> answer;
  answer.status = Call(*simulations_, &pb::SimulationService::Stub::CreateRun, request, answer.value);
  return answer;
}

Answer<pb::Run> Client::GetRun(const std::string& name) {
  pb::GetRunResponse response;
  const grpc::Status status =
      Call(*simulations_, &pb::SimulationService::Stub::GetRun, Named<pb::GetRunRequest>(name), response);
  return {status, response.run()};
}

Answer<pb::RunResult> Client::Result(const std::string& name) {
  pb::GetRunResultResponse response;
  const grpc::Status status = Call(*simulations_, &pb::SimulationService::Stub::GetRunResult,
                                   Named<pb::GetRunResultRequest>(name), response);
  return {status, response.result()};
}

Answer<pb::GetRunTraceResponse> Client::Trace(const std::string& name) {
  Answer<pb::GetRunTraceResponse> answer;
  answer.status = Call(*simulations_, &pb::SimulationService::Stub::GetRunTrace,
                       Named<pb::GetRunTraceRequest>(name), answer.value);
  return answer;
}

grpc::Status Client::Cancel(const std::string& name) {
  pb::CancelRunResponse response;
  return Call(*simulations_, &pb::SimulationService::Stub::CancelRun, Named<pb::CancelRunRequest>(name),
              response);
}

Answer<pb::Run> Client::Pause(const std::string& name) {
  pb::PauseRunResponse response;
  const grpc::Status status =
      Call(*simulations_, &pb::SimulationService::Stub::PauseRun, Named<pb::PauseRunRequest>(name), response);
  return {status, response.run()};
}

Answer<pb::Run> Client::Resume(const std::string& name) {
  pb::ResumeRunResponse response;
  const grpc::Status status = Call(*simulations_, &pb::SimulationService::Stub::ResumeRun,
                                   Named<pb::ResumeRunRequest>(name), response);
  return {status, response.run()};
}

Answer<pb::Run> Client::Pin(const std::string& name, bool pinned) {
  auto request = Named<pb::PinRunRequest>(name);
  request.set_pinned(pinned);
  pb::PinRunResponse response;
  const grpc::Status status = Call(*simulations_, &pb::SimulationService::Stub::PinRun, request, response);
  return {status, response.run()};
}

grpc::Status Client::DeleteRun(const std::string& name) {
  pb::DeleteRunResponse response;
  return Call(*simulations_, &pb::SimulationService::Stub::DeleteRun, Named<pb::DeleteRunRequest>(name),
              response);
}

Answer<Watched> Client::Watch(const std::string& name, std::uint32_t after_steps) {
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  pb::WatchRunRequest request;
  request.set_name(name);
  request.set_after_steps(after_steps);
  const auto reader = simulations_->WatchRun(&context, request);
  Answer<Watched> answer;
  pb::WatchRunResponse response;
  for (bool first = true; reader->Read(&response); first = false) {
    if (response.has_step()) answer.value.steps.push_back(response.step());
    if (response.has_replicas_done()) answer.value.replicas_done.push_back(response.replicas_done());
    if (response.has_run()) (first ? answer.value.first : answer.value.last) = response.run();
  }
  answer.status = reader->Finish();
  return answer;
}

Answer<std::map<std::string, ReceiptSteps>> Client::Receipts(const std::string& name) {
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  const auto reader = simulations_->ListReceipts(&context, Named<pb::ListReceiptsRequest>(name));
  Answer<std::map<std::string, ReceiptSteps>> answer;
  pb::ListReceiptsResponse response;
  while (reader->Read(&response)) {
    for (int i = 0; i < response.members_size(); ++i) {
      answer.value[response.members(i)] = {response.receipt_steps(i), response.forward_steps_plus_one(i)};
    }
  }
  answer.status = reader->Finish();
  return answer;
}

Answer<pb::Run> Client::RunToEnd(const pb::Scenario& scenario) {
  pb::CreateRunRequest request;
  *request.mutable_scenario() = scenario;
  const auto created = CreateRun(request);
  if (!created.ok()) return {created.status, pb::Run()};
  const auto watched = Watch(created.value.run().name());
  return {watched.status, watched.value.last};
}

std::vector<pb::WorkerStatus> Client::Workers() {
  pb::GetClusterStatusResponse response;
  const grpc::Status status = Call(*cluster_, &pb::ClusterService::Stub::GetClusterStatus,
                                   pb::GetClusterStatusRequest(), response, absl::Seconds(10 * kWaitFactor));
  if (!status.ok()) return {};
  return {response.workers().begin(), response.workers().end()};
}

}  // namespace lawine
