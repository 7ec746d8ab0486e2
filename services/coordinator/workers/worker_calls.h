// A stream each way to every worker of a graph, such as those of one run or of traffic; see worker_streams.h.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_CALLS_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_CALLS_H_

#include <grpcpp/grpcpp.h>

#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"
#include "services/coordinator/workers/worker_streams.h"

namespace lawine {

// The sending half of a call, beside the reading one.
template <class Request, class Response>
class TalkingCall final : public AnsweredCall<grpc::ClientBidiReactor<Request, Response>, Response> {
  using Base = AnsweredCall<grpc::ClientBidiReactor<Request, Response>, Response>;

 public:
  using Base::Base;

  bool Send(const Request& request) {
    MutexLock lock(mutex_);
    if (!WaitToWrite()) return false;
    writing_ = true;
    request_ = request;
    this->StartWrite(&request_);
    return true;
  }
  void EndSends() {
    MutexLock lock(mutex_);
    if (WaitToWrite()) this->StartWritesDone();
  }

  void OnWriteDone(bool) override {
    MutexLock lock(mutex_);
    writing_ = false;
    changed_.NotifyAll();
  }
  void OnReadDone(bool ok) override {
    if (!ok) {
      MutexLock lock(mutex_);
      ended_ = true;
      changed_.NotifyAll();
    }
    Base::OnReadDone(ok);
  }

 private:
  bool WaitToWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (writing_ && !ended_) changed_.Wait(mutex_);
    return !ended_;
  }

  Mutex mutex_;
  CondVar changed_;
  Request request_;  // while it is written
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// One thread may send while another reads.
template <class Request, class Response>
class WorkerCalls : public WorkerStreams<TalkingCall<Request, Response>, Response> {
  using Base = WorkerStreams<TalkingCall<Request, Response>, Response>;

 public:
  using Reactor = grpc::ClientBidiReactor<Request, Response>;
  using Method = void (WorkerStub::*)(grpc::ClientContext*, Reactor*);

  WorkerCalls(const Placement& placement, Method method, absl::Time deadline, Cancellation& cancellation)
      : Base(placement, cancellation, [&](auto& call) {
          call.Start(deadline, [&](WorkerStub& stub, grpc::ClientContext& context) {
            context.set_initial_metadata_corked(true);  // leaves with the first message
            (stub.*method)(&context, &call);
          });
        }) {}

  // Waits while the message before is on its way. False when the call has ended; Next says why.
  bool Send(std::size_t w, const Request& request) { return this->call(w).Send(request); }
  // Nothing follows.
  void EndSends(std::size_t w) { this->call(w).EndSends(); }
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_CALLS_H_
