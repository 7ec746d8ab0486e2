#include "engine/base/factor.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

constexpr std::uint64_t kOne = Factor::kOne;
constexpr std::uint64_t kMax = Factor::kMax;

std::uint64_t Fixed(double value) { return Factor::FromDouble(value).value().fixed(); }
std::uint64_t Product(std::uint64_t a, std::uint64_t b) {
  return (Factor::FromFixed(a) * Factor::FromFixed(b)).fixed();
}
std::uint64_t Scaled(std::uint64_t threshold, std::uint64_t factor) {
  return (Threshold::FromFixed(threshold) * Factor::FromFixed(factor)).fixed();
}

TEST(Factor, KnownValues) {
  EXPECT_EQ(Factor().fixed(), kOne);
  EXPECT_EQ(Fixed(0), 0u);
  EXPECT_EQ(Fixed(-0.0), 0u);
  EXPECT_EQ(Fixed(1), kOne);
  EXPECT_EQ(Fixed(1.5), kOne + kOne / 2);
  // The double nearest to 0.1 is 3602879701896397 * 2^-55.
  EXPECT_EQ(Fixed(0.1), (3602879701896397u + (1u << 22)) >> 23);
}

TEST(Factor, RoundsHalvesUp) {
  const double unit = std::ldexp(1.0, -32), half = unit / 2;
  EXPECT_EQ(Fixed(unit), 1u);
  EXPECT_EQ(Fixed(half), 1u);
  EXPECT_EQ(Fixed(std::nextafter(half, 0.0)), 0u) << "just below half a unit";
  EXPECT_EQ(Fixed(3 * half), 2u);
  EXPECT_EQ(Fixed(std::nextafter(3 * half, 0.0)), 1u);
  EXPECT_EQ(Fixed(1 + half), kOne + 1);
  EXPECT_EQ(Fixed(std::nextafter(1 + half, 0.0)), kOne);
  EXPECT_EQ(Fixed(std::numeric_limits<double>::denorm_min()), 0u);
}

TEST(Factor, IsAtMostTwoToThe30) {
  const double largest = std::ldexp(1.0, 30);
  EXPECT_EQ(Fixed(largest), kMax);
  // Here doubles are 2^-23 from each other, multiples of the unit.
  EXPECT_EQ(Fixed(std::nextafter(largest, 0.0)), kMax - (1u << 9));
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double value :
       {std::nextafter(largest, kInfinity), kInfinity, -kInfinity, -1e-9,
        -std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::quiet_NaN()}) {
    const auto factor = Factor::FromDouble(value);
    ASSERT_FALSE(factor.ok()) << value;
    EXPECT_EQ(factor.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(factor.status().message()), testing::HasSubstr("between 0 and 2^30"));
  }
}

// value * 2^32 has 53 significant bits, so the wider long double holds it and half a unit more exactly.
TEST(Factor, IsTheNearestMultipleForRandomDoubles) {
  TestRandom random(62);
  for (int i = 0; i < 100'000; ++i) {
    const double value =
        std::ldexp(static_cast<double>(random.Next() >> 11), static_cast<int>(random.Below(80)) - 102);
    const auto expected = std::floor(std::ldexp(static_cast<long double>(value), 32) + 0.5L);
    ASSERT_EQ(Fixed(value), static_cast<std::uint64_t>(expected)) << "seed 62: " << value;
  }
}

TEST(Factor, ProductsRoundHalvesUp) {
  EXPECT_EQ(Product(kOne, 12'345), 12'345u) << "1 is neutral";
  EXPECT_EQ(Product(0, kMax), 0u);
  EXPECT_EQ(Product(kOne / 2, 1), 1u) << "half a unit";
  EXPECT_EQ(Product(kOne / 2 - 1, 1), 0u);
  EXPECT_EQ(Product(kOne / 2, 3), 2u);
  EXPECT_EQ(Product(3 * kOne / 2, 3 * kOne / 2), 9 * kOne / 4);
}

TEST(Factor, ProductsStopAtTheLargest) {
  const std::uint64_t root = std::uint64_t{1} << 47;  // its square, in units, is 2^62
  EXPECT_EQ(Product(root, root), kMax);
  EXPECT_EQ(Product(root, root - 1), kMax - (1u << 15));
  EXPECT_EQ(Product(root, root + 1), kMax);
  EXPECT_EQ(Product(kMax, kMax), kMax);
  EXPECT_EQ(Product(kMax, kOne), kMax);
}

TEST(Factor, OfAProbabilityIsAProbability) {
  constexpr std::uint64_t kSure = Threshold::kOne;
  EXPECT_EQ(Scaled(kSure, kOne), kSure);
  EXPECT_EQ(Scaled(kSure, kOne + 1), kSure) << "no more than 1";
  EXPECT_EQ(Scaled(kSure, kMax), kSure);
  EXPECT_EQ(Scaled(1, kMax), 1u << 30);
  EXPECT_EQ(Scaled(kSure / 2, kOne / 2), kSure / 4);
  EXPECT_EQ(Scaled(1, kOne / 2), 1u) << "half a unit";
  EXPECT_EQ(Scaled(1, kOne / 2 - 1), 0u);
  EXPECT_EQ(Scaled(kSure, 0), 0u);
}

}  // namespace
}  // namespace lawine
