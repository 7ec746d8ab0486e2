#include "bench/load/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "bench/load/arrivals.h"

namespace lawine::bench {
namespace {

TEST(LatencyHistogramTest, QuantilesAreWithinOnePercentOfSortedValues) {
  std::mt19937_64 random(7);
  LatencyHistogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 50'000; ++i) {
    values.push_back(static_cast<std::uint64_t>(std::exp(std::normal_distribution<double>(7, 3)(random))));
    histogram.Add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const std::uint64_t exact = values[static_cast<std::size_t>(std::ceil(share * 50'000)) - 1];
    EXPECT_GE(histogram.Quantile(share), exact) << share;
    EXPECT_LE(histogram.Quantile(share), exact + exact / 127) << share;
  }
  EXPECT_EQ(histogram.Quantile(1), values.back());
}

TEST(LatencyHistogramTest, BinsAreAscendingApartAndHoldEveryCall) {
  LatencyHistogram histogram;
  std::uint64_t calls = 0;
  for (std::uint64_t value = 0; value < (std::uint64_t{1} << 40); value = value * 9 / 8 + 1, ++calls) {
    histogram.Add(value);
  }
  std::uint64_t counted = 0;
  std::uint64_t after = 0;
  for (const LatencyHistogram::Bin& bin : histogram.Bins()) {
    EXPECT_GE(bin.first_us, after);
    EXPECT_GE(bin.last_us, bin.first_us);
    after = bin.last_us + 1;
    counted += bin.calls;
  }
  EXPECT_EQ(counted, calls);
}

TEST(LatencyHistogramTest, SumIsAsIfAllHadBeenAddedToOne) {
  LatencyHistogram one, two, both;
  for (std::uint64_t value = 1; value < 1000; ++value) {
    (value % 2 == 0 ? one : two).Add(value * value);
    both.Add(value * value);
  }
  one.Add(two);
  EXPECT_EQ(one.calls(), both.calls());
  for (const double share : {0.1, 0.5, 0.99}) EXPECT_EQ(one.Quantile(share), both.Quantile(share));
}

TEST(LatencyHistogramTest, NothingHasNoQuantile) { EXPECT_EQ(LatencyHistogram().Quantile(0.5), 0u); }

TEST(ArrivalTimesTest, ConstantArrivalsAreEquallyFarApart) {
  ArrivalTimes times(Arrivals::kConstant, 1000, 1);
  for (std::uint64_t call = 0; call < 5; ++call) EXPECT_EQ(times.Next(), call * 1'000'000);
}

TEST(ArrivalTimesTest, PoissonArrivalsKeepTheirRateAndTheirSeed) {
  ArrivalTimes times(Arrivals::kPoisson, 1000, 3), again(Arrivals::kPoisson, 1000, 3);
  std::uint64_t last = 0;
  for (int call = 0; call < 100'000; ++call) {
    const std::uint64_t next = times.Next();
    EXPECT_GE(next, last);
    EXPECT_EQ(next, again.Next());
    last = next;
  }
  EXPECT_NEAR(static_cast<double>(last) / 1e9, 100, 2);  // six standard deviations
}

}  // namespace
}  // namespace lawine::bench
