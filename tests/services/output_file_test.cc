#include "services/cli/files/output_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>

#include "services/common/process.h"
#include "tests/support/failing_call.h"
#include "tests/support/temp_directory.h"

namespace lawine::cli {
namespace {

constexpr int kSkipped = 77;

// Ends this process: 0 when writing and finishing a file succeeds where fsync fails so.
[[noreturn]] void WriteWhereFsyncFails(const std::string& path, unsigned short error) {
  if (!MakeCallFail(SYS_fsync, error)) std::_Exit(kSkipped);
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
  EXPECT_EXIT(WriteWhereFsyncFails("/dev/null", EINVAL), Succeeds, "") << "as of a pipe";
}

TEST(OutputFileTest, PipesAndDevicesCanBeWritten) {
  auto file = OutputFile::Create("/dev/null");
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->Write("words").ok());
  EXPECT_EQ(file->Finish(), absl::OkStatus());
}

// A file that is there, and what becomes of it.
class OutputFileOverAnotherTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(WriteFileAtomically(path_, "earlier"), absl::OkStatus()); }
  std::ptrdiff_t FilesCount() const {
    return std::distance(std::filesystem::directory_iterator(directory_.path()), {});
  }
  const TempDirectory directory_;
  const std::string path_ = directory_.path() / "keep.csv";
};

TEST_F(OutputFileOverAnotherTest, ItStaysUntilTheNewOneIsFinished) {
  auto file = OutputFile::Create(path_);
  ASSERT_TRUE(file.ok() && file->Write("new").ok());
  EXPECT_EQ(ReadFile(path_).value(), "earlier");
  ASSERT_EQ(file->Finish(), absl::OkStatus());
  EXPECT_EQ(ReadFile(path_).value(), "new");
  EXPECT_EQ(FilesCount(), 1);
}

TEST_F(OutputFileOverAnotherTest, ItStaysWhereTheNewOneIsNeverFinished) {
  {
    auto file = OutputFile::CreateIfNamed(path_);
    ASSERT_TRUE(file.ok() && file->has_value() && (*file)->Write("new").ok());
    EXPECT_EQ(FilesCount(), 2);
  }
  EXPECT_EQ(ReadFile(path_).value(), "earlier");
  EXPECT_EQ(FilesCount(), 1);
}

TEST_F(OutputFileOverAnotherTest, ItStaysWhereTheProcessEndsAtOnce) {
  auto file = OutputFile::Create(path_);
  ASSERT_TRUE(file.ok() && file->Write("new").ok());
  RemoveUnfinishedFiles();
  EXPECT_EQ(ReadFile(path_).value(), "earlier");
  EXPECT_EQ(FilesCount(), 1);
}

TEST_F(OutputFileOverAnotherTest, TheNewOneHasItsModeAndLinksLeadToIt) {
  const std::string link = directory_.path() / "link.csv";
  std::filesystem::create_symlink("keep.csv", link);
  std::filesystem::permissions(path_,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  auto file = OutputFile::Create(link);
  ASSERT_TRUE(file.ok() && file->Write("new").ok() && file->Finish().ok());
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(ReadFile(path_).value(), "new");
  EXPECT_EQ(std::filesystem::status(path_).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(OutputFileTest, ADashIsNoFile) {
  EXPECT_EQ(OutputFile::Create("-").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists("-"));
}

TEST(CheckDistinctTest, TwoOutputsAreNotOneFile) {
  EXPECT_TRUE(CheckDistinct({{"--csv", "a.csv"}, {"--receipts", "b.csv"}, {"--report", ""}}).ok());
  EXPECT_TRUE(CheckDistinct({{"--csv", ""}, {"--receipts", ""}}).ok());
  EXPECT_TRUE(CheckDistinct({{"--csv", "/dev/null"}, {"--receipts", "/dev/null"}}).ok());
  EXPECT_FALSE(CheckDistinct({{"--csv", "-"}, {"--receipts", "-"}}).ok());
  const absl::Status same = CheckDistinct({{"--csv", "a.csv"}, {"--receipts", "./b/../a.csv"}});
  EXPECT_EQ(same.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(same.message(), "--csv, --receipts: expected a file for each, found ./b/../a.csv for both");
}

[[noreturn]] void RenameWhereFsyncFails(const std::string& from, const std::string& to) {
  if (!MakeCallFail(SYS_fsync, EIO)) std::_Exit(kSkipped);
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
