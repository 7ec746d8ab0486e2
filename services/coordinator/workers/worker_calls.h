// The calls of one run or of traffic: a stream each way to every worker, read as one, cancelled together.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_CALLS_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_CALLS_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// One thread may send while another reads. Driven by gRPC's own threads; at most one message of each worker
// waits to be read. The destructor cancels calls that go on and waits for their end.
template <class Request, class Response>
class WorkerCalls {
 public:
  using Answer = Response;
  using Reactor = grpc::ClientBidiReactor<Request, Response>;
  using Method = void (WorkerStub::*)(grpc::ClientContext*, Reactor*);
  // A message of a worker, or the end of its call.
  struct Event {
    std::size_t worker = 0;
    std::optional<Response> message;
    absl::Status status;  // at the end; of a failure, with the worker named
  };

  // `placement` must outlive this.
  WorkerCalls(const Placement& placement, Method method, absl::Time deadline, Cancellation& cancellation)
      : placement_(placement), cancellation_(cancellation), going_on_(placement.workers.size()) {
    for (std::size_t w = 0; w < placement.workers.size(); ++w) {
      calls_.push_back(std::make_unique<Call>(*this, w));
      calls_[w]->Start(*placement.workers[w].stub, method, deadline);
    }
  }
  ~WorkerCalls() {
    for (const auto& call : calls_) call->Cancel();
    while (Next().has_value()) {
    }
  }
  WorkerCalls(const WorkerCalls&) = delete;
  WorkerCalls& operator=(const WorkerCalls&) = delete;

  std::size_t size() const { return calls_.size(); }
  const WorkerHandle& worker(std::size_t w) const { return placement_.workers[w]; }

  // Waits while the message before is on its way. False when the call has ended; Next says why.
  bool Send(std::size_t w, const Request& request) { return calls_[w]->Send(request); }

  // Waits for what comes next from any worker; nothing when all calls have ended and were told of.
  std::optional<Event> Next() {
    MutexLock lock(mutex_);
    while (events_.empty() && going_on_ > 0) changed_.Wait(mutex_);
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    if (event.message.has_value()) calls_[event.worker]->ReadNext();
    return event;
  }

 private:
  class Call final : public Reactor {
   public:
    Call(WorkerCalls& calls, std::size_t worker) : calls_(calls), worker_(worker) {}

    void Start(internal::v1::WorkerService::Stub& stub, Method method, absl::Time deadline) {
      context_.set_deadline(absl::ToChronoTime(deadline));
      context_.set_initial_metadata_corked(true);  // leaves with the first message
      calls_.cancellation_.Add(&context_);
      if (calls_.placement_.lease != nullptr) calls_.placement_.lease->Add(&context_);
      (stub.async()->*method)(&context_, this);
      this->AddHold();  // messages come from other threads than gRPC's
      this->StartRead(&response_);
      this->StartCall();
    }
    void Cancel() { context_.TryCancel(); }
    void ReadNext() { this->StartRead(&response_); }
    bool Send(const Request& request) {
      MutexLock lock(calls_.mutex_);
      while (writing_ && !ended_) calls_.changed_.Wait(calls_.mutex_);
      if (ended_) return false;
      writing_ = true;
      request_ = request;
      this->StartWrite(&request_);
      return true;
    }

    void OnWriteDone(bool) override {
      MutexLock lock(calls_.mutex_);
      writing_ = false;
      calls_.changed_.NotifyAll();
    }
    void OnReadDone(bool ok) override {
      MutexLock lock(calls_.mutex_);
      if (ok) {
        calls_.Push({.worker = worker_, .message = std::exchange(response_, {}), .status = {}});
        return;
      }
      ended_ = true;
      calls_.changed_.NotifyAll();
      this->RemoveHold();
    }
    void OnDone(const grpc::Status& status) override {
      calls_.cancellation_.Remove(&context_);
      if (calls_.placement_.lease != nullptr) calls_.placement_.lease->Remove(&context_);
      MutexLock lock(calls_.mutex_);
      --calls_.going_on_;
      calls_.Push({.worker = worker_, .message = {}, .status = calls_.worker(worker_).PartSaid(status)});
    }

   private:
    WorkerCalls& calls_;
    const std::size_t worker_;
    grpc::ClientContext context_;
    Request request_;
    Response response_;
    bool writing_ = false;  // guarded by calls_.mutex_, as is ended_
    bool ended_ = false;
  };

  void Push(Event event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    events_.push_back(std::move(event));
    changed_.NotifyAll();
  }

  const Placement& placement_;
  Cancellation& cancellation_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Event> events_ ABSL_GUARDED_BY(mutex_);
  std::size_t going_on_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Call>> calls_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_CALLS_H_
