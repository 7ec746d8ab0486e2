#include "engine/base/failpoint.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/temp_directory.h"

namespace lawine {
namespace {

TEST(FailpointTest, UnarmedNothingHappens) {
  Failpoint("a.place");
  EXPECT_FALSE(ArmFailpoints("a.place"));
  EXPECT_FALSE(ArmFailpoints("=file"));
  EXPECT_FALSE(ArmFailpoints("a.place="));
  EXPECT_FALSE(ArmFailpoints("a=b,,c=d"));
  Failpoint("a.place");
}

TEST(FailpointTest, WhoPassesFirstDiesAndLeavesAFile) {
  const TempDirectory directory;
  const std::string file = directory.path() / "passed";
  const auto pass = [&](const char* name) {
    ASSERT_TRUE(ArmFailpoints(absl::StrCat("another.place=/nowhere,a.place=", file)));
    Failpoint(name);
    std::exit(7);
  };
  EXPECT_EXIT(pass("no.place"), testing::ExitedWithCode(7), "");
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EXIT(pass("a.place"), testing::KilledBySignal(SIGKILL), "");
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_EXIT(pass("a.place"), testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace lawine
