#include "engine/spread/traffic_source.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/base/check.h"

namespace lawine {
namespace {

constexpr std::uint32_t kFirstRanks = 1024;  // of block 0; block j >= 1 ends at kFirstRanks << j

// Messages of each hour out of their sum: an assumption, with a quiet night and a busy evening.
constexpr std::array<std::uint32_t, kDayHours> kHourWeights = {
    20, 12, 7, 5, 5, 8, 18, 35, 48, 52, 55, 58, 62, 60, 58, 60, 66, 74, 80, 88, 92, 86, 64, 38};

// How many blocks of ranks there are.
std::uint32_t BlocksOf(std::uint32_t members) {
  std::uint32_t blocks = 1;
  for (std::uint64_t end = kFirstRanks; end < members; end *= 2) ++blocks;
  return blocks;
}

std::uint32_t BusySecond(std::uint64_t coin) {
  constexpr std::uint32_t kSum = std::accumulate(kHourWeights.begin(), kHourWeights.end(), 0u);
  const auto place = static_cast<unsigned __int128>(coin) * kSum;
  auto weight = static_cast<std::uint32_t>(place >> 64);
  std::uint32_t hour = 0;
  for (; weight >= kHourWeights[hour]; ++hour) weight -= kHourWeights[hour];
  return hour * 3600 + static_cast<std::uint32_t>(MulHigh(static_cast<std::uint64_t>(place), 3600));
}

}  // namespace

std::array<std::uint32_t, kDayHours> TrafficHourWeights() { return kHourWeights; }

TrafficGenerator::TrafficGenerator(const GeneratedTraffic& traffic, std::uint64_t run_seed,
                                   std::uint32_t members_count)
    : traffic_(traffic),
      members_(members_count),
      sender_coins_({run_seed, 0, 0}, CoinPurpose::kSender),
      start_coins_({run_seed, 0, 0}, CoinPurpose::kStartTime) {
  LAWINE_CHECK(members_ >= 1);
  if (traffic_.senders != Senders::kHeavyTailed) return;
  shift_ = MulHigh(CoinLane({run_seed, 0, 0}, CoinPurpose::kSender, 1).Coin(0), members_);
  const CoinLane multipliers({run_seed, 0, 0}, CoinPurpose::kSender, 2);
  for (std::uint64_t n = 0;; ++n) {
    multiplier_ = 1 + MulHigh(multipliers.Coin(n), std::max(members_ - 1, 1u));
    if (std::gcd(multiplier_, std::uint64_t{members_}) == 1) return;
  }
}

std::uint32_t TrafficGenerator::RankOf(std::uint64_t coin) const {
  const auto place = static_cast<unsigned __int128>(coin) * BlocksOf(members_);
  const auto block = static_cast<std::uint32_t>(place >> 64);
  const std::uint64_t begin = block == 0 ? 0 : std::uint64_t{kFirstRanks} << (block - 1);
  const std::uint64_t end = std::min<std::uint64_t>(std::uint64_t{kFirstRanks} << block, members_);
  return static_cast<std::uint32_t>(begin + MulHigh(static_cast<std::uint64_t>(place), end - begin));
}

MemberId TrafficGenerator::SenderOf(std::uint64_t message) const {
  const std::uint64_t coin = sender_coins_.Coin(message);
  if (traffic_.senders != Senders::kHeavyTailed)
    return MemberId(static_cast<std::uint32_t>(MulHigh(coin, members_)));
  return MemberId(static_cast<std::uint32_t>((multiplier_ * RankOf(coin) + shift_) % members_));
}

std::uint32_t TrafficGenerator::StartOf(std::uint64_t message) const {
  const std::uint64_t coin = start_coins_.Coin(message);
  return traffic_.daily_rhythm ? BusySecond(coin) : static_cast<std::uint32_t>(MulHigh(coin, kDaySeconds));
}

Wave TrafficGenerator::MakeWave(std::uint64_t first, std::uint32_t count) const {
  Wave wave{.first_message = first, .senders = {}, .starts = {}};
  wave.senders.reserve(count);
  wave.starts.reserve(count);
  for (std::uint64_t message = first; message < first + count; ++message) {
    wave.senders.push_back(SenderOf(message));
    wave.starts.push_back(StartOf(message));
  }
  return wave;
}

}  // namespace lawine
