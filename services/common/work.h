// What is done while its caller waits.
#ifndef LAWINE_SERVICES_COMMON_WORK_H_
#define LAWINE_SERVICES_COMMON_WORK_H_

#include <functional>
#include <utility>

#include "absl/status/statusor.h"

namespace lawine {

// Counts as going on while it lives.
class Work {
 public:
  // `end` is called once.
  explicit Work(std::function<void()> end) : end_(std::move(end)) {}
  Work(Work&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}
  ~Work() {
    if (end_ != nullptr) end_();
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  Work& operator=(Work&&) = delete;

 private:
  std::function<void()> end_;
};

// Of a call that works now and then: UNAVAILABLE while the process stops, RESOURCE_EXHAUSTED when as much
// goes on for this caller as may. Not after the call.
using BeginWork = std::function<absl::StatusOr<Work>()>;

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_WORK_H_
