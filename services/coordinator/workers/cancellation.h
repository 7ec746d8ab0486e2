// Calls that end together: on request, or because one of them failed.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_CANCELLATION_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_CANCELLATION_H_

#include <grpcpp/grpcpp.h>

#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"

namespace lawine {

// Ends calls from another thread. Thread-safe.
class Cancellation {
 public:
  Cancellation() = default;
  // Cancelled with `whole` too, which must outlive it; `whole` is not cancelled with it.
  explicit Cancellation(Cancellation& whole);
  ~Cancellation();
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  void Cancel();
  bool cancelled() const;
  // As new. REQUIRES: no call and no part is registered.
  void Reset();
  // Registers a call while it lasts; cancels it at once when that was asked for already.
  void Add(grpc::ClientContext* context);
  void Remove(grpc::ClientContext* context);

 private:
  mutable Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mutex_);
  std::set<Cancellation*> parts_ ABSL_GUARDED_BY(mutex_);
  Cancellation* const whole_ = nullptr;
};

// Returns after `time`, or soon after a cancellation.
void SleepUnlessCancelled(absl::Duration time, const Cancellation& cancellation);

// How the calls of one run end. The first failure ends them all. Thread-safe.
class SharedEnd {
 public:
  explicit SharedEnd(Cancellation& cancellation) : cancellation_(cancellation) {}

  void Note(absl::Status status) {
    if (status.ok()) return;
    {
      MutexLock lock(mutex_);
      const bool causes_more = absl::IsCancelled(cause_) && !absl::IsCancelled(status);
      if (cause_.ok() || causes_more) cause_ = std::move(status);
    }
    cancellation_.Cancel();
  }
  // The failure that caused the others: those that were only told to stop say CANCELLED.
  absl::Status cause() const {
    MutexLock lock(mutex_);
    return cause_;
  }

 private:
  Cancellation& cancellation_;
  mutable Mutex mutex_;
  absl::Status cause_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_CANCELLATION_H_
