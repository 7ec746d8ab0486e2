#include "services/common/size.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using testing::HasSubstr;

TEST(SizeTest, UnitsArePowersOfThousandsOrOf1024) {
  EXPECT_EQ(ParseMemoryLimit("1048576B").value_or(0), 1u << 20);
  EXPECT_EQ(ParseMemoryLimit("1.5 GiB").value_or(0), 3u << 29);
  EXPECT_EQ(ParseMemoryLimit("800MB").value_or(0), 800'000'000u);
}

TEST(SizeTest, AFlagThatWasNotGivenSaysNothing) {
  const auto none = ParseSizeFlag("--import-memory", "");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(*none, std::nullopt);
}

TEST(SizeTest, AFlagSaysItsSize) {
  const auto bytes = ParseSizeFlag("--import-memory", "2MiB");
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, 2u << 20);
}

TEST(SizeTest, AFlagThatIsNoSizeIsNamed) {
  for (const char* text : {"much", "-1MiB", "1kiB", "1MiB of it", "1023KiB", "1e30GiB", "nan", " "}) {
    const absl::Status status = ParseSizeFlag("--results-max", text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()),
                testing::AllOf(HasSubstr("--results-max: expected a size like 6GiB"),
                               HasSubstr("found '" + std::string(text) + "'")));
  }
}

}  // namespace
}  // namespace lawine
