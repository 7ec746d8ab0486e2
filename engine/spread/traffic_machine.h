// Traffic on one worker: a state machine over the worker's shards, as RunMachine is for runs.
//
//   TrafficMachine machine(spec, partition, shards, waves, send, report);
//   while (!machine.done()) { ...machine.Receive(frame)...; if (machine.Ready()) machine.Advance(executor); }
//
// Waves begin in order, kWavesInFlight of them at a time: while one waits for other workers there is another
// to work on. Every worker adds up the same markers and decides alike when a wave is over.
#ifndef LAWINE_ENGINE_SPREAD_TRAFFIC_MACHINE_H_
#define LAWINE_ENGINE_SPREAD_TRAFFIC_MACHINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "engine/spread/traffic_wave.h"
#include "engine/spread/wave_source.h"

namespace lawine {

// Receive may be called at any time from any thread; everything else by one thread at a time.
class TrafficMachine {
 public:
  using Send = Lane::Send;
  // This worker's part of a wave that is over. Waves end in any order.
  using Report = std::function<void(WaveOutcome outcome)>;

  // `shards`: this worker's, ascending; they and `waves` must outlive the machine. `send` and `report` are
  // called from Advance only.
  TrafficMachine(const TrafficSpec& spec, PartitionMap partition, std::vector<const ShardImage*> shards,
                 WaveSource& waves, Send send, Report report);

  absl::Status Receive(std::string_view frame) { return inboxes_.Receive(frame); }
  // There is something to do: a wave to begin, or one to go on with.
  bool Ready() const;
  // A turn. REQUIRES: Ready().
  absl::Status Advance(Executor& executor);
  bool done() const { return idle_.size() == lanes_.size() && waves_.AtEnd(); }

  // A wave is in flight.
  bool waiting_for_others() const { return !waiting_.empty(); }
  std::uint32_t waves_begun() const { return waves_begun_; }
  std::uint64_t frame_bytes_sent() const { return frame_bytes_sent_; }
  std::uint64_t events_sent() const;

 private:
  absl::Status BeginWaves(std::vector<TrafficWave*>& turn);
  absl::Status CloseSteps(std::vector<TrafficWave*>& turn);
  absl::Status TakeSteps(const std::vector<TrafficWave*>& turn, Executor& executor);

  const TrafficSpec spec_;
  const PartitionMap partition_;
  const std::size_t shards_count_;
  const bool has_peers_;
  WaveSource& waves_;
  const Send send_;
  const Report report_;
  ScratchSets sets_;
  WaveInboxes inboxes_;
  std::vector<std::unique_ptr<TrafficWave>> lanes_;
  std::vector<TrafficWave*> waiting_;  // in flight, longest ago first
  std::vector<TrafficWave*> idle_;
  std::uint32_t waves_begun_;  // and those that were over before
  std::uint64_t frame_bytes_sent_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_TRAFFIC_MACHINE_H_
