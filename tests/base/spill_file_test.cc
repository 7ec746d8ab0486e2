#include "engine/base/spill_file.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using ::testing::HasSubstr;

TEST(SpillFileTest, GivesBackWhatItWasGivenFromMemoryFromDiskAndAcrossBoth) {
  TempDirectory directory;
  for (const std::uint64_t memory_bytes : {std::uint64_t{0}, std::uint64_t{5'000}, ~std::uint64_t{0} >> 1}) {
    SpillFile file({.directory = directory.path(), .memory_bytes = memory_bytes});
    TestRandom random(1);
    std::string all;
    // More than is collected for one write.
    while (all.size() < 3'000'000) {
      const std::string part(random.Below(60'000), static_cast<char>('a' + random.Below(26)));
      ASSERT_TRUE(file.Append(part).ok());
      all += part;
    }
    ASSERT_EQ(file.size(), all.size());
    EXPECT_EQ(file.on_disk(), memory_bytes < all.size());
    for (int i = 0; i < 200; ++i) {
      const std::size_t offset = random.Below(all.size() + 1);
      const std::size_t count = random.Below(all.size() - offset + 1);
      std::string bytes;
      ASSERT_TRUE(file.Read(offset, count, bytes).ok());
      ASSERT_EQ(bytes, all.substr(offset, count));
    }
  }
}

TEST(SpillFileTest, LeavesNoFileBehindAndNothingWhereFewBytesCame) {
  TempDirectory directory;
  const std::filesystem::path inside = directory.path() / "made" / "when needed";
  SpillFile few({.directory = inside, .memory_bytes = 100});
  ASSERT_TRUE(few.Append("few").ok());
  EXPECT_FALSE(std::filesystem::exists(inside));
  SpillFile many({.directory = inside, .memory_bytes = 2});
  ASSERT_TRUE(many.Append("many").ok());
  EXPECT_TRUE(many.on_disk());
  EXPECT_TRUE(std::filesystem::is_empty(inside));
}

TEST(SpillFileTest, MovesWithItsBytes) {
  TempDirectory directory;
  SpillFile from({.directory = directory.path(), .memory_bytes = 1});
  ASSERT_TRUE(from.Append("moved").ok());
  SpillFile to = std::move(from);
  ASSERT_TRUE(to.Append(" on").ok());
  std::string bytes;
  ASSERT_TRUE(to.Read(0, to.size(), bytes).ok());
  EXPECT_EQ(bytes, "moved on");
}

TEST(SpillFileTest, AMovedOneStillGoesToDisk) {
  TempDirectory directory;
  SpillFile from({.directory = directory.path(), .memory_bytes = 1});
  SpillFile constructed = std::move(from);
  ASSERT_TRUE(constructed.Append("more than fits").ok());
  EXPECT_TRUE(constructed.on_disk());
  SpillFile assigned{SpillOptions()};
  assigned = SpillFile({.directory = directory.path(), .memory_bytes = 1});
  ASSERT_TRUE(assigned.Append("more than fits").ok());
  EXPECT_TRUE(assigned.on_disk());
}

TEST(SpillFileTest, ADirectoryThatCannotBeIsNamed) {
  TempDirectory directory;
  SpillFile file({.directory = "/proc/nothing/here", .memory_bytes = 0});
  const absl::Status status = file.Append("x");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot make /proc/nothing/here"));
}

TEST(SpillFileTest, AFileThatCannotGrowIsAnErrorThatSaysWhere) {
  TempDirectory directory;
  SpillFile file({.directory = directory.path(), .memory_bytes = 0});
  absl::Status status;
  {
    const FileSizeLimit limit(1 << 20);
    for (int i = 0; i < 4 && status.ok(); ++i) status = file.Append(std::string(1 << 20, 'x'));
  }
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot write to " + directory.path().string()));
}

TEST(SpillFileTest, AWriteThatFailedHalfwayIsGoneOnWith) {
  TempDirectory directory;
  SpillFile file({.directory = directory.path(), .memory_bytes = 0});
  TestRandom random(2);
  std::string all;
  const auto append = [&](std::size_t size) {
    const std::string part = random.Bytes(size);
    all += part;
    return file.Append(part);
  };
  {
    const FileSizeLimit limit((1 << 20) + 1'000);
    ASSERT_TRUE(append(1 << 20).ok());
    ASSERT_FALSE(append((1 << 20) + 1).ok()) << "a thousand bytes of it are there";
    ASSERT_FALSE(append(2'000).ok());
  }
  ASSERT_EQ(file.size(), all.size());
  const auto expect_all = [&] {
    std::string bytes;
    ASSERT_TRUE(file.Read(0, all.size(), bytes).ok());
    EXPECT_TRUE(bytes == all);
  };
  expect_all();
  ASSERT_TRUE(append(100).ok());
  ASSERT_EQ(file.size(), all.size());
  expect_all();
}

}  // namespace
}  // namespace lawine
