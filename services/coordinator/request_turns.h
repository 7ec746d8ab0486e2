// Retries of one request, one after the other.
#ifndef LAWINE_SERVICES_COORDINATOR_REQUEST_TURNS_H_
#define LAWINE_SERVICES_COORDINATOR_REQUEST_TURNS_H_

#include <set>
#include <string>

#include "engine/base/mutex.h"

namespace lawine {

// Calls with the same request id take turns, so that a retry finds what the call before it has made.
// Thread-safe.
class RequestTurns {
 public:
  // Waits for its turn; an empty id waits for nobody.
  class Turn {
   public:
    Turn(RequestTurns& turns, const std::string& id) : turns_(turns), id_(id) {
      MutexLock lock(turns_.mutex_);
      while (!id_.empty() && !turns_.busy_.insert(id_).second) turns_.changed_.Wait(turns_.mutex_);
    }
    ~Turn() {
      MutexLock lock(turns_.mutex_);
      turns_.busy_.erase(id_);
      turns_.changed_.NotifyAll();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    RequestTurns& turns_;
    const std::string id_;
  };

 private:
  Mutex mutex_;
  CondVar changed_;
  std::set<std::string> busy_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_REQUEST_TURNS_H_
