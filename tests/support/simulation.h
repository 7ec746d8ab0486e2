// A cluster in one thread, whose network is a bag of frames: a seeded scheduler decides which frame arrives
// next, which machine starts or goes on, and which frames come twice. Every order is possible, and each
// comes again from its seed.
#ifndef LAWINE_TESTS_SUPPORT_SIMULATION_H_
#define LAWINE_TESTS_SUPPORT_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_spec.h"
#include "engine/spread/shard_state.h"
#include "engine/spread/traffic_outcome.h"
#include "engine/spread/traffic_source.h"
#include "tests/support/shards.h"

namespace lawine {

// What happens to the `number`-th frame put on the wire (copies for different workers count one by one):
// what it is replaced by, nothing to lose it.
using FrameFault = std::function<std::vector<std::string>(std::uint64_t number, const std::string& frame)>;

struct SimulationOptions {
  std::uint64_t schedule_seed = 1;
  std::uint32_t workers_count = 2;
  std::uint32_t repeat_percent = 0;  // chance that a frame that arrives will arrive again
  bool newest_first = false;         // deliver the youngest frame more often than not: long overtaking
  FrameFault fault = {};
};

struct SimulationResult {
  enum class End { kFinished, kRefused, kStuck };
  End end = End::kStuck;
  absl::Status refusal;            // why, when refused
  std::vector<LaneOutcome> lanes;  // when finished
  std::vector<Receipts> receipts;  // by shard, when finished and asked for
  std::uint64_t frames_sent = 0;
};

// Runs until everything that can happen has happened: frames left over at the end arrive too.
SimulationResult Simulate(const Shards& shards, const RunSpec& spec, const SimulationOptions& options);

struct TrafficSimulationResult {
  SimulationResult::End end = SimulationResult::End::kStuck;
  absl::Status refusal;
  TrafficOutcome traffic;  // when finished
  std::uint64_t frames_sent = 0;
};

// The same for traffic. REQUIRES: at least one message.
TrafficSimulationResult SimulateTraffic(const Shards& shards, const TrafficSpec& spec,
                                        const GeneratedTraffic& traffic, const SimulationOptions& options);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_SIMULATION_H_
