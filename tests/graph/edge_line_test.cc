#include "engine/graph/edge_line.h"

#include <string>

#include "gtest/gtest.h"

namespace lawine {
namespace {

// The vectors of engine/README.md: rounded to 2^-63, then to 2^-31. The second is just below half a unit.
TEST(EdgeLineTest, WeightsAreRoundedTwice) {
  EXPECT_EQ(ParseLinkWeight("0.1").value(), 0x0CCCCCCDu);
  EXPECT_EQ(ParseLinkWeight("2.328306436538696e-10").value(), 1u);
  EXPECT_EQ(ParseLinkWeight("2.3283064e-10").value(), 0u);
}

TEST(EdgeLineTest, ProbabilitiesWhoseNearestDoubleIs0Are0) {
  for (const std::string& text :
       {std::string("1e-400"), std::string("2.5E-99999"), "0." + std::string(400, '0') + "1",
        "1" + std::string(400, '0') + "e-800", std::string("5e-324"), std::string("0e-999")}) {
    const auto weight = ParseLinkWeight(text);
    ASSERT_TRUE(weight.ok()) << weight.status();
    EXPECT_EQ(*weight, 0u) << text;
  }
  for (const char* text : {"-1e-400", "1e400", "-1e400", "1e-400x", "e-400", "1e", "", "inf", "nan"}) {
    EXPECT_EQ(ParseLinkWeight(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace lawine
