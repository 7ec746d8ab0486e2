// What the coordinator has begun here is ended when the coordinator is not heard of any more.
//
// A coordinator that is gone takes its connections with it, and the calls on them end. One that hangs on a
// machine that answers may keep both: its calls would hold a thread, a graph and memory until it is stopped.
#ifndef LAWINE_SERVICES_WORKER_COORDINATOR_WATCH_H_
#define LAWINE_SERVICES_WORKER_COORDINATOR_WATCH_H_

#include <grpcpp/server_context.h>

#include <cstddef>
#include <functional>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"

namespace lawine {

// Thread-safe.
class CoordinatorWatch {
 public:
  // Six times as long as it waits for a word of a worker (WorkerDirectory::kAliveFor).
  static constexpr absl::Duration kSilentMax = absl::Seconds(30);
  // Beside that, in a row: clocks may be set, and machines may sleep.
  static constexpr int kMissesMin = 3;

  // One of its calls, while it lives.
  class Call {
   public:
    // `end`: any thread, any number of times; makes the call end soon. A call is a sign of life.
    Call(CoordinatorWatch& watch, std::function<void()> end, absl::Time now)
        : watch_(watch), end_(std::move(end)) {
      watch_.Heard(now);
      MutexLock lock(watch_.mutex_);
      watch_.calls_.insert(this);
    }
    Call(CoordinatorWatch& watch, grpc::ServerContext& context)
        : Call(
              watch, [&context] { context.TryCancel(); }, absl::Now()) {}
    ~Call() {
      MutexLock lock(watch_.mutex_);
      watch_.calls_.erase(this);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    friend class CoordinatorWatch;
    CoordinatorWatch& watch_;
    const std::function<void()> end_;
  };

  // It has answered.
  void Heard(absl::Time now) {
    MutexLock lock(mutex_);
    heard_ = now;
    misses_ = 0;
  }
  // It was asked for an answer and gave none. Ends all of its calls when it has said nothing for longer than
  // kSilentMax and kMissesMin times; returns how many.
  std::size_t Missed(absl::Time now) {
    MutexLock lock(mutex_);
    if (++misses_ < kMissesMin || now - heard_ <= kSilentMax) return 0;
    for (const Call* call : calls_) call->end_();
    return calls_.size();
  }

 private:
  Mutex mutex_;
  absl::Time heard_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int misses_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<Call*> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_COORDINATOR_WATCH_H_
