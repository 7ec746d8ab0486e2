#include "services/coordinator/statistics/statistics.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace lawine {
namespace {

using Values = std::vector<double>;

// Published tables of Student's t.
TEST(StudentT, QuantilesOfPublishedTables) {
  EXPECT_NEAR(StudentT975(1), 12.7062, 1e-4);
  EXPECT_NEAR(StudentT975(2), 4.3027, 1e-4);
  EXPECT_NEAR(StudentT975(9), 2.2622, 1e-4);
  EXPECT_NEAR(StudentT975(10), 2.2281, 1e-4);
  EXPECT_NEAR(StudentT975(11), 2.2010, 1e-4);
  EXPECT_NEAR(StudentT975(20), 2.0860, 1e-4);
  EXPECT_NEAR(StudentT975(30), 2.0423, 1e-4);
  EXPECT_NEAR(StudentT975(60), 2.0003, 1e-4);
  EXPECT_NEAR(StudentT975(120), 1.9799, 1e-4);
  EXPECT_NEAR(StudentT975(1'000'000'000), 1.959964, 1e-6);
}

// Student's sleep data (1908): extra hours of sleep with two drugs, ten patients. The paired test every
// textbook shows: t = -4.0621, mean of differences -1.58, 95% interval -2.4598858 to -0.7001142. Welch's for
// the same columns taken as independent: -1.58, 17.776 degrees of freedom, -3.3654832 to 0.2054832.
const Values kFirst = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
const Values kSecond = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

TEST(PairedDifferenceTest, StudentsSleep) {
  const PairedDifference paired = Paired(kFirst, kSecond);
  EXPECT_NEAR(paired.estimate.mean, -1.58, 1e-12);
  EXPECT_NEAR(paired.estimate.low(), -2.4598858, 1e-6);
  EXPECT_NEAR(paired.estimate.high(), -0.7001142, 1e-6);
  EXPECT_NEAR(paired.standard_deviation, 1.2299955, 1e-7);
  EXPECT_EQ(paired.more, 0u);
  EXPECT_EQ(paired.less, 9u);
  EXPECT_EQ(paired.same, 1u);
}

TEST(UnpairedDifferenceTest, StudentsSleep) {
  const DifferenceEstimate unpaired = Unpaired(kFirst, kSecond);
  EXPECT_NEAR(unpaired.mean, -1.58, 1e-12);
  // 17 degrees instead of 17.776: a little wider.
  EXPECT_NEAR(unpaired.half_width, 2.109816 * std::sqrt(3.200556 / 10 + 4.009 / 10), 1e-4);
  EXPECT_LT(unpaired.low(), -3.3654832);
  EXPECT_GT(unpaired.low(), -3.375);
}

TEST(PairedDifferenceTest, EqualDifferencesHaveNoWidth) {
  const PairedDifference paired = Paired(Values{3, 5, 9}, Values{1, 3, 7});
  EXPECT_DOUBLE_EQ(paired.estimate.mean, 2);
  EXPECT_EQ(paired.estimate.half_width, 0);
  EXPECT_EQ(paired.more, 3u);
}

// Three values in four 0, the others 1: the skewness is 0.5 / sqrt(0.1875), its square 4/3.
TEST(IsRoughTest, TakesTwentyFiveTimesTheSquareOfTheSkewness) {
  const auto sample = [](std::size_t quarters) {
    Values values(3 * quarters, 0);
    values.resize(4 * quarters, 1);
    return values;
  };
  EXPECT_TRUE(IsRough(sample(8))) << "32 are fewer than 33.3";
  EXPECT_FALSE(IsRough(sample(9)));
  EXPECT_FALSE(IsRough(Values{1, 2, 3})) << "not skewed";
  EXPECT_FALSE(IsRough(Values{2, 2, 2})) << "nothing varies";
  EXPECT_TRUE(Paired(sample(8), Values(32, 0)).rough);
}

// Variances 8 and 8 and N of each: half width t(2N - 2) sqrt(16 / N).
TEST(UnpairedReplicasTest, IsTheLeastNumberThatIsAsNarrow) {
  EXPECT_EQ(UnpairedReplicas(8, 8, 4 * 12.7), 2u) << "never fewer than two";
  const auto half_width = [](double replicas) {
    return StudentT975(static_cast<std::uint64_t>(2 * replicas) - 2) * std::sqrt(16 / replicas);
  };
  EXPECT_EQ(UnpairedReplicas(8, 8, half_width(50) * 1.0001), 50u);
  EXPECT_EQ(UnpairedReplicas(8, 8, half_width(50) * 0.9999), 51u);
  EXPECT_EQ(UnpairedReplicas(8, 8, 0), std::nullopt);
  EXPECT_EQ(UnpairedReplicas(0, 0, 0), 2u);
}

}  // namespace
}  // namespace lawine
