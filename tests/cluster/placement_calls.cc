#include "tests/cluster/placement_calls.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "services/common/rpc.h"

namespace lawine {
namespace {

// One unary call.
template <class Stub, class Request, class Response>
grpc::Status Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response& response) {
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  return (stub.*method)(&context, request, &response);
}

}  // namespace

PlacementCalls::PlacementCalls(const Client& client)
    : placement_(pb::PlacementService::NewStub(client.channel())),
      backups_(pb::BackupService::NewStub(client.channel())) {}

Answer<pb::PlanRebalanceResponse> PlacementCalls::Plan(const pb::RebalanceOptions& options) {
  pb::PlanRebalanceRequest request;
  *request.mutable_options() = options;
  Answer<pb::PlanRebalanceResponse> answer;
  answer.status = Call(*placement_, &pb::PlacementService::Stub::PlanRebalance, request, answer.value);
  return answer;
}

Answer<pb::Rebalance> PlacementCalls::Apply(const pb::RebalanceOptions& options,
                                            const std::string& request_id) {
  pb::ApplyRebalanceRequest request;
  *request.mutable_options() = options;
  request.set_request_id(request_id);
  pb::ApplyRebalanceResponse response;
  const grpc::Status status =
      Call(*placement_, &pb::PlacementService::Stub::ApplyRebalance, request, response);
  return {.status = status, .value = response.rebalance()};
}

Answer<pb::Rebalance> PlacementCalls::Latest() {
  pb::GetRebalanceResponse response;
  const grpc::Status status =
      Call(*placement_, &pb::PlacementService::Stub::GetRebalance, pb::GetRebalanceRequest(), response);
  return {.status = status, .value = response.rebalance()};
}

Answer<pb::Rebalance> PlacementCalls::Cancel() {
  pb::CancelRebalanceResponse response;
  const grpc::Status status =
      Call(*placement_, &pb::PlacementService::Stub::CancelRebalance, pb::CancelRebalanceRequest(), response);
  return {.status = status, .value = response.rebalance()};
}

pb::Rebalance PlacementCalls::AwaitEnd(absl::Duration timeout) {
  Answer<pb::Rebalance> latest;
  for (const absl::Time end = absl::Now() + timeout; absl::Now() < end;
       absl::SleepFor(absl::Milliseconds(20))) {
    latest = Latest();
    if (latest.ok() && latest.value.state() != pb::REBALANCE_STATE_RUNNING) break;
  }
  return latest.value;
}

Answer<std::string> PlacementCalls::Backup(const std::string& graph) {
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  pb::BackupGraphRequest request;
  request.set_name(graph);
  const auto stream = backups_->BackupGraph(&context, request);
  Answer<std::string> answer;
  pb::BackupGraphResponse response;
  while (stream->Read(&response)) answer.value += response.data();
  answer.status = stream->Finish();
  return answer;
}

Answer<pb::RestoredGraph> PlacementCalls::Restore(std::string_view file, const pb::RestoreOptions& options,
                                                  std::size_t part, bool leave) {
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  const auto stream = backups_->RestoreGraph(&context);
  pb::RestoreGraphRequest request;
  *request.mutable_options() = options;
  bool open = stream->Write(request);
  for (std::size_t at = 0; open && at < file.size(); at += part) {
    const std::string_view bytes = file.substr(at, part);
    request.set_data(bytes.data(), bytes.size());
    open = stream->Write(request);
  }
  request.set_end(true);
  if (open && !leave) stream->Write(request);
  stream->WritesDone();
  Answer<pb::RestoredGraph> answer;
  pb::RestoreGraphResponse response;
  while (stream->Read(&response)) {
    if (response.has_restored()) answer.value = response.restored();
  }
  answer.status = stream->Finish();
  return answer;
}

pb::RebalanceOptions Drained(const std::vector<std::string>& workers) {
  pb::RebalanceOptions options;
  options.mutable_drain()->Add(workers.begin(), workers.end());
  return options;
}

std::map<std::string, std::uint32_t> ShardsByWorker(Client& client) {
  std::map<std::string, std::uint32_t> shards;
  for (const pb::WorkerStatus& worker : client.Workers()) {
    if (worker.alive()) shards[worker.node_id()] = worker.shards();
  }
  return shards;
}

}  // namespace lawine
