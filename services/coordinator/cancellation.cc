#include "services/coordinator/cancellation.h"

namespace lawine {

void Cancellation::Cancel() {
  MutexLock lock(mutex_);
  cancelled_ = true;
  for (grpc::ClientContext* context : contexts_) context->TryCancel();
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

}  // namespace lawine
