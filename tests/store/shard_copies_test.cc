// Copies of shards: whatever breaks them off they go on where they were, and come out as what they were made
// from.
#include "engine/store/shard_copies.h"

#include <sys/syscall.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "engine/base/crc32c.h"
#include "engine/store/rocks_store.h"
#include "engine/store/shard_arrivals.h"
#include "engine/store/shard_check.h"
#include "engine/store/shard_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/changed_graph.h"
#include "tests/support/failing_call.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/shards.h"
#include "tests/support/temp_directory.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;
using absl::StatusCode;
using testing::HasSubstr;

std::string Content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class ShardCopiesTest : public testing::Test {
 protected:
  ShardCopiesTest() : arrivals_((root_.path() / "to").string()) {
    TestRandom random(1);
    const VectorLinkSource source(RandomGraph(random, 1'000, 5, 1'000), {.columns = {.kinds = true}});
    from_ = Storage("from");
    EXPECT_TRUE(Shards::Build(source, PartitionMap::Even(1'000, 2), *from_, executor_).ok());
  }
  std::unique_ptr<ShardStorage> Storage(const std::string& name) {
    return *OpenRocksStorage((root_.path() / name).string(), {});
  }
  std::unique_ptr<ShardCheckpoint> Checkpoint() {
    const auto reader = from_->Open(kName);
    EXPECT_TRUE(reader.ok()) << reader.status();
    auto checkpoint = (*reader)->Checkpoint();
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    return *std::move(checkpoint);
  }
  // At most `bytes` of what is missing, in parts of `part`.
  static absl::Status Feed(const ShardCheckpoint& source, ShardArrival& arrival, std::uint64_t bytes,
                           std::size_t part) {
    absl::Status status;
    while (status.ok() && bytes > 0) {
      const auto next = arrival.next();
      if (!next.has_value()) break;
      const std::size_t count = std::min<std::uint64_t>(part, bytes);
      const auto read = source.Read(next->file, next->offset, count);
      EXPECT_TRUE(read.ok()) << read.status();
      bytes -= read->size();
      status = arrival.Append(*read);
    }
    return status;
  }
  std::unique_ptr<ShardArrival> Begin(const ShardCheckpoint& source) {
    auto arrival = arrivals_.Begin(kName, source.files());
    EXPECT_TRUE(arrival.ok()) << arrival.status();
    return *std::move(arrival);
  }
  Digest DigestOf(ShardStorage& storage, const ShardName& name) {
    const auto reader = storage.Open(name);
    EXPECT_TRUE(reader.ok()) << reader.status();
    const auto check = CheckShard(**reader, executor_);
    EXPECT_TRUE(check.ok()) << check.status();
    return check.ok() ? check->digest : Digest();
  }
  fs::path Arriving() const { return root_.path() / "to/test/shard-0001.arriving"; }
  // Ends this process, with 0 when `as_expected`.
  [[noreturn]] void Exit(bool as_expected) const {
    std::error_code ignored;
    fs::remove_all(root_.path(), ignored);
    std::_Exit(as_expected ? 0 : 1);
  }
  // A file comes whole, and cannot be made durable: it must come again from its first byte.
  [[noreturn]] void AppendWhereFsyncFails() {
    const auto source = Checkpoint();
    const auto arrival = Begin(*source);
    const auto next = arrival->next();
    if (!MakeCallFail(SYS_fsync, EIO)) Exit(true);
    const std::string bytes = *source->Read(next->file, 0, source->files()[next->file].size);
    const absl::Status status = arrival->Append(bytes);
    const auto after = arrival->next();
    Exit(absl::IsUnavailable(status) && after.has_value() && after->file == next->file &&
         after->offset == 0 && arrival->bytes_arrived() == 0 &&
         fs::file_size(Arriving() / source->files()[next->file].name) == 0);
  }
  // Whole files were left by an arrival that was broken off, and cannot be made durable.
  [[noreturn]] void BeginAgainWhereFsyncFails() {
    const auto source = Checkpoint();
    const bool fed = Feed(*source, *Begin(*source), ~0ull, 1 << 20).ok();
    if (!MakeCallFail(SYS_fsync, EIO)) Exit(true);
    const absl::Status status = arrivals_.Begin(kName, source->files()).status();
    Exit(fed && absl::IsUnavailable(status) && !fs::exists(Arriving() / source->files()[0].name));
  }

  // The rest of a file comes, and what was there cannot be read: all of it must come again.
  [[noreturn]] void AppendWhereReadsFail() {
    const auto source = Checkpoint();
    const std::uint64_t size = source->files()[0].size;
    const bool fed = size > 1 && Feed(*source, *Begin(*source), size / 2, 1 << 20).ok();
    const auto arrival = Begin(*source);
    const std::string rest = *source->Read(0, arrival->bytes_arrived(), size);
    const bool half = arrival->bytes_arrived() == size / 2;
    if (!MakeCallFail(SYS_pread64, EIO)) Exit(true);
    const absl::Status status = arrival->Append(rest);
    const auto after = arrival->next();
    Exit(fed && half && absl::IsUnavailable(status) && after.has_value() && after->file == 0 &&
         after->offset == 0 && arrival->bytes_arrived() == 0);
  }

  const ShardName kName{"test", ShardIndex(1)};
  const TempDirectory root_;
  InlineExecutor executor_;
  std::unique_ptr<ShardStorage> from_;
  const ShardArrivals arrivals_;
};

TEST_F(ShardCopiesTest, ACopyIsTheShard) {
  const auto source = Checkpoint();
  auto arrival = Begin(*source);
  EXPECT_EQ(arrival->bytes_total(), BytesOf(source->files()));
  EXPECT_EQ(arrivals_.Adopt(kName).code(), StatusCode::kFailedPrecondition) << "not before it is whole";
  EXPECT_TRUE(Feed(*source, *arrival, ~0ull, 1000).ok());
  EXPECT_EQ(arrival->bytes_arrived(), arrival->bytes_total());
  EXPECT_TRUE(arrival->Finish().ok());
  const auto manifest = arrivals_.ManifestOf(kName);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(*manifest, (*from_->Open(kName))->manifest());
  const auto to = Storage("to");
  EXPECT_THAT(*to->List(), testing::IsEmpty()) << "a copy is no shard before it is adopted";
  EXPECT_TRUE(arrivals_.Adopt(kName).ok());
  EXPECT_EQ(DigestOf(*to, kName), DigestOf(*from_, kName));
  EXPECT_FALSE(fs::exists(Arriving()));
  EXPECT_EQ(arrivals_.Adopt(kName).code(), StatusCode::kFailedPrecondition);
}

TEST_F(ShardCopiesTest, ACheckpointOutlivesItsShard) {
  auto source = Checkpoint();
  const Digest digest = DigestOf(*from_, kName);
  ASSERT_TRUE(from_->Delete(kName).ok());
  auto arrival = Begin(*source);
  EXPECT_TRUE(Feed(*source, *arrival, ~0ull, 1 << 20).ok());
  EXPECT_TRUE(arrival->Finish().ok());
  EXPECT_TRUE(arrivals_.Adopt(kName).ok());
  EXPECT_EQ(DigestOf(*Storage("to"), kName), digest);
  const auto entries = [&] { return std::distance(fs::directory_iterator(root_.path() / "from/test"), {}); };
  EXPECT_EQ(entries(), 2);
  source = nullptr;
  EXPECT_EQ(entries(), 1) << "the checkpoint goes with its reader";
}

TEST_F(ShardCopiesTest, BytesMayComeAgainAfterAWriteThatFailed) {
  const auto source = Checkpoint();
  auto arrival = Begin(*source);
  const auto next = arrival->next();
  ASSERT_TRUE(next.has_value());
  const std::uint64_t size = source->files()[next->file].size;
  const std::string bytes = *source->Read(next->file, 0, size);
  {
    const FileSizeLimit limit(size / 2);
    EXPECT_FALSE(arrival->Append(bytes).ok()) << "half of them are there";
  }
  EXPECT_EQ(arrival->next()->offset, 0u);
  EXPECT_TRUE(Feed(*source, *arrival, ~0ull, 1 << 20).ok());
  EXPECT_TRUE(arrival->Finish().ok());
  EXPECT_EQ(fs::file_size(Arriving() / source->files()[next->file].name), size);
  EXPECT_TRUE(arrivals_.Adopt(kName).ok());
  EXPECT_EQ(DigestOf(*Storage("to"), kName), DigestOf(*from_, kName));
}

using ShardCopiesDeathTest = ShardCopiesTest;

TEST_F(ShardCopiesDeathTest, WhatIsNotOnTheDiskIsNotWhole) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(AppendWhereFsyncFails(), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(BeginAgainWhereFsyncFails(), testing::ExitedWithCode(0), "");
}

TEST_F(ShardCopiesDeathTest, WhatCannotBeReadComesAgainAndIsCountedOnce) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(AppendWhereReadsFail(), testing::ExitedWithCode(0), "");
}

// Broken off after every so many bytes, also inside files, also after all of them.
TEST_F(ShardCopiesTest, ACopyGoesOnWhereItWasBrokenOff) {
  const auto source = Checkpoint();
  const std::uint64_t total = BytesOf(source->files());
  std::uint64_t arrived = 0, rounds = 0;
  while (arrived < total) {
    const auto arrival = Begin(*source);
    EXPECT_EQ(arrival->bytes_arrived(), arrived) << "what was there need not come again";
    EXPECT_TRUE(Feed(*source, *arrival, 1 + total / 23, 97).ok());
    EXPECT_GT(arrival->bytes_arrived(), arrived);
    arrived = arrival->bytes_arrived();
    ++rounds;
  }
  EXPECT_GT(rounds, 20u);
  EXPECT_FALSE(*HasArrived(Arriving().string()));
  auto arrival = Begin(*source);
  EXPECT_FALSE(arrival->next().has_value());
  EXPECT_TRUE(arrival->Finish().ok());
  arrival = Begin(*source);
  EXPECT_TRUE(*HasArrived(Arriving().string())) << "a second look changes nothing";
  EXPECT_TRUE(arrivals_.Adopt(kName).ok());
  EXPECT_EQ(DigestOf(*Storage("to"), kName), DigestOf(*from_, kName));
}

TEST_F(ShardCopiesTest, WhatIsThereAndWrongComesAgain) {
  const auto source = Checkpoint();
  for (const std::uint64_t kept : {std::uint64_t{50}, BytesOf(source->files())}) {
    auto arrival = Begin(*source);
    EXPECT_TRUE(Feed(*source, *arrival, kept, 10).ok());
    arrival = nullptr;
    for (const auto& entry : fs::directory_iterator(Arriving())) {
      std::string content = Content(entry.path());
      if (content.empty()) continue;
      content[0] ^= 1;
      std::ofstream(entry.path(), std::ios::binary) << content;
    }
    std::ofstream(Arriving() / "of-another-checkpoint") << "x";
    arrival = Begin(*source);
    EXPECT_FALSE(fs::exists(Arriving() / "of-another-checkpoint"));
    EXPECT_TRUE(Feed(*source, *arrival, ~0ull, 1 << 16).ok());
    EXPECT_TRUE(arrival->Finish().ok());
    for (const ShardFile& file : source->files()) {
      EXPECT_EQ(Crc32c(Content(Arriving() / file.name)), file.crc32c) << file.name;
    }
    EXPECT_TRUE(arrivals_.Remove(kName).ok());
    EXPECT_FALSE(fs::exists(Arriving()));
  }
}

TEST_F(ShardCopiesTest, WrongBytesAreRefused) {
  const auto source = Checkpoint();
  const auto arrival = Begin(*source);
  const auto next = arrival->next();
  ASSERT_TRUE(next.has_value());
  std::string bytes = *source->Read(next->file, 0, source->files()[next->file].size);
  bytes[bytes.size() / 2] ^= 0x10;
  const absl::Status status = arrival->Append(bytes);
  EXPECT_EQ(status.code(), StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(source->files()[next->file].name));
  EXPECT_EQ(arrival->next()->offset, 0u) << "it has to come again";
  EXPECT_EQ(arrival->Append(bytes + bytes).code(), StatusCode::kInvalidArgument) << "more than there is";
}

// A table that is damaged at its source does not pass for a good one: its checksum is that of when it was
// built.
TEST_F(ShardCopiesTest, DamageAtTheSourceIsFound) {
  const auto reader = *from_->Open(kName);
  fs::path table;
  for (const auto& entry : fs::directory_iterator(root_.path() / "from/test/shard-0001")) {
    if (entry.path().extension() == ".sst") table = entry.path();
  }
  ASSERT_FALSE(table.empty());
  std::string content = Content(table);
  content[content.size() / 3] ^= 1;
  std::ofstream(table, std::ios::binary) << content;
  const auto source = reader->Checkpoint();
  ASSERT_TRUE(source.ok()) << source.status();
  const auto arrival = Begin(**source);
  EXPECT_EQ(Feed(**source, *arrival, ~0ull, 1 << 20).code(), StatusCode::kDataLoss);
}

TEST_F(ShardCopiesTest, ACopyMayGetAnotherName) {
  const ShardName other{"other", ShardIndex(1)};
  const auto source = Checkpoint();
  auto arrival = *arrivals_.Begin(other, source->files());
  EXPECT_TRUE(Feed(*source, *arrival, ~0ull, 1 << 16).ok());
  EXPECT_TRUE(arrival->Finish().ok());
  EXPECT_THAT(std::string(arrivals_.ManifestOf(other).status().message()),
              HasSubstr("in truth shard 1 of 'test'"));
  {
    const auto reader = arrivals_.Open(other);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ((*reader)->manifest().graph.name, "other");
    EXPECT_TRUE(CheckShard(**reader, executor_).ok());
  }
  EXPECT_EQ(arrivals_.Adopt(other).code(), StatusCode::kFailedPrecondition) << "opening has changed it";
  EXPECT_TRUE(arrivals_.MarkArrived(other).ok());
  EXPECT_TRUE(arrivals_.Adopt(other).ok());
  EXPECT_EQ(DigestOf(*Storage("to"), other), DigestOf(*from_, kName));
}

TEST_F(ShardCopiesTest, ACopyHasTheChangesOfItsShard) {
  TestRandom random(2);
  const TestGraph made = RandomGraph(random, 200, 5, 200);
  const VectorLinkSource source(made);
  const auto storage = Storage("changed");
  ChangedGraph graph(source, PartitionMap::Even(source.members_count(), 2), *storage);
  const auto change = [&] {
    EXPECT_TRUE(graph.Apply(graph.BatchOf({{{random.Next(), made.links[0].first}, true}}, {})).ok());
    return graph.info();
  };
  const GraphInfo first = graph.info(), second = change();
  const auto checkpoint = graph.log(1).stored()->Checkpoint();
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  change();  // too late for the copy
  auto arrival = Begin(**checkpoint);
  EXPECT_TRUE(Feed(**checkpoint, *arrival, ~0ull, 1 << 16).ok());
  EXPECT_TRUE(arrival->Finish().ok());
  EXPECT_EQ(arrivals_.DigestAt(kName, 1).value(), first.digest);
  EXPECT_EQ(arrivals_.DigestAt(kName, 2).value(), second.digest);
  const absl::Status missing = arrivals_.DigestAt(kName, 3).status();
  EXPECT_EQ(missing.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(missing.message()), HasSubstr("expected a copy that has version 3"));
  EXPECT_TRUE(arrivals_.Adopt(kName).ok());
  const auto there = Storage("to");
  auto stored = there->Open(kName);
  ASSERT_TRUE(stored.ok()) << stored.status();
  const auto log = ShardLog::Open(*std::move(stored));
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ((*log)->head(), second);
}

TEST_F(ShardCopiesTest, WhatAnEarlierProcessLeftIsRemoved) {
  std::vector<fs::path> left;
  for (const char* const name : {"test/shard-0001.sending-3", "test/shard-0002.loading",
                                 "test/shard-0003.deleting", "gone/shard-0000.deleting"}) {
    left.push_back(root_.path() / "to" / name);
    fs::create_directories(left.back());
    std::ofstream(left.back() / "x") << "x";
  }
  Begin(*Checkpoint());
  arrivals_.RemoveLeftovers();
  for (const fs::path& path : left) EXPECT_FALSE(fs::exists(path)) << path;
  EXPECT_TRUE(fs::exists(Arriving())) << "copies on their way stay";
  EXPECT_FALSE(fs::exists(root_.path() / "to/gone")) << "it was the last of its graph";
}

TEST_F(ShardCopiesTest, CopiesOnTheirWayAreListed) {
  EXPECT_THAT(arrivals_.Arriving("test").value(), testing::IsEmpty());
  const auto source = Checkpoint();
  Begin(*source);
  ASSERT_TRUE(arrivals_.Begin({"test", ShardIndex(12'345)}, source->files()).ok());
  ASSERT_TRUE(arrivals_.Begin({"other", ShardIndex(0)}, source->files()).ok());
  fs::create_directories(root_.path() / "to/test/shard-0003.loading");
  EXPECT_THAT(arrivals_.Arriving("test").value(),
              testing::ElementsAre(kName, ShardName{"test", ShardIndex(12'345)}));
  EXPECT_EQ(arrivals_.Arriving("..").status().code(), StatusCode::kInvalidArgument);
}

TEST(ShardFilesTest, ListsThatAreNoneAreRefused) {
  const auto refused = [](const std::vector<ShardFile>& files) {
    return CheckShardFiles(files).code() == StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(CheckShardFiles({{"000012.sst", 5, 1}, {"CURRENT", 16, 2}}).ok());
  EXPECT_TRUE(CheckShardFiles({}).ok());
  for (const char* const name :
       {"", ".", "..", "../x", "a/b", "/etc/passwd", ".hidden", "a b", "ARRIVED", "a\n"}) {
    EXPECT_TRUE(refused({{name, 1, 1}})) << name;
  }
  EXPECT_TRUE(refused({{std::string(129, 'a'), 1, 1}}));
  EXPECT_TRUE(refused({{"a", 1, 1}, {"a", 1, 1}}));
  EXPECT_TRUE(refused({{"a", 1ull << 63, 1}, {"b", 1ull << 63, 1}})) << "sizes overflow";
  EXPECT_TRUE(refused(std::vector<ShardFile>(kShardFilesMax + 1)));
}

}  // namespace
}  // namespace lawine
