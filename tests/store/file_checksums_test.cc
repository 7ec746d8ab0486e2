#include "engine/store/file_checksums.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::vector<FileChecksum> kFiles = {{.name = "000001.sst", .size = 17, .whole = 0xABCD, .end = 1},
                                          {.name = "000020.sst", .size = 1ull << 40, .whole = 0, .end = ~0u}};

TEST(FileChecksumsTest, TextHasAllOfThem) {
  const auto files = DecodeChecksums(EncodeChecksums(kFiles));
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(EncodeChecksums(*files), EncodeChecksums(kFiles));
  EXPECT_TRUE(DecodeChecksums(EncodeChecksums({})).ok());
}

TEST(FileChecksumsTest, AnyDamageToItIsRefused) {
  const std::string text = EncodeChecksums(kFiles);
  ForEachTruncation(text, [](std::string_view bytes) { EXPECT_FALSE(DecodeChecksums(bytes).ok()); });
  ForEachBitFlip(text, [](std::string_view bytes) { EXPECT_FALSE(DecodeChecksums(bytes).ok()) << bytes; });
}

// A worker that sends a shard could have others read by that.
TEST(FileChecksumsTest, NamesOfOtherDirectoriesAreRefused) {
  const std::string text = EncodeChecksums({{.name = "../000001.sst", .size = 1, .whole = 0, .end = 0}});
  const absl::Status status = DecodeChecksums(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("a file of another directory"));
}

TEST(FileChecksumsTest, AnotherVersionIsToldFromDamage) {
  std::string text = "lawine-files 2\n";
  text += "crc32c 00000000\n";
  EXPECT_EQ(DecodeChecksums(text).status().code(), absl::StatusCode::kDataLoss);
  text = EncodeChecksums({});
  text[13] = '2';
  const std::size_t last = text.rfind("crc32c ");
  char hex[16];
  std::snprintf(hex, sizeof hex, "%08x", Crc32c(std::string_view(text).substr(0, last)));
  text.replace(last + 7, 8, hex);
  const absl::Status status = DecodeChecksums(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("expected 'lawine-files 1', found 'lawine-files 2'"));
}

class DirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    TestRandom random(1);
    large_ = random.Bytes(3 * kEndBytes + 5);
    Write("a.sst", "few bytes");
    Write("b.sst", large_);
    Write("LOCK", "");
    ASSERT_TRUE(WriteChecksums(path()).ok());
  }
  std::string path() const { return directory_.path().string(); }
  void Write(const std::string& name, const std::string& bytes) {
    std::ofstream(directory_.path() / name, std::ios::binary) << bytes;
  }
  absl::Status Check() { return CheckFiles(path()).status(); }

  const TempDirectory directory_;
  std::string large_;
};

TEST_F(DirectoryTest, FilesThatAreAsTheyWereAreSound) {
  EXPECT_EQ(CheckFiles(path()).value(), large_.size() + 9);
  EXPECT_EQ(CheckEnds(path()).value(), kEndBytes + 9);
  Write("LOCK", "is not looked at");
  EXPECT_TRUE(Check().ok());
}

TEST_F(DirectoryTest, AChangeAnywhereIsFound) {
  for (const std::size_t at : {std::size_t{0}, std::size_t{100}, large_.size() / 2, large_.size() - 1}) {
    std::string changed = large_;
    changed[at] ^= static_cast<char>(0x80);
    Write("b.sst", changed);
    EXPECT_EQ(Check().code(), absl::StatusCode::kDataLoss) << at;
    EXPECT_EQ(CheckEnds(path()).status().ok(), at < large_.size() - kEndBytes) << at;
  }
}

TEST_F(DirectoryTest, MissingAndShortFilesAreNamed) {
  Write("b.sst", large_.substr(0, 1000));
  EXPECT_THAT(std::string(CheckEnds(path()).status().message()),
              HasSubstr("b.sst: damaged: expected 3145733 bytes"));
  fs::remove(directory_.path() / "b.sst");
  EXPECT_THAT(std::string(Check().message()), HasSubstr("b.sst: damaged: expected this file"));
  EXPECT_EQ(CheckEnds(path()).value(), 9u) << "it may be one that the shard does not have any more";
}

TEST_F(DirectoryTest, ShardsOfEarlierVersionsHaveNone) {
  fs::remove(directory_.path() / kChecksumsFile);
  EXPECT_EQ(CheckFiles(path()).value(), 0u);
  EXPECT_TRUE(AddChecksums(path(), {"a.sst"}).ok());
  EXPECT_FALSE(fs::exists(directory_.path() / kChecksumsFile));
}

TEST_F(DirectoryTest, OthersAreAddedAndThoseThereAreKept) {
  Write("a.sst", "damaged since");
  Write("c.sst", "new");
  ASSERT_TRUE(AddChecksums(path(), {"c.sst", "a.sst", "b.sst"}).ok());
  const auto files = ReadChecksums(path());
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 3u);
  EXPECT_EQ((*files)[0].size, 9u) << "as it was when it was written";
  EXPECT_EQ((*files)[2].name, "c.sst");
  EXPECT_EQ(Check().code(), absl::StatusCode::kDataLoss);
  Write("a.sst", "few bytes");
  EXPECT_EQ(CheckFiles(path()).value(), large_.size() + 9 + 3);
}

TEST_F(DirectoryTest, WhatIsNotKeptIsNotListed) {
  Write("c.sst", "new");
  fs::remove(directory_.path() / "a.sst");
  ASSERT_TRUE(AddChecksums(path(), {"c.sst", "b.sst", "gone.sst"}).ok());
  EXPECT_EQ(CheckFiles(path()).value(), large_.size() + 3) << "neither a nor what is gone";
  ASSERT_TRUE(KeepChecksums(path(), {"b.sst", "d.sst"}).ok());
  EXPECT_EQ(CheckFiles(path()).value(), large_.size());
  fs::remove(directory_.path() / "b.sst");
  ASSERT_TRUE(AddChecksums(path(), {"b.sst", "c.sst"}).ok());
  EXPECT_EQ(Check().code(), absl::StatusCode::kDataLoss) << "one that should be there";
}

}  // namespace
}  // namespace lawine
