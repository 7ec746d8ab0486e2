// Calls that take long: at most some at once, and ended when the caller leaves.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_CALL_GUARD_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_CALL_GUARD_H_

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "services/common/errors.h"
#include "services/common/steady_time.h"
#include "services/coordinator/workers/cancellation.h"

namespace lawine {

// While it lives, notices a caller that leaves while workers are busy.
class CallGuard {
 public:
  // `failure_kept`: this long after a cancellation the call itself is cancelled, for one that waits for what
  // its caller sends would not end.
  CallGuard(grpc::ServerContext& context, Cancellation& cancellation,
            absl::Duration failure_kept = absl::InfiniteDuration())
      : thread_(
            [this, &context, &cancellation, failure_kept] { Watch(context, cancellation, failure_kept); }) {}
  ~CallGuard() {
    {
      MutexLock lock(mutex_);
      over_ = true;
      changed_.NotifyAll();
    }
    thread_.join();
  }
  CallGuard(const CallGuard&) = delete;
  CallGuard& operator=(const CallGuard&) = delete;

 private:
  static constexpr absl::Duration kEvery = absl::Milliseconds(50);

  void Watch(grpc::ServerContext& context, Cancellation& cancellation, absl::Duration failure_kept) {
    SteadyTime failed = SteadyTime::Never();
    MutexLock lock(mutex_);
    for (; !over_; changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(kEvery))) {
      if (context.IsCancelled()) cancellation.Cancel();
      if (cancellation.cancelled()) failed = std::min(failed, SteadyNow());
      if (SteadyNow() - failed > failure_kept) context.TryCancel();
    }
  }

  Mutex mutex_;
  CondVar changed_;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the others
};

// Counts a call while it lives.
class GoingOn {
 public:
  explicit GoingOn(std::atomic<std::uint32_t>& count) : count_(count), number_(++count) {}
  ~GoingOn() { --count_; }
  GoingOn(const GoingOn&) = delete;
  GoingOn& operator=(const GoingOn&) = delete;
  // Calls going on when this one began, itself included.
  std::uint32_t number() const { return number_; }

 private:
  std::atomic<std::uint32_t>& count_;
  const std::uint32_t number_;
};

// Busy when `call` is one too many. `what`: what at_once_max of them are called, "backups and restores".
inline absl::Status CheckRoom(const GoingOn& call, std::uint32_t at_once_max, std::string_view what) {
  if (call.number() <= at_once_max) return absl::OkStatus();
  return Busy(absl::StrCat(at_once_max, " ", absl::string_view(what.data(), what.size()),
                           " are going on already: try again later"));
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_CALL_GUARD_H_
