// Graphs as files: what is written is read, in parts of any size; what is damaged or cut off says where.
#include "engine/store/graph_file.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"

namespace lawine {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

class Noted final : public GraphFileVisitor {
 public:
  absl::Status OnHead(const GraphFileHead& head) override {
    absl::StrAppend(&text, head.name, " ", head.digest.ToHex().substr(0, 16), " ", head.shards, " ",
                    head.bytes);
    last_head = head;
    return absl::OkStatus();
  }
  absl::Status OnShard(ShardIndex shard, const std::vector<ShardFile>& files) override {
    absl::StrAppend(&text, "; shard ", shard.value);
    for (const ShardFile& file : files)
      absl::StrAppend(&text, " ", file.name, "/", file.size, "/", file.crc32c);
    absl::StrAppend(&text, ": ");
    return absl::OkStatus();
  }
  absl::Status OnData(std::string_view bytes) override {
    text += bytes;
    return bytes == "stop" ? absl::AbortedError("as asked") : absl::OkStatus();
  }
  absl::Status OnShardEnd(ShardIndex shard) override {
    absl::StrAppend(&text, " end ", shard.value);
    return absl::OkStatus();
  }
  std::string text;
  GraphFileHead last_head;
};

absl::Status Read(std::string_view bytes, std::size_t part, std::string& text) {
  Noted noted;
  GraphFileReader reader(noted);
  absl::Status status;
  for (std::size_t at = 0; status.ok() && at < bytes.size(); at += part) {
    status = reader.Append(bytes.substr(at, part));
  }
  if (status.ok()) status = reader.Finish();
  text = noted.text;
  return status;
}
absl::Status Read(std::string_view bytes) {
  std::string text;
  return Read(bytes, bytes.size() + 1, text);
}

const GraphFileHead kHead{.name = "hyves", .digest = {.high = 0x11, .low = 2}, .shards = 3, .bytes = 9};

std::string Example() {
  return EncodeGraphFileHead(kHead) +
         EncodeGraphFileShard(ShardIndex(0), {{"a.sst", 5, 7}, {"CURRENT", 0, 0}}) +
         EncodeGraphFileData("abc") + EncodeGraphFileData("de") + EncodeGraphFileShard(ShardIndex(1), {}) +
         EncodeGraphFileShard(ShardIndex(2), {{"b.sst", 4, 8}}) + EncodeGraphFileData("wxyz") +
         EncodeGraphFileEnd(9);
}

TEST(GraphFileTest, WhatIsWrittenIsRead) {
  std::string text;
  for (const std::size_t part : {1, 2, 7, 64, 10'000}) {
    EXPECT_TRUE(Read(Example(), part, text).ok());
    EXPECT_EQ(
        text,
        "hyves 0000000000000011 3 9; shard 0 a.sst/5/7 CURRENT/0/0: abcde end 0; shard 1:  end 1; shard 2 "
        "b.sst/4/8: wxyz end 2");
  }
}

// Name, digest, shards, bytes.
const std::string kHeadOfVersionOne("\x01g\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x01\xAC\x02", 21);

// The bytes stand in the format's description: another program must be able to read them.
TEST(GraphFileTest, TheFormatIsWhatItIs) {
  const std::string head = EncodeGraphFileHead({.name = "g",
                                                .digest = {.high = 1, .low = 2},
                                                .shards = 1,
                                                .bytes = 300,
                                                .graph_version = 5,
                                                .made_digest = {.high = 3, .low = 4}});
  EXPECT_EQ(head.substr(0, 17), std::string("LAWINE-G\x02\0\0\0G\x26\0\0\0", 17));
  EXPECT_EQ(head.substr(17, 21), kHeadOfVersionOne);
  EXPECT_EQ(head.substr(38, 17), std::string("\x05\x03\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0", 17));
  EXPECT_EQ(head.size(), 17u + 38 + 4);
}

// Files of before graphs could change.
TEST(GraphFileTest, VersionOneIsReadToo) {
  std::string bytes("LAWINE-G\x01\0\0\0", 12);
  std::string record("G\x15\0\0\0", 5);
  record += kHeadOfVersionOne;
  ByteWriter(record).U32(Crc32c(record));
  bytes += record;
  Noted noted;
  GraphFileReader reader(noted);
  ASSERT_TRUE(reader.Append(bytes).ok());
  EXPECT_EQ(noted.last_head, (GraphFileHead{.name = "g",
                                            .digest = {.high = 1, .low = 2},
                                            .shards = 1,
                                            .bytes = 300,
                                            .graph_version = 1,
                                            .made_digest = {.high = 1, .low = 2}}));
}

TEST(GraphFileTest, EveryTruncationSaysHowFarItGot) {
  const std::string whole = Example();
  ForEachTruncation(whole, [&](std::string_view bytes) {
    const absl::Status status = Read(bytes);
    EXPECT_EQ(status.code(), StatusCode::kDataLoss) << status;
    const std::string where =
        bytes.empty() ? "empty" : absl::StrCat("cut off after ", bytes.size(), " bytes");
    EXPECT_THAT(std::string(status.message()), HasSubstr(where));
  });
}

TEST(GraphFileTest, EveryChangedBitIsFound) {
  ForEachBitFlip(Example(), [](std::string_view bytes) {
    const absl::Status status = Read(bytes);
    EXPECT_TRUE(status.code() == StatusCode::kDataLoss || status.code() == StatusCode::kFailedPrecondition)
        << status;
  });
}

TEST(GraphFileTest, DamageIsNamedWithItsPlace) {
  std::string bytes = Example();
  const std::size_t place = (EncodeGraphFileHead(kHead)).size();
  bytes[place + 8] ^= 1;
  EXPECT_THAT(std::string(Read(bytes).message()), HasSubstr(absl::StrCat("damaged at byte ", place, ":")));
  EXPECT_THAT(std::string(Read(Example() + "x").message()), HasSubstr("something follows the end"));
  EXPECT_THAT(std::string(Read(Example() + EncodeGraphFileEnd(9)).message()), HasSubstr("does not belong"));
  EXPECT_EQ(Read("a file of another kind").code(), StatusCode::kFailedPrecondition);
  std::string later = Example();
  later[8] = 3;
  EXPECT_THAT(std::string(Read(later).message()), HasSubstr("version 1 to 2, found 3"));
}

// Records that are sound one by one, and make no graph together.
TEST(GraphFileTest, RecordsMustAddUp) {
  const std::string head = EncodeGraphFileHead(kHead);
  const std::string shard = EncodeGraphFileShard(ShardIndex(0), {{"a", 5, 0}});
  const std::string twice = EncodeGraphFileShard(ShardIndex(0), {{"a", 1, 0}, {"a", 1, 0}});
  for (const std::string& bytes :
       {head + head, head + EncodeGraphFileEnd(9), head + EncodeGraphFileData("abc"), head + shard + shard,
        head + EncodeGraphFileShard(ShardIndex(1), {}), head + shard + EncodeGraphFileData("abcdef"),
        head + shard + EncodeGraphFileEnd(5), head + twice,
        head + EncodeGraphFileShard(ShardIndex(0), {{"../a", 1, 0}}),
        EncodeGraphFileHead({.name = "g", .digest = {}, .shards = 0, .bytes = 0}),
        EncodeGraphFileHead({.name = "g", .digest = {}, .shards = 5'000, .bytes = 0}),
        EncodeGraphFileHead({.name = "../g", .digest = {}, .shards = 1, .bytes = 0}),
        EncodeGraphFileHead({.name = "g", .digest = {}, .shards = 1, .bytes = 6}) + shard +
            EncodeGraphFileData("abcde") + EncodeGraphFileEnd(5)}) {
    EXPECT_EQ(Read(bytes).code(), StatusCode::kDataLoss) << bytes.size();
  }
}

TEST(GraphFileTest, WhoReadsMayStop) {
  const std::string bytes = EncodeGraphFileHead(kHead) + EncodeGraphFileShard(ShardIndex(0), {{"a", 9, 0}}) +
                            EncodeGraphFileData("stop") + EncodeGraphFileData("later");
  std::string text;
  EXPECT_EQ(Read(bytes, 5, text).code(), StatusCode::kAborted);
  EXPECT_THAT(text, testing::EndsWith("stop"));
}

}  // namespace
}  // namespace lawine
