// Means over samples, and how far from the truth they may be.
#ifndef LAWINE_TESTS_SUPPORT_MEAN_H_
#define LAWINE_TESTS_SUPPORT_MEAN_H_

#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"

namespace lawine {

// Mean over samples, and its standard error.
struct Mean {
  double sum = 0, squares = 0, count = 0;
  void Add(double value) { sum += value, squares += value * value, count += 1; }
  double mean() const { return sum / count; }
  double error() const { return std::sqrt(std::max(0.0, squares / count - mean() * mean()) / (count - 1)); }
};

// Within four standard errors, and `bias` where the expectation is that of a larger graph.
inline void ExpectNear(const Mean& mean, double expected, const char* what, double bias = 0) {
  EXPECT_NEAR(mean.mean(), expected, 4 * mean.error() + bias + 1e-9)
      << what << ", standard error " << mean.error();
}

// `count` of `samples` where each has the chance p.
inline void ExpectShare(double count, double samples, double p, const char* what) {
  EXPECT_NEAR(count / samples, p, 4 * std::sqrt(p * (1 - p) / samples)) << what;
}

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_MEAN_H_
