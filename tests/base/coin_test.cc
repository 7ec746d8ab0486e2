// Statistics of the coins. Everything is seeded by constants, so a bound that holds once holds always; a
// bound is a multiple of the standard deviation that thousands of fair checks together stay under.
#include "engine/base/coin.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/probability.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using CoinOf = std::function<std::uint64_t(std::uint64_t)>;
using Coins = std::vector<std::uint64_t>;

constexpr CoinKey kLuck{.run_seed = 2009, .message = 7, .replica = 3};
// Of about 60,000 standard normal values, the largest is near 4.3; one above 6 has odds of 1 in 10^4.
constexpr double kDeviationsMax = 6.0;

Coins Draw(std::size_t count, const CoinOf& coin_of) {
  Coins coins(count);
  for (std::size_t i = 0; i < count; ++i) coins[i] = coin_of(i);
  return coins;
}

// Deviations of the chi-square statistic of 12 bits of the coins from its mean.
double BucketDeviations(const Coins& coins, int shift) {
  std::vector<std::uint32_t> buckets(4096);
  for (const std::uint64_t coin : coins) ++buckets[(coin >> shift) & 4095];
  const double expected = static_cast<double>(coins.size()) / 4096;
  double chi_square = 0;
  for (const std::uint32_t found : buckets) chi_square += (found - expected) * (found - expected) / expected;
  return (chi_square - 4095) / std::sqrt(2.0 * 4095);
}

// bits[i] holds bit i of every coin, 64 coins to a word.
std::array<Coins, 64> BitColumns(const Coins& coins) {
  std::array<Coins, 64> columns;
  for (int bit = 0; bit < 64; ++bit) {
    columns[bit].resize(coins.size() / 64);
    for (std::size_t i = 0; i < coins.size(); ++i)
      columns[bit][i / 64] |= ((coins[i] >> bit) & 1) << (i % 64);
  }
  return columns;
}

// Deviations of a number of agreements from half of `count`.
double AgreementDeviations(std::uint64_t agreements, std::size_t count) {
  const auto n = static_cast<double>(count);
  return (static_cast<double>(agreements) - n / 2) / std::sqrt(n / 4);
}

// The largest deviation among all 64 x 64 pairs of a bit of `a` and a bit of `b`.
double WorstBitPair(const Coins& a, const Coins& b) {
  const auto columns_a = BitColumns(a), columns_b = BitColumns(b);
  double worst = 0;
  for (const Coins& bits_a : columns_a) {
    for (const Coins& bits_b : columns_b) {
      std::uint64_t agreements = 0;
      for (std::size_t w = 0; w < bits_a.size(); ++w) agreements += std::popcount(~(bits_a[w] ^ bits_b[w]));
      worst = std::max(worst, std::abs(AgreementDeviations(agreements, a.size())));
    }
  }
  return worst;
}

// Deviations of the number of times both coins pass at probability 1/16.
double JointPassDeviations(const Coins& a, const Coins& b) {
  std::uint64_t both = 0;
  for (std::size_t i = 0; i < a.size(); ++i) both += (a[i] >> 60) == 0 && (b[i] >> 60) == 0;
  const double p = 1.0 / 256, n = static_cast<double>(a.size());
  return (static_cast<double>(both) - n * p) / std::sqrt(n * p * (1 - p));
}

void ExpectIndependent(const std::string& what, const CoinOf& a, const CoinOf& b) {
  SCOPED_TRACE(what);
  constexpr std::size_t kCoins = 1u << 16;
  const Coins coins_a = Draw(kCoins, a), coins_b = Draw(kCoins, b);
  EXPECT_LT(WorstBitPair(coins_a, coins_b), kDeviationsMax);
  EXPECT_LT(std::abs(JointPassDeviations(coins_a, coins_b)), kDeviationsMax);
}

CoinOf MemberCoins(const CoinKey& luck, CoinPurpose purpose = CoinPurpose::kForward, std::uint64_t step = 0) {
  const CoinLane lane(luck, purpose, step);
  return [lane](std::uint64_t key) { return lane.Coin(key); };
}

// How keys look in practice, and worse.
struct KeyPattern {
  const char* name;
  std::uint64_t (*key)(std::uint64_t);
};
constexpr KeyPattern kKeyPatterns[] = {
    {"counting up", [](std::uint64_t i) { return i; }},
    {"multiples of 1000", [](std::uint64_t i) { return 1000 * i; }},
    {"multiples of 2^20", [](std::uint64_t i) { return i << 20; }},
    {"multiples of 2^44", [](std::uint64_t i) { return i << 44; }},
    {"counting down from 2^64 - 1", [](std::uint64_t i) { return ~i; }},
    {"rows and columns", [](std::uint64_t i) { return (i >> 10) | (i & 1023) << 54; }},
};

TEST(CoinVectors, AreThoseOfTheReference) {
#define COIN(run_seed, message, replica, purpose, step, key, expected)                                 \
  EXPECT_EQ(CoinLane({run_seed, message, replica}, static_cast<CoinPurpose>(purpose), step).Coin(key), \
            expected);
#define LINK_COIN(run_seed, message, replica, purpose, step, source, receiver, expected)        \
  {                                                                                             \
    const CoinLane lane({run_seed, message, replica}, static_cast<CoinPurpose>(purpose), step); \
    EXPECT_EQ(lane.Coin(source, receiver), expected);                                           \
    EXPECT_EQ(lane.ForSource(source).Coin(receiver), expected);                                 \
  }
#include "tests/base/reference_vectors.inc"
}

TEST(CoinUniformity, EveryPurposeAndKeyPattern) {
  for (const auto purpose : {CoinPurpose::kForward, CoinPurpose::kThreshold, CoinPurpose::kGenerator}) {
    const CoinLane lane(kLuck, purpose);
    for (const KeyPattern& pattern : kKeyPatterns) {
      SCOPED_TRACE(absl::StrCat("purpose ", static_cast<int>(purpose), ", keys ", pattern.name));
      const Coins coins = Draw(1u << 20, [&](std::uint64_t i) { return lane.Coin(pattern.key(i)); });
      for (const int shift : {0, 13, 26, 39, 52})
        EXPECT_LT(std::abs(BucketDeviations(coins, shift)), 5) << shift;
    }
  }
}

TEST(CoinUniformity, LinksBetweenNeighbouringMembers) {
  const CoinLane lane(kLuck, CoinPurpose::kLink);
  const Coins coins = Draw(1u << 20, [&](std::uint64_t i) { return lane.Coin(i >> 10, i & 1023); });
  for (const int shift : {0, 13, 26, 39, 52}) EXPECT_LT(std::abs(BucketDeviations(coins, shift)), 5) << shift;
}

TEST(CoinUniformity, OneMemberOverManyMessagesReplicasAndSteps) {
  const CoinOf families[] = {
      [](std::uint64_t i) {
        return CoinLane({1, i, 0}, CoinPurpose::kForward).Coin(42);
      },
      [](std::uint64_t i) {
        return CoinLane({1, 0, i}, CoinPurpose::kForward).Coin(42);
      },
      [](std::uint64_t i) {
        return CoinLane({i, 0, 0}, CoinPurpose::kForward).Coin(42);
      },
      [](std::uint64_t i) {
        return CoinLane({1, 0, 0}, CoinPurpose::kRecovery, i).Coin(42);
      },
      [](std::uint64_t i) {
        return CoinLane({1, i & 1023, i >> 10}, CoinPurpose::kForward).Coin(42);
      },
  };
  for (std::size_t family = 0; family < std::size(families); ++family) {
    const Coins coins = Draw(1u << 19, families[family]);
    for (const int shift : {0, 26, 52}) EXPECT_LT(std::abs(BucketDeviations(coins, shift)), 5) << family;
  }
}

TEST(CoinIndependence, NeighbouringKeys) {
  const CoinOf coins = MemberCoins(kLuck);
  for (const std::uint64_t distance : {1ull, 2ull, 64ull, 1ull << 32, 1ull << 63}) {
    ExpectIndependent(absl::StrCat("keys ", distance, " apart"), coins,
                      [&](std::uint64_t key) { return coins(key + distance); });
  }
}

TEST(CoinIndependence, NeighbouringLuck) {
  const CoinOf coins = MemberCoins(kLuck);
  const auto [seed, message, replica] = kLuck;
  ExpectIndependent("run seed + 1", coins, MemberCoins({seed + 1, message, replica}));
  ExpectIndependent("message + 1", coins, MemberCoins({seed, message + 1, replica}));
  ExpectIndependent("message + 2^63", coins, MemberCoins({seed, message + (1ull << 63), replica}));
  ExpectIndependent("replica + 1", coins, MemberCoins({seed, message, replica + 1}));
  ExpectIndependent("message and replica exchanged", coins, MemberCoins({seed, replica, message}));
  ExpectIndependent("seed and message exchanged", coins, MemberCoins({message, seed, replica}));
}

TEST(CoinIndependence, PurposesAndSteps) {
  const CoinOf coins = MemberCoins(kLuck);
  ExpectIndependent("forward, delay", coins, MemberCoins(kLuck, CoinPurpose::kDelay));
  ExpectIndependent("forward, threshold", coins, MemberCoins(kLuck, CoinPurpose::kThreshold));
  ExpectIndependent("link, attribution", MemberCoins(kLuck, CoinPurpose::kLink),
                    MemberCoins(kLuck, CoinPurpose::kAttribution));
  for (const std::uint64_t step : {1ull, 2ull, 1000ull}) {
    ExpectIndependent(absl::StrCat("steps ", step, " and one later"),
                      MemberCoins(kLuck, CoinPurpose::kRecovery, step),
                      MemberCoins(kLuck, CoinPurpose::kRecovery, step + 1));
  }
}

TEST(CoinIndependence, LinksThatShareAMember) {
  const CoinLane lane(kLuck, CoinPurpose::kLink);
  const CoinOf link = [&](std::uint64_t i) { return lane.Coin(i >> 8, 1000 + (i & 255)); };
  ExpectIndependent("a link and its return", link,
                    [&](std::uint64_t i) { return lane.Coin(1000 + (i & 255), i >> 8); });
  ExpectIndependent("the next receiver", link,
                    [&](std::uint64_t i) { return lane.Coin(i >> 8, 1001 + (i & 255)); });
  ExpectIndependent("the next source", link,
                    [&](std::uint64_t i) { return lane.Coin((i >> 8) + 1, 1000 + (i & 255)); });
  ExpectIndependent("its source's own coin", link, [&](std::uint64_t i) { return lane.Coin(i >> 8); });
  ExpectIndependent("its receiver's own coin", link,
                    [&](std::uint64_t i) { return lane.Coin(1000 + (i & 255)); });
}

TEST(CoinIndependence, CountsOfReplicasVaryAsBinomialsDo) {
  constexpr int kReplicas = 1000, kMembers = 4000;
  const Threshold p = Threshold::FromProbability(0.1).value();
  std::vector<int> by_replica(kReplicas), by_member(kMembers);
  for (int replica = 0; replica < kReplicas; ++replica) {
    const CoinLane lane({11, 0, static_cast<std::uint64_t>(replica)}, CoinPurpose::kForward);
    for (int member = 0; member < kMembers; ++member) {
      const bool passes = p.Passes(lane.Coin(static_cast<std::uint64_t>(member)));
      by_replica[replica] += passes;
      by_member[member] += passes;
    }
  }
  const auto deviations = [](const std::vector<int>& counts, double trials) {
    double chi_square = 0;
    for (const int count : counts) chi_square += std::pow(count - 0.1 * trials, 2) / (0.09 * trials);
    const auto degrees = static_cast<double>(counts.size());
    return (chi_square - degrees) / std::sqrt(2 * degrees);
  };
  EXPECT_LT(std::abs(deviations(by_replica, kMembers)), 4);
  EXPECT_LT(std::abs(deviations(by_member, kReplicas)), 4);
}

// The largest deviation from one half, over 64 input and 64 output bits, of how often a bit flips.
double WorstFlip(const CoinOf& coin_of, const CoinOf& input_of) {
  constexpr std::size_t kInputs = 1u << 15;
  double worst = 0;
  for (int in = 0; in < 64; ++in) {
    std::array<std::uint64_t, 64> flips{};
    for (std::size_t i = 0; i < kInputs; ++i) {
      const std::uint64_t input = input_of(i);
      const std::uint64_t changed = coin_of(input) ^ coin_of(input ^ (1ull << in));
      for (int out = 0; out < 64; ++out) flips[out] += (changed >> out) & 1;
    }
    for (const std::uint64_t count : flips)
      worst = std::max(worst, std::abs(AgreementDeviations(count, kInputs)));
  }
  return worst;
}

TEST(CoinAvalanche, EveryInputBitFlipsEveryOutputBitHalfTheTime) {
  constexpr CoinPurpose kForward = CoinPurpose::kForward;
  const CoinLane lane(kLuck, kForward), links(kLuck, CoinPurpose::kLink);
  const std::pair<const char*, CoinOf> inputs[] = {
      {"key", [&](std::uint64_t x) { return lane.Coin(x); }},
      {"source", [&](std::uint64_t x) { return links.Coin(x, 17); }},
      {"receiver", [&](std::uint64_t x) { return links.Coin(17, x); }},
      {"run seed",
       [](std::uint64_t x) {
         return CoinLane({x, 1, 2}, kForward).Coin(17);
       }},
      {"message",
       [](std::uint64_t x) {
         return CoinLane({1, x, 2}, kForward).Coin(17);
       }},
      {"replica",
       [](std::uint64_t x) {
         return CoinLane({1, 2, x}, kForward).Coin(17);
       }},
      {"step",
       [](std::uint64_t x) {
         return CoinLane({1, 2, 3}, CoinPurpose::kRecovery, x).Coin(17);
       }},
  };
  TestRandom random(1);
  const Coins random_words = Draw(1u << 15, [&](std::uint64_t) { return random.Next(); });
  for (const auto& [name, coin_of] : inputs) {
    SCOPED_TRACE(name);
    EXPECT_LT(WorstFlip(coin_of, [](std::uint64_t i) { return i; }), kDeviationsMax) << "counting up";
    EXPECT_LT(WorstFlip(coin_of, [&](std::uint64_t i) { return random_words[i]; }), kDeviationsMax)
        << "random";
  }
}

TEST(CoinLanes, AllDiffer) {
  std::unordered_set<std::uint64_t> first_coins;
  std::size_t lanes = 0;
  for (std::uint64_t message = 0; message < 32; ++message) {
    for (std::uint64_t replica = 0; replica < 32; ++replica) {
      for (std::uint64_t purpose = 1; purpose < 10; ++purpose) {
        for (std::uint64_t step = 0; step < 8; ++step, ++lanes) {
          first_coins.insert(
              CoinLane({1, message, replica}, static_cast<CoinPurpose>(purpose), step).Coin(0));
        }
      }
    }
  }
  EXPECT_EQ(first_coins.size(), lanes);
}

TEST(CoinLanes, MembersOfALaneNeverShareACoin) {
  const CoinLane lane(kLuck, CoinPurpose::kSeedChoice);
  std::unordered_set<std::uint64_t> coins;
  for (std::uint64_t key = 0; key < 500'000; ++key) coins.insert(lane.Coin(key));
  EXPECT_EQ(coins.size(), 500'000u);
}

}  // namespace
}  // namespace lawine
