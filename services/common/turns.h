// One at a time for each key.
#ifndef LAWINE_SERVICES_COMMON_TURNS_H_
#define LAWINE_SERVICES_COMMON_TURNS_H_

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "services/common/errors.h"
#include "services/common/steady_time.h"

namespace lawine {

// Those who do something about the same key take turns; different keys do not wait for each other.
// Thread-safe.
class Turns {
 public:
  // Whether nobody wants the turn any more. Thread-safe.
  using Gone = std::function<bool()>;
  // What was begun before and is given up notices that within seconds; what goes on may take hours.
  static constexpr absl::Duration kPatience = absl::Minutes(1);

  // Held while it lives.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), key_(std::move(other.key_)) {}
    ~Turn() {
      if (turns_ != nullptr) turns_->End(key_);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Turn& operator=(Turn&&) = delete;

   private:
    friend class Turns;
    Turn(Turns* turns, std::string key) : turns_(turns), key_(std::move(key)) {}

    Turns* turns_;  // null: nobody waits for it
    std::string key_;
  };

  // Waits for its turn. ABORTED when it has not come within `patience`, CANCELLED once it is `gone`. An empty
  // key waits for nobody.
  absl::StatusOr<Turn> Take(const std::string& key, const Gone& gone, absl::Duration patience = kPatience) {
    if (key.empty()) return Turn(nullptr, key);
    const SteadyTime end = SteadyNow() + patience;
    MutexLock lock(mutex_);
    while (!busy_.insert(key).second) {
      const absl::Duration left = end - SteadyNow();
      if (gone()) return absl::CancelledError("the caller is gone");
      if (left <= absl::ZeroDuration()) return StillGoingOn("the same");
      changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(std::min(left, kLookEvery)));
    }
    return Turn(this, key);
  }

 private:
  static constexpr absl::Duration kLookEvery = absl::Milliseconds(50);

  void End(const std::string& key) {
    MutexLock lock(mutex_);
    busy_.erase(key);
    changed_.NotifyAll();
  }

  Mutex mutex_;
  CondVar changed_;
  std::set<std::string> busy_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_TURNS_H_
