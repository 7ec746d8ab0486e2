// Something done again and again beside the rest.
#ifndef LAWINE_SERVICES_COMMON_REPEATING_H_
#define LAWINE_SERVICES_COMMON_REPEATING_H_

#include <functional>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "engine/base/mutex.h"

namespace lawine {

// Calls `act` on a thread of its own every `every`, until it is destroyed; the destructor waits for a call
// that goes on.
class Repeating {
 public:
  Repeating(absl::Duration every, std::function<void()> act)
      : every_(every), act_(std::move(act)), thread_([this] { Run(); }) {}
  ~Repeating() {
    {
      MutexLock lock(mutex_);
      over_ = true;
      changed_.NotifyAll();
    }
    thread_.join();
  }
  Repeating(const Repeating&) = delete;
  Repeating& operator=(const Repeating&) = delete;

 private:
  void Run() {
    for (;;) {
      {
        MutexLock lock(mutex_);
        if (!over_) changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(every_));
        if (over_) return;
      }
      act_();
    }
  }

  const absl::Duration every_;
  const std::function<void()> act_;
  Mutex mutex_;
  CondVar changed_;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_REPEATING_H_
