// Calls that fail, in the log, by the request id that their callers were told.
#ifndef LAWINE_SERVICES_COORDINATOR_ACCESS_FAILURE_LOG_H_
#define LAWINE_SERVICES_COORDINATOR_ACCESS_FAILURE_LOG_H_

#include <grpcpp/support/status.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/mutex.h"
#include "services/common/steady_time.h"

namespace lawine {

// Callers that fail on purpose do not fill the log: of a second it has at most kLinesMax, and how many more
// there were. Thread-safe.
class FailureLog {
 public:
  static constexpr std::uint32_t kLinesMax = 20;

  struct Call {
    std::string_view method;
    std::string_view owner;  // name of the token; may be empty
    std::string_view request_id;
  };
  // One that failed, but for those whose callers gave them up, who know.
  void Note(const Call& call, const grpc::Status& status);

 private:
  // Whether there may be one more line now; how many there were too many of before it.
  bool MayTell(std::uint64_t& untold);

  Mutex mutex_;
  SteadyTime second_ ABSL_GUARDED_BY(mutex_);  // when it began
  std::uint32_t lines_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t untold_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_ACCESS_FAILURE_LOG_H_
