// Keeps a worker known to its coordinator.
#ifndef LAWINE_SERVICES_WORKER_REGISTRATION_H_
#define LAWINE_SERVICES_WORKER_REGISTRATION_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/certificates.h"
#include "services/worker/coordinator_watch.h"

namespace lawine {

// Registers on a thread of its own, again and again, from construction until Stop. Thread-safe.
class Registration {
 public:
  // `say` makes what to say each time; `watch` is told whether it was answered, and outlives this.
  // `certificates` may be null: plain text.
  Registration(std::string coordinator, std::shared_ptr<Certificates> certificates, CoordinatorWatch& watch,
               std::function<internal::v1::RegisterRequest()> say);
  ~Registration() { Join(); }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  // It is not heard of any more: what it is just saying is broken off. Waits for nothing.
  void Stop();
  // Stops, and waits for its thread: a moment, or until why it was refused is known.
  void Join();
  bool connected() const;
  // PERMISSION_DENIED while the coordinator, which is there, refuses this worker's certificate, or the worker
  // the coordinator's; FAILED_PRECONDITION while it refuses this version of the programs, or knows another
  // process with this node id, or says twice that shards here are not of the graphs that it means; OK also
  // while nobody answers.
  absl::Status Refusal() const;

 private:
  void Run();
  void Heard(const grpc::Status& status, const internal::v1::RegisterResponse& response);
  void TellWatch(const absl::Status& heard);
  absl::Status Explained(const grpc::Status& status);
  bool Sleep(absl::Duration time);
  // Around each call; false when it is time to stop.
  bool BeginCall(grpc::ClientContext& context);
  bool EndCall();

  const std::string coordinator_;
  const std::shared_ptr<Certificates> certificates_;
  CoordinatorWatch& watch_;
  const std::function<internal::v1::RegisterRequest()> say_;
  absl::Time explained_ = absl::InfinitePast();  // of the thread, as is `why_`
  absl::Status why_;
  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* calling_ ABSL_GUARDED_BY(mutex_) = nullptr;  // of the call under way
  bool connected_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status last_ ABSL_GUARDED_BY(mutex_);
  // Of the last answer and the one before: what crosses a change of the graph on its way is said once.
  std::string strange_ ABSL_GUARDED_BY(mutex_);
  std::string strange_before_ ABSL_GUARDED_BY(mutex_);
  Mutex joining_;
  std::thread thread_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_REGISTRATION_H_
