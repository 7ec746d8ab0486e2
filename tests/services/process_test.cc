#include "services/common/process.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <string>
#include <utility>

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

TEST(ReadRegularFileTest, WaitsForNobody) {
  const TempDirectory directory;
  const std::string path = directory.path() / "f";
  ASSERT_EQ(WriteFileAtomically(path, "content"), absl::OkStatus());
  EXPECT_EQ(ReadRegularFile(path, 7).value(), "content");
  EXPECT_TRUE(absl::IsInvalidArgument(ReadRegularFile(path, 6).status()));
  EXPECT_TRUE(absl::IsNotFound(ReadRegularFile(directory.path() / "absent", 7).status()));
  const std::string pipe = directory.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& [other, kind] : {std::pair(pipe, "found a pipe"),
                                    {"/dev/zero", "found a device"},
                                    {directory.path().string(), "found a directory"}}) {
    const absl::Status refused = ReadRegularFile(other, 7).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
    EXPECT_THAT(std::string(refused.message()), testing::HasSubstr(kind));
  }
}

}  // namespace
}  // namespace lawine
