// When a worker's part in a run worked, and when it waited for the others.
#ifndef LAWINE_SERVICES_WORKER_RUNS_TURN_TIMES_H_
#define LAWINE_SERVICES_WORKER_RUNS_TURN_TIMES_H_

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lawine/v1/trace.pb.h"

namespace lawine {

// Two readings of the clock and at most kTurnsMax rows, so it is always on. One thread at a time.
class TurnTimes {
 public:
  static constexpr int kTurnsMax = 1'024;

  // The part begins. `bytes_sent`: before, by those who made the checkpoint that it begins at.
  explicit TurnTimes(std::uint64_t bytes_sent = 0)
      : start_(absl::Now()), last_end_(start_), bytes_sent_(bytes_sent) {
    *trace_.mutable_start_time() =
        google::protobuf::util::TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(start_));
  }

  // A turn begins: what was since the end of the last was waiting.
  void Begin() { begin_ = absl::Now(); }
  // It has ended; the numbers are the part's so far.
  void End(std::uint32_t steps_closed, std::uint32_t replicas_done, std::uint64_t bytes_sent) {
    const absl::Time end = absl::Now();
    trace_.set_waited_us(trace_.waited_us() + Microseconds(begin_ - last_end_));
    trace_.set_worked_us(trace_.worked_us() + Microseconds(end - begin_));
    if (trace_.turns_size() < kTurnsMax) {
      v1::TraceTurn& turn = *trace_.add_turns();
      turn.set_steps_closed(steps_closed);
      turn.set_replicas_done(replicas_done);
      turn.set_begin_us(Microseconds(begin_ - start_));
      turn.set_took_us(Microseconds(end - begin_));
      turn.set_sent_bytes(bytes_sent - bytes_sent_);
    } else {
      trace_.set_turns_left_out(trace_.turns_left_out() + 1);
    }
    bytes_sent_ = bytes_sent;
    last_end_ = end;
  }
  v1::WorkerTrace Of(const std::string& worker) const {
    v1::WorkerTrace trace = trace_;
    trace.set_worker(worker);
    return trace;
  }

 private:
  // A clock may be set back.
  static std::uint64_t Microseconds(absl::Duration time) {
    return static_cast<std::uint64_t>(absl::ToInt64Microseconds(std::max(time, absl::ZeroDuration())));
  }

  const absl::Time start_;
  absl::Time last_end_;
  absl::Time begin_;
  std::uint64_t bytes_sent_ = 0;
  v1::WorkerTrace trace_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_TURN_TIMES_H_
