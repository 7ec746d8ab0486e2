// Messages made from the run seed: who sends them and when. Pure functions of (run seed, message number,
// members), so every worker makes the same ones by itself. engine/README.md, "Traffic, exactly".
#ifndef LAWINE_ENGINE_SPREAD_TRAFFIC_SOURCE_H_
#define LAWINE_ENGINE_SPREAD_TRAFFIC_SOURCE_H_

#include <array>
#include <cstdint>

#include "engine/base/coin.h"
#include "engine/spread/traffic_spec.h"

namespace lawine {

enum class Senders : std::uint8_t {
  kUniform = 1,      // everyone alike
  kHeavyTailed = 2,  // a thousand members alike, then ever fewer messages: 1 / rank
};

struct GeneratedTraffic {
  std::uint64_t messages = 0;
  Senders senders = Senders::kUniform;
  bool daily_rhythm = false;  // else all seconds of the day alike
};

// How active members are from hour to hour, from midnight: an assumption, see engine/README.md.
std::array<std::uint32_t, kDayHours> TrafficHourWeights();

// Immutable; thread-safe.
class TrafficGenerator {
 public:
  // REQUIRES: members_count >= 1.
  TrafficGenerator(const GeneratedTraffic& traffic, std::uint64_t run_seed, std::uint32_t members_count);

  MemberId SenderOf(std::uint64_t message) const;
  std::uint32_t StartOf(std::uint64_t message) const;
  // Messages first .. first + count - 1.
  Wave MakeWave(std::uint64_t first, std::uint32_t count) const;

 private:
  std::uint32_t RankOf(std::uint64_t coin) const;

  const GeneratedTraffic traffic_;
  const std::uint32_t members_;
  const CoinLane sender_coins_;
  const CoinLane start_coins_;
  // Ranks are dealt over members by (multiplier * rank + shift) mod members.
  std::uint64_t multiplier_ = 1;
  std::uint64_t shift_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_TRAFFIC_SOURCE_H_
