#include "services/common/process.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/temp_directory.h"

namespace lawine {
namespace {

TEST(ReadFileTest, ReadsWhatWasWritten) {
  const TempDirectory directory;
  for (const std::string& content : {std::string(), std::string("a"), std::string(200'000, '\0')}) {
    ASSERT_EQ(WriteFileAtomically(directory.path() / "f", content), absl::OkStatus());
    EXPECT_EQ(ReadFile(directory.path() / "f").value(), content);
  }
}

// Whoever makes anew what is not there must not do so when it only cannot be read.
TEST(ReadFileTest, WhatIsNotThereIsToldFromWhatCannotBeRead) {
  const TempDirectory directory;
  EXPECT_TRUE(absl::IsNotFound(ReadFile(directory.path() / "absent").status()));
  EXPECT_TRUE(absl::IsUnavailable(ReadFile(directory.path()).status()));
  EXPECT_TRUE(absl::IsUnavailable(ReadFile(directory.path() / std::string(300, 'x')).status()));
}

TEST(ReadFileTest, ReadsNoMoreThanItMay) {
  const TempDirectory directory;
  ASSERT_EQ(WriteFileAtomically(directory.path() / "f", std::string(1'000, 'x')), absl::OkStatus());
  EXPECT_EQ(ReadFile(directory.path() / "f", 1'000).value().size(), 1'000u);
  EXPECT_TRUE(absl::IsInvalidArgument(ReadFile(directory.path() / "f", 999).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadFile("/dev/zero", 1 << 20).status())) << "it has no end";
}

}  // namespace
}  // namespace lawine
