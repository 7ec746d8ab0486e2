#include "services/cli/files/output_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "services/common/process.h"
#include "tests/services/failing_fsync.h"
#include "tests/support/temp_directory.h"

namespace lawine::cli {
namespace {

constexpr int kSkipped = 77;

// Ends this process: 0 when writing and finishing a file succeeds where fsync fails so.
[[noreturn]] void WriteWhereFsyncFails(const std::string& path, unsigned short error) {
  if (!MakeFsyncFail(error)) std::_Exit(kSkipped);
  auto file = OutputFile::Create(path);
  std::_Exit(file.ok() && file->Write("words").ok() && file->Finish().ok() ? 0 : 1);
}

bool EndsWith(int status, int code) {
  return WIFEXITED(status) && (WEXITSTATUS(status) == code || WEXITSTATUS(status) == kSkipped);
}
bool Succeeds(int status) { return EndsWith(status, 0); }
bool Fails(int status) { return EndsWith(status, 1); }

TEST(OutputFileDeathTest, WhatIsFinishedIsOnTheDisk) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const TempDirectory directory;
  EXPECT_EXIT(WriteWhereFsyncFails(directory.path() / "f", EIO), Fails, "");
  EXPECT_EXIT(WriteWhereFsyncFails(directory.path() / "f", EINVAL), Succeeds, "") << "as of a pipe";
}

TEST(OutputFileTest, PipesAndDevicesCanBeWritten) {
  auto file = OutputFile::Create("/dev/null");
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->Write("words").ok());
  EXPECT_EQ(file->Finish(), absl::OkStatus());
}

[[noreturn]] void RenameWhereFsyncFails(const std::string& from, const std::string& to) {
  if (!MakeFsyncFail(EIO)) std::_Exit(kSkipped);
  std::_Exit(RenameDurably(from, to).ok() ? 0 : 1);
}

TEST(RenameDurablyDeathTest, TheNameIsOnTheDiskToo) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const TempDirectory directory;
  const std::string from = directory.path() / "from", to = directory.path() / "to";
  ASSERT_EQ(WriteFileAtomically(from, "words"), absl::OkStatus());
  EXPECT_EXIT(RenameWhereFsyncFails(from, to), Fails, "");
}

TEST(RenameDurablyTest, AFileTakesThePlaceOfAnother) {
  const TempDirectory directory;
  const std::string from = directory.path() / "from", to = directory.path() / "to";
  ASSERT_EQ(WriteFileAtomically(from, "new"), absl::OkStatus());
  ASSERT_EQ(WriteFileAtomically(to, "old"), absl::OkStatus());
  EXPECT_EQ(RenameDurably(from, to), absl::OkStatus());
  EXPECT_EQ(ReadFile(to).value(), "new");
  EXPECT_FALSE(RenameDurably(from, to).ok());
}

}  // namespace
}  // namespace lawine::cli
