// Where somebody waits for as long as a test wants.
#ifndef LAWINE_TESTS_SUPPORT_WAITING_GATE_H_
#define LAWINE_TESTS_SUPPORT_WAITING_GATE_H_

#include <chrono>

#include "engine/base/mutex.h"

namespace lawine {

// Thread-safe. Open at first.
class WaitingGate {
 public:
  void Close() {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  void Open() {
    MutexLock lock(mutex_);
    closed_ = false;
    changed_.NotifyAll();
  }
  // Waits until somebody waits there; false when nobody comes.
  bool AwaitSomebody() {
    MutexLock lock(mutex_);
    while (!waiting_ && changed_.WaitFor(mutex_, std::chrono::seconds(10))) continue;
    return waiting_;
  }
  // Waits while it is closed.
  void Pass() {
    MutexLock lock(mutex_);
    waiting_ = true;
    changed_.NotifyAll();
    while (closed_) changed_.Wait(mutex_);
    waiting_ = false;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_WAITING_GATE_H_
