// How a run or traffic begins on its workers: each gets its plan and prepares; then all start, unless a run
// is so small that they need not wait for each other.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_PREPARE_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_PREPARE_H_

#include <utility>

#include "absl/status/status.h"
#include "engine/base/status_macros.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/coordinator/workers/worker_calls.h"

namespace lawine {

// Graph and peers of a plan, RunPlan or TrafficPlan.
template <class Plan>
void FillPlan(const internal::v1::GraphInfo& graph, const Placement& placement, Plan& plan) {
  plan.set_graph(graph.name());
  plan.set_graph_digest(graph.digest());
  plan.set_graph_version(graph.graph_version());
  for (const WorkerHandle& worker : placement.workers) {
    internal::v1::RunPeer& peer = *plan.add_peers();
    peer.set_node_id(worker.node_id);
    peer.set_address(worker.address);
    peer.mutable_shards()->Add(worker.shards.begin(), worker.shards.end());
    peer.set_incarnation(worker.incarnation);
  }
}

// Sends every worker its plan: adapt(plan, w) makes it worker w's. A failure shows when reading.
template <class Request, class Response, class Adapt>
void SendPlans(WorkerCalls<Request, Response>& calls, Request& request, Adapt&& adapt) {
  for (std::size_t w = 0; w < calls.size(); ++w) {
    adapt(*request.mutable_plan(), w);
    calls.Send(w, request);
  }
}

// Sends every worker its plan, waits until all are prepared, and starts them. `request` holds the plan;
// prepared(answer) is told what each says.
template <class Request, class Response, class Adapt, class Prepared>
absl::Status PrepareAll(WorkerCalls<Request, Response>& calls, Request request, Adapt&& adapt,
                        Prepared&& prepared) {
  SendPlans(calls, request, adapt);
  for (std::size_t waiting = calls.size(); waiting > 0; --waiting) {
    const auto event = calls.Next();
    if (!event.has_value() || !event->message.has_value() || !event->message->prepared()) {
      if (event.has_value()) LAWINE_RETURN_IF_ERROR(event->status);
      return absl::InternalError("a worker ended its part before it began");
    }
    prepared(*event->message);
  }
  request.Clear();
  request.set_start(true);
  for (std::size_t w = 0; w < calls.size(); ++w) calls.Send(w, request);
  return absl::OkStatus();
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_PREPARE_H_
