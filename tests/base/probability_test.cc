#include "engine/base/probability.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

constexpr std::uint64_t kOne = Threshold::kOne;
constexpr std::uint64_t kCoinMax = ~std::uint64_t{0};

std::uint64_t Fixed(double p) { return Threshold::FromProbability(p).value().fixed(); }

TEST(ThresholdVectors, AreThoseOfTheReference) {
#define THRESHOLD(p, expected) EXPECT_EQ(Fixed(p), expected) << p;
#define PRODUCT(a, b, expected)                                                     \
  EXPECT_EQ((Threshold::FromFixed(a) * Threshold::FromFixed(b)).fixed(), expected); \
  EXPECT_EQ((Threshold::FromFixed(b) * Threshold::FromFixed(a)).fixed(), expected);
#include "tests/base/reference_vectors.inc"
}

TEST(Threshold, ZeroNeverPassesAndOneAlwaysDoes) {
  for (const std::uint64_t coin : {std::uint64_t{0}, std::uint64_t{1}, kOne, kCoinMax - 1, kCoinMax}) {
    EXPECT_FALSE(Threshold().Passes(coin));
    EXPECT_FALSE(Threshold::FromProbability(0).value().Passes(coin));
    EXPECT_TRUE(Threshold::FromProbability(1).value().Passes(coin));
  }
}

TEST(Threshold, PassesExactlyTheLowerPartOfTheCoins) {
  for (const std::uint64_t value : {std::uint64_t{1}, std::uint64_t{12345}, kOne / 2, kOne - 1}) {
    const Threshold threshold = Threshold::FromFixed(value);
    EXPECT_TRUE(threshold.Passes(2 * (value - 1)));
    EXPECT_TRUE(threshold.Passes(2 * (value - 1) + 1));
    EXPECT_FALSE(threshold.Passes(2 * value));
    EXPECT_FALSE(threshold.Passes(2 * value + 1));
  }
}

TEST(Threshold, KnownProbabilities) {
  EXPECT_EQ(Fixed(0.0), 0u);
  EXPECT_EQ(Fixed(-0.0), 0u);
  EXPECT_EQ(Fixed(1.0), kOne);
  EXPECT_EQ(Fixed(0.5), kOne / 2);
  EXPECT_EQ(Fixed(0.75), kOne / 4 * 3);
  // The double nearest to 0.1 is 3602879701896397 * 2^-55.
  EXPECT_EQ(Fixed(0.1), 3602879701896397u << 8);
}

TEST(Threshold, RoundsHalvesUpAndTinyValuesToZero) {
  EXPECT_EQ(Fixed(std::ldexp(1.0, -63)), 1u);
  EXPECT_EQ(Fixed(std::ldexp(1.0, -64)), 1u) << "half a unit rounds up";
  EXPECT_EQ(Fixed(std::nextafter(std::ldexp(1.0, -64), 0.0)), 0u) << "just below half a unit";
  EXPECT_EQ(Fixed(std::ldexp(3.0, -64)), 2u);
  EXPECT_EQ(Fixed(std::ldexp(1.0, -65)), 0u);
  EXPECT_EQ(Fixed(1e-300), 0u);
  EXPECT_EQ(Fixed(std::numeric_limits<double>::min()), 0u);
  EXPECT_EQ(Fixed(std::numeric_limits<double>::denorm_min()), 0u);
}

TEST(Threshold, RefusesWhatIsNoProbability) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double p : {-0.1, -std::numeric_limits<double>::denorm_min(), std::nextafter(1.0, 2.0), 2.0,
                         kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN()}) {
    const auto threshold = Threshold::FromProbability(p);
    ASSERT_FALSE(threshold.ok()) << p;
    EXPECT_EQ(threshold.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(threshold.status().message()), testing::HasSubstr("between 0 and 1"));
  }
}

// p * 2^63 has 53 significant bits, so the wider long double holds it and its half exactly.
TEST(Threshold, IsTheNearestMultipleForRandomProbabilities) {
  TestRandom random(63);
  for (int i = 0; i < 200'000; ++i) {
    const double p =
        std::ldexp(static_cast<double>(random.Next() >> 11), -53 - static_cast<int>(random.Below(70)));
    const long double exact = std::ldexp(static_cast<long double>(p), 63);
    const auto expected = static_cast<std::uint64_t>(std::floor(exact + 0.5L));
    ASSERT_EQ(Fixed(p), expected) << "seed 63, case " << i << ", p = " << p;
  }
}

TEST(Threshold, LargerProbabilitiesNeverGetSmallerThresholds) {
  TestRandom random(64);
  for (int i = 0; i < 100'000; ++i) {
    const double p = static_cast<double>(random.Next() >> 11) * 0x1p-53;
    ASSERT_LE(Fixed(p), Fixed(std::nextafter(p, 2.0))) << "seed 64, case " << i;
  }
}

TEST(ThresholdProduct, OneIsNeutralAndZeroAbsorbs) {
  TestRandom random(1);
  const Threshold one = Threshold::FromFixed(kOne), zero;
  for (int i = 0; i < 1000; ++i) {
    const Threshold t = Threshold::FromFixed(random.AnySize(63));
    ASSERT_EQ(t * one, t);
    ASSERT_EQ(one * t, t);
    ASSERT_EQ(t * zero, zero);
  }
  EXPECT_EQ(one * one, one);
}

// By the definition of rounding, with products taken in 32-bit halves rather than in one 128-bit step.
TEST(ThresholdProduct, IsTheNearestMultipleAndCommutes) {
  TestRandom random(2);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t a = random.AnySize(63), b = random.AnySize(63);
    const unsigned __int128 low = static_cast<unsigned __int128>(a) * (b & 0xFFFFFFFF);
    const unsigned __int128 exact = low + (static_cast<unsigned __int128>(a) * (b >> 32) << 32);
    const std::uint64_t product = (Threshold::FromFixed(a) * Threshold::FromFixed(b)).fixed();
    const unsigned __int128 rounded = static_cast<unsigned __int128>(product) << 63;
    const unsigned __int128 error = rounded > exact ? rounded - exact : exact - rounded;
    ASSERT_LE(static_cast<std::uint64_t>(error), kOne / 2) << "seed 2, case " << i;
    ASSERT_EQ(product, (Threshold::FromFixed(b) * Threshold::FromFixed(a)).fixed());
    ASSERT_LE(product, std::min(a, b) + 1);
  }
}

}  // namespace
}  // namespace lawine
