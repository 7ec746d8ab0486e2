#include "engine/spread/local_traffic.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/spread/local_rounds.h"

namespace lawine {
namespace {

// Workers report from threads of their own.
class Collected {
 public:
  Collected(std::uint32_t workers_count, const std::function<void(const WaveOutcome&)>& when_whole)
      : collector_(workers_count, [&when_whole](const WaveOutcome& wave) {
          if (when_whole != nullptr) when_whole(wave);
          return absl::OkStatus();
        }) {}

  void Add(WaveOutcome part) {
    MutexLock lock(mutex_);
    added_.Update(collector_.Add(std::move(part)));
  }
  absl::StatusOr<TrafficOutcome> Outcome() {
    MutexLock lock(mutex_);
    LAWINE_RETURN_IF_ERROR(added_);
    LAWINE_CHECK(collector_.all_whole());
    return collector_.outcome();
  }

 private:
  Mutex mutex_;
  WaveCollector collector_ ABSL_GUARDED_BY(mutex_);
  absl::Status added_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<LocalTrafficOutcome> RunLocalTraffic(
    const WorkerShards& workers, const TrafficSpec& spec, const MakeWaves& make_waves, Executor& executor,
    const std::function<void(const WaveOutcome&)>& when_whole) {
  LAWINE_RETURN_IF_ERROR(CheckTrafficSpec(spec));
  const PartitionMap& partition = workers[0][0]->graph().partition;
  Collected collected(static_cast<std::uint32_t>(workers.size()), when_whole);
  std::vector<std::unique_ptr<WaveSource>> waves(workers.size());
  LocalRounds<TrafficMachine> rounds(workers.size(), [&](std::size_t w, TrafficMachine::Send send) {
    waves[w] = make_waves();
    return std::make_unique<TrafficMachine>(
        spec, partition, workers[w], *waves[w], std::move(send),
        [&collected](WaveOutcome part) { collected.Add(std::move(part)); });
  });
  LAWINE_RETURN_IF_ERROR(rounds.RunUntilDone(executor));
  LocalTrafficOutcome outcome;
  LAWINE_ASSIGN_OR_RETURN(outcome.traffic, collected.Outcome());
  for (const auto& machine : rounds.machines()) {
    outcome.frame_bytes += machine->frame_bytes_sent();
    outcome.events += machine->events_sent();
  }
  return outcome;
}

}  // namespace lawine
