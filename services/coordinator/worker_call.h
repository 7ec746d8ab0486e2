// One worker's call of a run or of traffic: a stream each way, cancelled with the whole.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKER_CALL_H_
#define LAWINE_SERVICES_COORDINATOR_WORKER_CALL_H_

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "engine/base/status_macros.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/coordinator/cancellation.h"
#include "services/coordinator/worker_directory.h"

namespace lawine {

// One thread may send while another reads.
template <class Request, class Response>
class WorkerCall {
 public:
  using Answer = Response;
  using Stream = grpc::ClientReaderWriter<Request, Response>;
  using Method = std::unique_ptr<Stream> (internal::v1::WorkerService::Stub::*)(grpc::ClientContext*);

  WorkerCall(const WorkerHandle& worker, Method method, absl::Time deadline, Cancellation& cancellation)
      : worker_(worker), cancellation_(cancellation) {
    context_.set_deadline(absl::ToChronoTime(deadline));
    cancellation_.Add(&context_);
    stream_ = ((*worker_.stub).*method)(&context_);
  }
  ~WorkerCall() {
    if (!finished_) {
      context_.TryCancel();
      stream_->Finish();
    }
    cancellation_.Remove(&context_);
  }
  WorkerCall(const WorkerCall&) = delete;
  WorkerCall& operator=(const WorkerCall&) = delete;

  bool Send(const Request& request) { return stream_->Write(request); }
  // False at the end of the stream; then Finish says why.
  bool Read(Response& response) { return stream_->Read(&response); }

  absl::Status Finish() {
    finished_ = true;
    const grpc::Status status = stream_->Finish();
    if (status.ok()) return absl::OkStatus();
    const bool gone = status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty();
    return Failed(static_cast<absl::StatusCode>(status.error_code()),
                  absl::StrCat(gone ? " has disappeared: " : ": ", status.error_message()));
  }
  // A failure of the worker's part, with the worker named. `what` begins with what follows the name.
  absl::Status Failed(absl::StatusCode code, const std::string& what) const {
    return absl::Status(
        code, absl::StrCat(worker_.Text(), " (shards ", absl::StrJoin(worker_.shards, ", "), ")", what));
  }

 private:
  const WorkerHandle& worker_;
  Cancellation& cancellation_;
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;
  bool finished_ = false;
};

// A call to each worker of `placement`, which must outlive them.
template <class Call>
std::vector<std::unique_ptr<Call>> CallAll(const Placement& placement, typename Call::Method method,
                                           absl::Time deadline, Cancellation& cancellation) {
  std::vector<std::unique_ptr<Call>> calls;
  for (const WorkerHandle& worker : placement.workers) {
    calls.push_back(std::make_unique<Call>(worker, method, deadline, cancellation));
  }
  return calls;
}

// Graph and peers of a plan, RunPlan or TrafficPlan.
template <class Plan>
void FillPlan(const internal::v1::GraphInfo& graph, const Placement& placement, Plan& plan) {
  plan.set_graph(graph.name());
  plan.set_graph_digest(graph.digest());
  plan.set_epoch(graph.epoch());
  for (const WorkerHandle& worker : placement.workers) {
    internal::v1::RunPeer& peer = *plan.add_peers();
    peer.set_node_id(worker.node_id);
    peer.set_address(worker.address);
    peer.mutable_shards()->Add(worker.shards.begin(), worker.shards.end());
  }
}

// Sends every worker its plan, waits until all are prepared, and starts them. `request` holds the plan;
// adapt(plan, w) makes it worker w's; prepared(answer) is told what each says.
template <class Call, class Request, class Adapt, class Prepared>
absl::Status PrepareAll(const std::vector<std::unique_ptr<Call>>& calls, Request request, Adapt&& adapt,
                        Prepared&& prepared) {
  for (std::size_t w = 0; w < calls.size(); ++w) {
    adapt(*request.mutable_plan(), w);
    calls[w]->Send(request);  // a failure shows when reading
  }
  typename Call::Answer response;
  for (const auto& call : calls) {
    if (!call->Read(response) || !response.prepared()) {
      LAWINE_RETURN_IF_ERROR(call->Finish());
      return absl::InternalError("a worker ended its part before it began");
    }
    prepared(response);
  }
  request.set_start(true);
  for (const auto& call : calls) call->Send(request);
  return absl::OkStatus();
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKER_CALL_H_
