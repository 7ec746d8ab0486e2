#include "bench/services/call_rounds.h"

#include <algorithm>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"

namespace lawine::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

absl::Status SameAnswer(std::uint64_t deliveries, const std::string& digest, CallerRecord& known) {
  if (known.digest.empty()) {
    known.deliveries = deliveries;
    known.digest = digest;
  }
  if (known.digest == digest && known.deliveries == deliveries) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("expected digest ", known.digest, " and ", known.deliveries,
                                          " deliveries from every call, found ", digest, " and ",
                                          deliveries));
}

// Answers of calls that are under way. Thread-safe.
class Answers {
 public:
  // False after a failure.
  bool Begin() {
    MutexLock lock(mutex_);
    if (!record_.status.ok()) return false;
    ++in_flight_;
    return true;
  }
  void End(const CallAnswer& answer, SteadyClock::time_point due) {
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - due).count();
    MutexLock lock(mutex_);
    if (answer.status.ok()) {
      record_.seconds.push_back(seconds);
      record_.status.Update(SameAnswer(answer.deliveries, answer.digest, record_));
    } else if (absl::IsResourceExhausted(answer.status)) {
      ++record_.refused;
    } else {
      record_.status.Update(answer.status);
    }
    if (--in_flight_ == 0) all_ended_.NotifyAll();
  }
  CallerRecord Wait() {
    MutexLock lock(mutex_);
    while (in_flight_ > 0) all_ended_.Wait(mutex_);
    return record_;
  }

 private:
  Mutex mutex_;
  CondVar all_ended_;
  std::size_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  CallerRecord record_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

CallerRecord CallInRounds(const CallTimes& times, const BeginCall& begin) {
  Answers answers;
  for (std::uint32_t round = 0; round < times.count; ++round) {
    const SteadyClock::time_point due = times.first + round * times.interval;
    std::this_thread::sleep_until(due);
    if (!answers.Begin()) break;
    begin([&answers, due](const CallAnswer& answer) { answers.End(answer, due); });
  }
  return answers.Wait();
}

absl::StatusOr<CallerRecord> Together(const std::vector<CallerRecord>& callers) {
  CallerRecord all;
  for (const CallerRecord& caller : callers) {
    LAWINE_RETURN_IF_ERROR(caller.status);
    all.seconds.insert(all.seconds.end(), caller.seconds.begin(), caller.seconds.end());
    all.refused += caller.refused;
    // Who was refused every time has no answer that could differ.
    if (caller.seconds.empty()) continue;
    LAWINE_RETURN_IF_ERROR(SameAnswer(caller.deliveries, caller.digest, all));
  }
  if (all.seconds.empty()) {
    return absl::ResourceExhaustedError("expected answers, found every call refused");
  }
  std::sort(all.seconds.begin(), all.seconds.end());
  return all;
}

double Quantile(const std::vector<double>& sorted, double q) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
}

}  // namespace lawine::bench
