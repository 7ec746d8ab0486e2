// What several workers answer in streams, read as one. The calls themselves are in worker_streams.h.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_ANSWERS_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_ANSWERS_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// A message of a worker, or the end of its call.
template <class Response>
struct WorkerEvent {
  std::size_t worker = 0;
  std::optional<Response> message = {};
  absl::Status status = {};  // at the end; of a failure, with the worker named
};

// What has come and was not read yet. Calls write, from gRPC's threads; one thread reads.
template <class Response>
class WorkerAnswers {
 public:
  using Event = WorkerEvent<Response>;

  // A call to each worker of `placement` follows. They end with `cancellation`, and when shards are to move.
  WorkerAnswers(const Placement& placement, Cancellation& cancellation)
      : placement_(placement), cancellation_(cancellation), going_on_(placement.workers.size()) {}

  const Placement& placement() const { return placement_; }

  void Begun(grpc::ClientContext& context) {
    cancellation_.Add(&context);
    if (placement_.lease != nullptr) placement_.lease->Add(&context);
  }
  void Said(std::size_t worker, Response message) {
    MutexLock lock(mutex_);
    Push({.worker = worker, .message = std::move(message)});
  }
  void Ended(std::size_t worker, grpc::ClientContext& context, const grpc::Status& status) {
    cancellation_.Remove(&context);
    if (placement_.lease != nullptr) placement_.lease->Remove(&context);
    MutexLock lock(mutex_);
    --going_on_;
    Push({.worker = worker, .status = placement_.workers[worker].PartSaid(status)});
  }

  // Waits for what comes next; nothing when all calls have ended and were told of.
  std::optional<Event> Next() {
    MutexLock lock(mutex_);
    while (events_.empty() && going_on_ > 0) changed_.Wait(mutex_);
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

 private:
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
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_ANSWERS_H_
