// One at a time for each key.
#ifndef LAWINE_SERVICES_COMMON_TURNS_H_
#define LAWINE_SERVICES_COMMON_TURNS_H_

#include <set>
#include <string>

#include "engine/base/mutex.h"

namespace lawine {

// Those who do something about the same key take turns; different keys do not wait for each other.
// Thread-safe.
class Turns {
 public:
  // Waits for its turn, holds it while it lives. An empty key waits for nobody.
  class Turn {
   public:
    Turn(Turns& turns, std::string key) : turns_(turns), key_(std::move(key)) {
      MutexLock lock(turns_.mutex_);
      while (!key_.empty() && !turns_.busy_.insert(key_).second) turns_.changed_.Wait(turns_.mutex_);
    }
    ~Turn() {
      MutexLock lock(turns_.mutex_);
      turns_.busy_.erase(key_);
      turns_.changed_.NotifyAll();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Turns& turns_;
    const std::string key_;
  };

 private:
  Mutex mutex_;
  CondVar changed_;
  std::set<std::string> busy_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_TURNS_H_
