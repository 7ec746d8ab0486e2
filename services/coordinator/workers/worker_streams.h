// A question to every worker of a graph at the same time, each answered by a stream; read as one, cancelled
// together. Where workers are told more meanwhile see worker_calls.h.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_STREAMS_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_STREAMS_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_answers.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// The reading half of a call. `Reactor`: gRPC's, of a call that Response messages answer.
template <class Reactor, class Response>
class AnsweredCall : public Reactor {
 public:
  AnsweredCall(WorkerAnswers<Response>& answers, std::size_t worker) : answers_(answers), worker_(worker) {}

  // Calls begin(stub, context), once.
  template <class Begin>
  void Start(absl::Time deadline, Begin&& begin) {
    context_.set_deadline(absl::ToChronoTime(deadline));
    answers_.Begun(context_);
    begin(*answers_.placement().workers[worker_].stub->async(), context_);
    this->AddHold();  // what follows comes from other threads than gRPC's
    this->StartRead(&response_);
    this->StartCall();
  }
  void Cancel() { context_.TryCancel(); }
  // The message before has been read.
  void ReadNext() { this->StartRead(&response_); }

  void OnReadDone(bool ok) override {
    if (ok) {
      answers_.Said(worker_, std::exchange(response_, {}));
    } else {
      this->RemoveHold();
    }
  }
  void OnDone(const grpc::Status& status) override { answers_.Ended(worker_, context_, status); }

 private:
  WorkerAnswers<Response>& answers_;
  const std::size_t worker_;
  grpc::ClientContext context_;
  Response response_;
};

// One thread reads. Driven by gRPC's own threads; at most one message of each worker waits to be read. The
// destructor cancels calls that go on and waits for their end. `Call` is an AnsweredCall.
template <class Call, class Response>
class WorkerStreams {
 public:
  using Answer = Response;
  using Event = WorkerEvent<Response>;

  // `placement` must outlive this. start(call) starts each.
  template <class Start>
  WorkerStreams(const Placement& placement, Cancellation& cancellation, Start&& start)
      : answers_(placement, cancellation) {
    for (std::size_t w = 0; w < placement.workers.size(); ++w) {
      calls_.push_back(std::make_unique<Call>(answers_, w));
    }
    for (const auto& call : calls_) start(*call);
  }
  ~WorkerStreams() {
    for (const auto& call : calls_) call->Cancel();
    while (Next().has_value()) {
    }
  }
  WorkerStreams(const WorkerStreams&) = delete;
  WorkerStreams& operator=(const WorkerStreams&) = delete;

  std::size_t size() const { return calls_.size(); }
  const WorkerHandle& worker(std::size_t w) const { return answers_.placement().workers[w]; }

  // Waits for what comes next from any worker; nothing when all calls have ended and were told of.
  std::optional<Event> Next() {
    std::optional<Event> event = answers_.Next();
    if (event.has_value() && event->message.has_value()) calls_[event->worker]->ReadNext();
    return event;
  }

 protected:
  Call& call(std::size_t w) { return *calls_[w]; }

 private:
  WorkerAnswers<Response> answers_;
  std::vector<std::unique_ptr<Call>> calls_;
};

// The same question to all, each answered by a stream.
template <class Request, class Response>
class WorkerReads
    : public WorkerStreams<AnsweredCall<grpc::ClientReadReactor<Response>, Response>, Response> {
  using Base = WorkerStreams<AnsweredCall<grpc::ClientReadReactor<Response>, Response>, Response>;

 public:
  using Reactor = grpc::ClientReadReactor<Response>;
  using Method = void (WorkerStub::*)(grpc::ClientContext*, const Request*, Reactor*);

  // `request` must outlive this, too.
  WorkerReads(const Placement& placement, Method method, const Request& request, absl::Time deadline,
              Cancellation& cancellation)
      : Base(placement, cancellation, [&](auto& call) {
          call.Start(deadline, [&](WorkerStub& stub, grpc::ClientContext& context) {
            (stub.*method)(&context, &request, &call);
          });
        }) {}
};

// take(message) of all that workers say until they have ended; the first failure, theirs or of take, ends
// all.
template <class Calls, class Take>
absl::Status TakeAll(Calls& calls, Cancellation& cancellation, Take&& take) {
  SharedEnd end(cancellation);
  while (auto event = calls.Next()) {
    if (!event->message.has_value()) {
      end.Note(event->status);
    } else if (end.cause().ok()) {
      end.Note(take(*event->message));
    }
  }
  return end.cause();
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_STREAMS_H_
