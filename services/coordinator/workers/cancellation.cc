#include "services/coordinator/workers/cancellation.h"

#include "absl/time/clock.h"
#include "engine/base/check.h"
#include "services/common/steady_time.h"

namespace lawine {

Cancellation::Cancellation(Cancellation& whole) : whole_(&whole) {
  MutexLock lock(whole.mutex_);
  whole.parts_.insert(this);
  if (whole.cancelled_) Cancel();
}

Cancellation::~Cancellation() {
  if (whole_ == nullptr) return;
  MutexLock lock(whole_->mutex_);
  whole_->parts_.erase(this);
}

void Cancellation::Cancel() {
  MutexLock lock(mutex_);
  cancelled_ = true;
  for (grpc::ClientContext* context : contexts_) context->TryCancel();
  for (Cancellation* part : parts_) part->Cancel();
}

void Cancellation::Reset() {
  MutexLock lock(mutex_);
  LAWINE_CHECK(contexts_.empty() && parts_.empty());
  cancelled_ = false;
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

void SleepUnlessCancelled(absl::Duration time, const Cancellation& cancellation) {
  const SteadyTime end = SteadyNow() + time;
  while (SteadyNow() < end && !cancellation.cancelled()) absl::SleepFor(absl::Milliseconds(10));
}

}  // namespace lawine
