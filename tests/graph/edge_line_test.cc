#include "engine/graph/edge_line.h"

#include "gtest/gtest.h"

namespace lawine {
namespace {

// The vectors of engine/README.md: rounded to 2^-63, then to 2^-31. The second is just below half a unit.
TEST(EdgeLineTest, WeightsAreRoundedTwice) {
  EXPECT_EQ(ParseLinkWeight("0.1").value(), 0x0CCCCCCDu);
  EXPECT_EQ(ParseLinkWeight("2.328306436538696e-10").value(), 1u);
  EXPECT_EQ(ParseLinkWeight("2.3283064e-10").value(), 0u);
}

}  // namespace
}  // namespace lawine
