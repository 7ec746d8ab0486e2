#include "services/coordinator/conductor.h"

#include <algorithm>
#include <future>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "engine/spread/local_cluster.h"
#include "services/common/errors.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

// One worker's call.
class WorkerCall {
 public:
  WorkerCall(const WorkerHandle& worker, absl::Time deadline, Cancellation& cancellation)
      : worker_(worker), cancellation_(cancellation) {
    context_.set_deadline(absl::ToChronoTime(deadline));
    cancellation_.Add(&context_);
    stream_ = worker_.stub->ConductRun(&context_);
  }
  ~WorkerCall() {
    if (!finished_) {
      context_.TryCancel();
      stream_->Finish();
    }
    cancellation_.Remove(&context_);
  }

  bool Send(const pbi::ConductRunRequest& request) { return stream_->Write(request); }
  // False at the end of the stream; then Finish says why.
  bool Read(pbi::ConductRunResponse& response) { return stream_->Read(&response); }

  absl::Status Finish() {
    finished_ = true;
    const grpc::Status status = stream_->Finish();
    if (status.ok()) return absl::OkStatus();
    const bool gone = status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty();
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                        absl::StrCat(worker_.Text(), " (shards ", absl::StrJoin(worker_.shards, ", "), ")",
                                     gone ? " has disappeared: " : ": ", status.error_message()));
  }

 private:
  const WorkerHandle& worker_;
  Cancellation& cancellation_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<pbi::ConductRunRequest, pbi::ConductRunResponse>> stream_;
  bool finished_ = false;
};

pbi::RunPlan BasePlan(const RunPlan& plan, const Placement& placement) {
  pbi::RunPlan proto = wire::ToProto(plan.spec);
  proto.set_graph(plan.graph.info().name());
  proto.set_graph_digest(plan.graph.info().digest());
  proto.set_epoch(plan.graph.info().epoch());
  for (const WorkerHandle& worker : placement.workers) {
    pbi::RunPeer& peer = *proto.add_peers();
    peer.set_node_id(worker.node_id);
    peer.set_address(worker.address);
    peer.mutable_shards()->Add(worker.shards.begin(), worker.shards.end());
  }
  return proto;
}

// Adds one worker's last message to the whole.
absl::Status Merge(const pbi::ConductRunResponse& part, ConductOutcome& whole) {
  whole.processing_seconds = std::max(whole.processing_seconds, part.processing_seconds());
  whole.exchange_bytes += part.exchange_bytes();
  whole.links_touched += part.links_touched();
  std::vector<LaneOutcome> lanes;
  for (const pbi::LaneRow& row : part.lanes()) {
    LAWINE_ASSIGN_OR_RETURN(lanes.emplace_back(), wire::FromProto(row));
  }
  return MergeLanes(lanes, whole.lanes);
}

// The sums by step must be those of the replicas.
absl::Status CheckSteps(const RunPlan& plan, const ConductOutcome& outcome) {
  StepCounts by_step;
  for (const StepCounts& counts : outcome.steps) AddTo(counts, by_step);
  StepCounts by_replica = {.step = by_step.step};
  for (const LaneOutcome& lane : outcome.lanes) {
    by_replica.deliveries += lane.deliveries;
    by_replica.first_receipts += lane.reach;
    by_replica.forwards += lane.forwards;
  }
  if (by_step == by_replica && outcome.lanes.size() == plan.spec.replicas) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("a worker reports ", by_step.deliveries, " deliveries by step and ",
                                          by_replica.deliveries, " in ", outcome.lanes.size(),
                                          " replicas: the result cannot be trusted"));
}

// Reads one worker's progress and outcome.
using Report = std::function<void(const pbi::ConductRunResponse&)>;
absl::Status Follow(WorkerCall& call, const Report& report, pbi::ConductRunResponse& last) {
  pbi::ConductRunResponse response;
  while (call.Read(response)) {
    if (report != nullptr) report(response);
    if (response.done()) last = response;
  }
  LAWINE_RETURN_IF_ERROR(call.Finish());
  return last.done() ? absl::OkStatus() : absl::InternalError("a worker ended its part early");
}

// The failure that caused the others: those that were only told to stop say CANCELLED.
void KeepCause(absl::Status status, absl::Status& cause) {
  if (status.ok()) return;
  if (cause.ok() || (absl::IsCancelled(cause) && !absl::IsCancelled(status))) cause = std::move(status);
}

absl::Status PrepareAll(const RunPlan& plan, const Placement& placement,
                        std::vector<std::unique_ptr<WorkerCall>>& calls, ConductOutcome& outcome) {
  pbi::ConductRunRequest request;
  *request.mutable_plan() = BasePlan(plan, placement);
  for (std::size_t w = 0; w < calls.size(); ++w) {
    request.mutable_plan()->set_own_node_id(placement.workers[w].node_id);
    request.mutable_plan()->set_report_steps(w == 0);
    calls[w]->Send(request);  // a failure shows when reading
  }
  pbi::ConductRunResponse response;
  for (const auto& call : calls) {
    if (!call->Read(response) || !response.prepared()) {
      LAWINE_RETURN_IF_ERROR(call->Finish());
      return absl::InternalError("a worker ended its part before it began");
    }
    outcome.load_seconds = std::max(outcome.load_seconds, response.load_seconds());
    outcome.links_on_disk += response.links_on_disk();
    outcome.partly_in_memory = outcome.partly_in_memory || response.partly_in_memory();
  }
  request.set_start(true);
  for (const auto& call : calls) call->Send(request);
  return absl::OkStatus();
}

}  // namespace

void Cancellation::Cancel() {
  MutexLock lock(mutex_);
  cancelled_ = true;
  for (grpc::ClientContext* context : contexts_) context->TryCancel();
}

bool Cancellation::cancelled() const {
  MutexLock lock(mutex_);
  return cancelled_;
}

void Cancellation::Add(grpc::ClientContext* context) {
  MutexLock lock(mutex_);
  contexts_.insert(context);
  if (cancelled_) context->TryCancel();
}

void Cancellation::Remove(grpc::ClientContext* context) {
  MutexLock lock(mutex_);
  contexts_.erase(context);
}

absl::StatusOr<ConductOutcome> ConductRun(const RunPlan& plan, const Placement& placement,
                                          absl::Duration timeout, const RunWatch& watch,
                                          Cancellation& cancellation) {
  if (cancellation.cancelled()) return absl::CancelledError("the run was cancelled");
  const absl::Time deadline = absl::Now() + timeout;
  std::vector<std::unique_ptr<WorkerCall>> calls;
  for (const WorkerHandle& worker : placement.workers) {
    calls.push_back(std::make_unique<WorkerCall>(worker, deadline, cancellation));
  }
  ConductOutcome outcome;
  LAWINE_RETURN_IF_ERROR(PrepareAll(plan, placement, calls, outcome));
  std::vector<pbi::ConductRunResponse> lasts(calls.size());
  absl::Status cause;
  Mutex mutex;
  const Report nobody;
  const Report note = [&](const pbi::ConductRunResponse& response) {
    for (const pbi::StepRow& row : response.steps()) {
      outcome.steps.push_back(wire::FromProto(row));
      if (plan.spec.replicas == 1) watch.step(outcome.steps.back());
    }
    if (response.replicas_done() > 0) watch.replicas_done(response.replicas_done());
  };
  const auto follow = [&](std::size_t w) {
    absl::Status status = Follow(*calls[w], w == 0 ? note : nobody, lasts[w]);
    if (status.ok()) return;
    {
      MutexLock lock(mutex);
      KeepCause(std::move(status), cause);
    }
    cancellation.Cancel();
  };
  std::vector<std::future<void>> others;
  for (std::size_t w = 1; w < calls.size(); ++w) others.push_back(std::async(std::launch::async, follow, w));
  follow(0);
  for (auto& other : others) other.get();
  LAWINE_RETURN_IF_ERROR(cause);
  for (const auto& last : lasts) LAWINE_RETURN_IF_ERROR(Merge(last, outcome));
  LAWINE_RETURN_IF_ERROR(CheckSteps(plan, outcome));
  return outcome;
}

}  // namespace lawine
