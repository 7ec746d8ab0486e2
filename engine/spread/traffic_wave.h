// A wave of messages on one worker's shards: what a Lane is to a replica. All its messages take their steps
// together, so a wave needs one exchange a step however many messages it has.
#ifndef LAWINE_ENGINE_SPREAD_TRAFFIC_WAVE_H_
#define LAWINE_ENGINE_SPREAD_TRAFFIC_WAVE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/spread/lane.h"
#include "engine/spread/lane_inboxes.h"
#include "engine/spread/traffic_outcome.h"
#include "engine/spread/traffic_shard.h"

namespace lawine {

using WaveInboxes = LaneInboxesOf<MessageEvents>;
using WaveInbox = WaveInboxes::Inbox;

// One thread at a time, but for StepPart.
class TrafficWave {
 public:
  // Spec and images must outlive the wave.
  TrafficWave(const TrafficSpec& spec, const std::vector<const ShardImage*>& shards);

  // Senders receive; everybody knows them, so step 0 needs no exchange.
  void Begin(std::uint32_t index, Wave wave, std::shared_ptr<WaveInbox> inbox);
  bool over() const;

  // Opens the next step in parts of about equal work, `parts_count` a shard or fewer; returns how many
  // altogether. RESOURCE_EXHAUSTED when there are too many steps.
  absl::StatusOr<std::size_t> OpenStep(std::size_t parts_count, Executor& executor);
  // Each part once, on any threads at the same time.
  void StepPart(std::size_t part, ScratchSets& sets);
  // When all parts are done: hands what the others need to `send`, events before their marker. Without
  // `send`, for workers alone, only adds the parts up.
  absl::Status FinishStep(const Lane::Send& send);
  bool Ready() const { return inbox_->Complete(); }
  // Adds up everybody's counters; the next step delivers everybody's forwards. REQUIRES: Ready().
  absl::Status CloseStep();

  std::uint32_t index() const { return outcome_.wave; }
  // How much there is to do in the next step.
  std::size_t lists_count() const { return walk_.members.size(); }
  // This worker's part. REQUIRES: over().
  WaveOutcome TakeOutcome();
  std::uint64_t events_sent() const { return events_sent_; }  // of all waves

 private:
  struct LocalShard {
    LocalShard(const TrafficSpec& spec, const ShardImage& shard_image)
        : image(shard_image), state(spec, shard_image) {}
    const ShardImage& image;
    TrafficShard state;
    std::vector<MessageForward> forwards;  // of the open step
    StepCounts counts;
  };
  using Frontier = std::span<const std::span<const MessageForward>>;

  void MakeLanes(Executor& executor);
  void SendShard(const LocalShard& shard, const Lane::Send& send);
  absl::Status NextWalk(Frontier frontier, std::uint64_t forwards);
  StepKey OpenKey() const { return {.replica = outcome_.wave, .step = last_step_ + 1}; }

  const TrafficSpec& spec_;
  std::vector<std::unique_ptr<LocalShard>> shards_;
  std::vector<std::pair<std::size_t, std::size_t>> parts_;  // shard, part of it; of the open step
  std::shared_ptr<WaveInbox> inbox_;
  Wave wave_;
  Walk walk_;
  Walk next_walk_;                          // kept for its memory
  std::vector<std::uint32_t> forwards_of_;  // by offset, of one step; zero between steps
  std::uint32_t last_step_ = 0;             // the step closed last
  WaveOutcome outcome_;
  std::uint64_t events_sent_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_TRAFFIC_WAVE_H_
