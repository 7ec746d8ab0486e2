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
  // Of an attempt, see SimulateAttempts: chance in a hundred thousand, at every event, that a worker dies,
  // that one is cut off from the others for a while, and that the coordinator gives the attempt up.
  std::uint32_t crash_chance = 0;
  std::uint32_t cut_chance = 0;
  std::uint32_t give_up_chance = 0;
};

struct SimulationResult {
  // Lost: workers died, were cut off for good, or the attempt was given up.
  enum class End { kFinished, kRefused, kStuck, kLost };
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

// Faults of processes, and what became of a run or of traffic in spite of them.
struct SimulatedAttempts {
  std::uint32_t attempts = 0;
  std::uint32_t crashes = 0;
  std::uint32_t cuts = 0;
  std::uint32_t blocks_lost = 0;   // over, and not kept when the coordinator died
  std::uint64_t stale_frames = 0;  // that were on the wire when an attempt ended, and stayed there
};

// A coordinator that begins again after every loss, each time with what was kept of the attempts before:
// blocks of random size of replicas, some of which are lost before they are kept. Frames of earlier attempts
// stay on the wire, or are lost. After `faults_max` faults nothing more goes wrong.
SimulationResult SimulateAttempts(const Shards& shards, const RunSpec& spec, const SimulationOptions& options,
                                  std::uint32_t faults_max, SimulatedAttempts& attempts);
TrafficSimulationResult SimulateTrafficAttempts(const Shards& shards, const TrafficSpec& spec,
                                                const GeneratedTraffic& traffic,
                                                const SimulationOptions& options, std::uint32_t faults_max,
                                                SimulatedAttempts& attempts);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_SIMULATION_H_
