// Questions to several workers at once.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_FAN_OUT_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_FAN_OUT_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/rpc.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

template <class Request, class Response>
using WorkerMethod = void (WorkerStub::*)(grpc::ClientContext*, const Request*, Response*,
                                          std::function<void(grpc::Status)>);

// Asks each worker a question of its own, all at the same time, and waits for all; their answers in the same
// order. Returns the failure of the first worker that has one, with the worker named. A worker may come
// several times. `request_of(w)` must stay where it is. CANCELLED when one of `ends` is, of those that are
// there.
template <class Request, class Response, class RequestOf>
absl::StatusOr<std::vector<Response>> AskBy(std::span<const WorkerHandle> workers,
                                            WorkerMethod<Request, Response> method, RequestOf&& request_of,
                                            absl::Duration timeout,
                                            std::initializer_list<Cancellation*> ends = {}) {
  Mutex mutex;
  CondVar changed;
  std::size_t waiting = workers.size();
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<grpc::Status> statuses(workers.size());
  std::vector<Response> answers(workers.size());
  for (std::size_t w = 0; w < workers.size(); ++w) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    SetDeadline(*contexts[w], timeout);
    (workers[w].stub->async()->*method)(contexts[w].get(), request_of(w), &answers[w],
                                        [&, w](grpc::Status status) {
                                          MutexLock lock(mutex);
                                          statuses[w] = std::move(status);
                                          --waiting;
                                          changed.NotifyAll();
                                        });
    for (Cancellation* end : ends) {
      if (end != nullptr) end->Add(contexts[w].get());
    }
  }
  {
    MutexLock lock(mutex);
    while (waiting > 0) changed.Wait(mutex);
  }
  bool cancelled = false;
  for (Cancellation* end : ends) {
    if (end == nullptr) continue;
    for (const auto& context : contexts) end->Remove(context.get());
    cancelled = cancelled || end->cancelled();
  }
  if (cancelled) return absl::CancelledError("the caller is gone");
  for (std::size_t w = 0; w < workers.size(); ++w) LAWINE_RETURN_IF_ERROR(workers[w].Said(statuses[w]));
  return answers;
}

// `requests` are parallel to `workers`.
template <class Request, class Response>
absl::StatusOr<std::vector<Response>> AskEach(std::span<const WorkerHandle> workers,
                                              WorkerMethod<Request, Response> method,
                                              const std::vector<Request>& requests, absl::Duration timeout) {
  return AskBy(
      workers, method, [&requests](std::size_t w) { return &requests[w]; }, timeout);
}

// The same question to all.
template <class Request, class Response>
absl::StatusOr<std::vector<Response>> AskAll(std::span<const WorkerHandle> workers,
                                             WorkerMethod<Request, Response> method, const Request& request,
                                             absl::Duration timeout,
                                             std::initializer_list<Cancellation*> ends = {}) {
  return AskBy(
      workers, method, [&request](std::size_t) { return &request; }, timeout, ends);
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_FAN_OUT_H_
