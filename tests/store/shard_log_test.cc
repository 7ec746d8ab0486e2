// Changes of one shard: what is acknowledged survives, what is refused, folding.
#include "engine/store/shard_log.h"

#include <rocksdb/env.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/changed_reader.h"
#include "engine/store/memory_store.h"
#include "engine/store/rocks_store.h"
#include "engine/store/shard_check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/faulty_disk.h"
#include "tests/support/changed_graph.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/graphs.h"
#include "tests/support/temp_directory.h"
#include "tests/support/vector_link_source.h"
#include "tests/support/write_ahead_log.h"

namespace lawine {
namespace {

using testing::HasSubstr;
using Edits = std::vector<std::pair<KeyPair, bool>>;

constexpr LinkColumns kNoColumns = {};

TEST(ShardLogTest, LinksAreAsTheyWereAtEachVersion) {
  const VectorLinkSource source(Path(4));  // 10 -> 20 -> 30 -> 40
  MemoryShardStorage storage;
  ChangedGraph graph(source, PartitionMap::Even(4, 1), storage);
  ASSERT_TRUE(graph.Apply(graph.BatchOf({{{10, 30}, true}, {{20, 30}, false}}, kNoColumns)).ok());
  ASSERT_TRUE(graph.Apply(graph.BatchOf({{{20, 30}, true}, {{30, 50}, true}}, kNoColumns)).ok());
  const std::vector<LinkPlace> places = {
      {MemberId(0), MemberId(2)}, {MemberId(1), MemberId(2)}, {MemberId(2), MemberId(4)}};
  const auto there = [&](std::uint64_t version) {
    std::string text;
    const auto states = graph.log(0).ReadLinks(version, places).value();
    for (const LinkState& state : states) text += state.there ? '1' : '0';
    return text;
  };
  EXPECT_EQ(there(1), "010");
  EXPECT_EQ(there(2), "100");
  EXPECT_EQ(there(3), "111");
  EXPECT_EQ(graph.log(0).FindAdded(50, 3), MemberId(4));
  EXPECT_EQ(graph.log(0).FindAdded(50, 2), std::nullopt);
  const auto later = graph.log(0).ReadLinks(4, places);
  EXPECT_EQ(later.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(later.status().message()), HasSubstr("expected a version from 1 to 3, found 4"));
}

TEST(ShardLogTest, WhatDidNotComeToCountIsReplacedAndNothingElse) {
  const VectorLinkSource source(Path(4));
  MemoryShardStorage storage;
  ChangedGraph graph(source, PartitionMap::Even(4, 1), storage);
  const GraphInfo made = graph.info();
  ShardLog& log = graph.log(0);
  const auto record = [&](std::uint64_t ticket, MemberId receiver) {
    ChangePlan plan(made, {});
    EXPECT_TRUE(plan.Add({.members = {}, .links = {{{10, MemberId(0)}, {30, receiver}}}}).ok());
    return plan.Records(ticket)[0];
  };
  ASSERT_TRUE(log.Append(record(1, MemberId(2)), made.digest).ok());
  ASSERT_TRUE(log.Append(record(2, MemberId(3)), made.digest).ok());
  EXPECT_EQ(log.records_count(), 1u);
  EXPECT_EQ(log.ticket(), 2u);
  EXPECT_FALSE(log.ReadLinks(2, std::vector<LinkPlace>{{MemberId(0), MemberId(2)}}).value()[0].there);
  // One that was under way for too long.
  const absl::Status late = log.Append(record(1, MemberId(2)), made.digest);
  EXPECT_EQ(late.code(), absl::StatusCode::kAborted) << late;
  EXPECT_THAT(std::string(late.message()), HasSubstr("later changes were written"));
  // One of another graph.
  Digest other = made.digest;
  other += {.high = 0, .low = 1};
  EXPECT_EQ(log.Append(record(3, MemberId(2)), other).code(), absl::StatusCode::kFailedPrecondition);
  ChangeRecord outside = record(4, MemberId(2));
  outside.links[0].receiver = 4;
  EXPECT_EQ(log.Append(outside, made.digest).code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(graph.Reopen().ok());
  EXPECT_EQ(graph.log(0).head().graph_version, 2u);
  EXPECT_EQ(graph.log(0).ticket(), 2u);
}

// The digests of the stored shards, everything read, and of the graph's version over them.
void ExpectSound(ChangedGraph& graph) {
  InlineExecutor executor;
  Digest sum;
  for (std::size_t s = 0; s < graph.shards_count(); ++s) {
    const auto stored = graph.log(s).stored();
    const auto base = ShardMembers::Read(*stored).value();
    const auto delta = graph.log(s).DeltaOf(graph.info().graph_version, *base);
    ASSERT_TRUE(delta.ok()) << delta.status();
    std::shared_ptr<const ShardReader> reader = stored;
    if (*delta != nullptr) reader = std::make_shared<ChangedReader>(stored, *delta);
    const auto check = CheckShard(*reader, executor);
    ASSERT_TRUE(check.ok()) << check.status();
    sum += check->digest;
  }
  EXPECT_EQ(sum.ToHex(), graph.info().digest.ToHex());
}

TEST(ShardLogTest, FoldedShardsAreSoundAndReadersGoOnWithWhatWas) {
  TestRandom random(3);
  const TempDirectory root;
  const auto storage = OpenRocksStorage(root.path().string(), {}).value();
  const TestGraph made = ErdosRenyi(random, 3'000, 6);
  const VectorLinkSource source(made);
  ChangedGraph graph(source, BalancedPartition(source, 3), *storage);
  TestGraph now = made;
  for (int round = 0; round < 4; ++round) {
    auto before = graph.log(2).stored();
    const ShardManifest manifest = before->manifest();
    const Edits edits = RandomEdits(random, now, 500, 20);
    ASSERT_TRUE(graph.Apply(graph.BatchOf(edits, kNoColumns)).ok());
    now = AfterEdits(now, edits);
    ExpectSound(graph);
    ASSERT_TRUE(graph.Fold().ok());
    EXPECT_EQ(graph.log(2).records_count(), 0u);
    ExpectSound(graph);
    InlineExecutor executor;
    const auto old = CheckShard(*before, executor);
    ASSERT_TRUE(old.ok()) << old.status();
    EXPECT_EQ(old->digest, manifest.digest);
    before = nullptr;  // one at a time has a shard open
    if (round % 2 == 0) {
      ASSERT_TRUE(graph.Reopen().ok());
    }
    ExpectSound(graph);
  }
  const VectorLinkSource scratch(now);
  const Shards built = Shards::InMemory(scratch, BalancedPartition(scratch, 1));
  EXPECT_EQ(graph.info().digest.ToHex(), built.info().digest.ToHex());
  const auto folded = graph.log(0).ReadLinks(1, {});
  EXPECT_THAT(std::string(folded.status().message()), HasSubstr("were folded into later ones"));
}

TEST(ShardLogTest, DamagedRecordsAreFoundWhenAShardIsOpened) {
  const VectorLinkSource source(Path(4));
  MemoryShardStorage storage;
  ChangedGraph graph(source, PartitionMap::Even(4, 1), storage);
  ASSERT_TRUE(graph.Apply(graph.BatchOf({{{10, 30}, true}}, kNoColumns)).ok());
  auto shard = storage.Find({"test", ShardIndex(0)}).value();
  EXPECT_TRUE(graph.log(0).CheckStored().ok());
  shard.changes[2][9] ^= 1;
  storage.Put({"test", ShardIndex(0)}, std::make_shared<const MemoryShardStorage::Shard>(shard));
  EXPECT_EQ(graph.log(0).CheckStored().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(graph.Reopen().code(), absl::StatusCode::kDataLoss);
  shard.changes[3] = shard.changes[2];
  shard.changes.erase(2);
  shard.changes[3][9] ^= 1;
  storage.Put({"test", ShardIndex(0)}, std::make_shared<const MemoryShardStorage::Shard>(shard));
  EXPECT_THAT(std::string(graph.Reopen().message()), HasSubstr("expected the changes of version 2"));
}

// Shards on a disk that loses power while they change or are folded: what all shards had acknowledged is
// there.
TEST(ShardLogTest, WhatIsAcknowledgedSurvivesLostPower) {
  std::uint64_t forgotten = 0, acknowledged = 0, folds = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    TestRandom random(seed);
    const TempDirectory root;
    auto disk = std::make_shared<FaultyDisk>();
    auto env = rocksdb::NewCompositeEnv(disk);
    RocksOptions options;
    options.env = env.get();
    auto storage = OpenRocksStorage(root.path().string(), options).value();
    const TestGraph made = RandomGraph(random, 100, 10, 100);
    const VectorLinkSource source(made);
    auto graph = std::make_unique<ChangedGraph>(source, BalancedPartition(source, 2), *storage);
    disk->DieAfter(1 + random.Below(80));
    TestGraph now = made;
    GraphInfo counts = graph->info();
    for (absl::Status status; status.ok();) {
      const Edits edits = RandomEdits(random, now, 1 + random.Below(20), random.Below(2));
      if (edits.empty()) continue;
      const auto applied = graph->Apply(graph->BatchOf(edits, kNoColumns));
      status = applied.status();
      if (!status.ok()) break;
      now = AfterEdits(now, edits);
      counts = graph->info();
      ++acknowledged;
      if (random.OneIn(6)) status = graph->Fold(), folds += status.ok();
    }
    graph->Close();
    storage = nullptr;
    disk->Forget(random);
    forgotten += disk->forgotten();
    storage = OpenRocksStorage(root.path().string(), {}).value();
    ASSERT_TRUE(graph->ReopenIn(*storage).ok());
    for (std::size_t s = 0; s < graph->shards_count(); ++s) {
      EXPECT_GE(graph->log(s).head().graph_version, counts.graph_version);
      EXPECT_EQ(graph->log(s).GraphAt(counts.graph_version).value(), counts);
    }
    ExpectSound(*graph);
    // And it goes on.
    const Edits more = {{{made.links[0].first, 1'000'001}, true}};
    const auto applied = graph->Apply(graph->BatchOf(more, kNoColumns));
    ASSERT_TRUE(applied.ok()) << applied.status();
    ExpectSound(*graph);
  }
  EXPECT_GT(forgotten, 5u) << "nothing was ever lost: the test tests nothing";
  EXPECT_GT(acknowledged, 200u);
  EXPECT_GT(folds, 10u);
}

// The last writes of a fold: two when the database takes the tables in, two when records go.
TEST(ShardLogTest, AfterAFoldThatFoundTheDiskFullChangesAreWritten) {
  for (std::uint64_t last = 0; last < 4; ++last) {
    SCOPED_TRACE(absl::StrCat(last, " before the last"));
    const TempDirectory root;
    auto disk = std::make_shared<FaultyDisk>(/*tells_free=*/false);
    auto env = rocksdb::NewCompositeEnv(disk);
    RocksOptions options;
    options.env = env.get();
    const auto storage = OpenRocksStorage(root.path().string(), options).value();
    const VectorLinkSource source(Path(4));
    ChangedGraph graph(source, PartitionMap::Even(4, 1), *storage);
    bool there = false;
    const auto change = [&] {
      return graph.Apply(graph.BatchOf({{{10, 30}, there = !there}}, kNoColumns)).status();
    };
    ASSERT_TRUE(change().ok());
    const std::uint64_t before = disk->writes();
    ASSERT_TRUE(graph.Fold().ok());
    const std::uint64_t writes = disk->writes() - before;
    ASSERT_TRUE(change().ok());
    disk->FailOnceAfter(writes - last, /*for_space=*/true);
    absl::Status status = graph.Fold();
    // Once the tables are in it is folded; records may go later.
    EXPECT_TRUE(last < 2 ? status.ok() : absl::IsResourceExhausted(status)) << status;
    status = change();
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(graph.Reopen().ok());
    ExpectSound(graph);
  }
}

// A checkpoint writes what is in memory first.
TEST(ShardLogTest, AfterACheckpointThatFoundTheDiskFullItIsFolded) {
  const TempDirectory root;
  auto disk = std::make_shared<FaultyDisk>(/*tells_free=*/false);
  auto env = rocksdb::NewCompositeEnv(disk);
  RocksOptions options;
  options.env = env.get();
  const auto storage = OpenRocksStorage(root.path().string(), options).value();
  const VectorLinkSource source(Path(4));
  ChangedGraph graph(source, PartitionMap::Even(4, 1), *storage);
  ASSERT_TRUE(graph.Apply(graph.BatchOf({{{10, 30}, true}}, kNoColumns)).ok());
  disk->SetFull(true);
  EXPECT_TRUE(absl::IsResourceExhausted(graph.log(0).stored()->Checkpoint().status()));
  disk->SetFull(false);
  const absl::Status folded = graph.Fold();
  ASSERT_TRUE(folded.ok()) << folded;
  ASSERT_TRUE(graph.Reopen().ok());
  ExpectSound(graph);
}

// A shard that is closed, whose changes are in its log.
class ShardsLogFileTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const bool there : {true, false, true}) {
      ASSERT_TRUE(graph_.Apply(graph_.BatchOf({{{10, 30}, there}}, kNoColumns)).ok());
    }
    graph_.Close();
    log_ = WriteAheadLog(ShardDirectory(root_.path().string(), {"test", ShardIndex(0)}));
  }

  const TempDirectory root_;
  const std::unique_ptr<ShardStorage> storage_ = OpenRocksStorage(root_.path().string(), {}).value();
  const VectorLinkSource source_{Path(4)};
  ChangedGraph graph_{source_, PartitionMap::Even(4, 1), *storage_};
  std::filesystem::path log_;
};

TEST_F(ShardsLogFileTest, DamageBeforeWhatWasAcknowledgedIsRefused) {
  FlipBit(log_, 25);  // in the first change, after the heads of its record and batch
  const absl::Status status = graph_.Reopen();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(log_.string()));
}

TEST_F(ShardsLogFileTest, ALastRecordThatIsCutIsPassedOver) {
  std::filesystem::resize_file(log_, std::filesystem::file_size(log_) - 3);
  const absl::Status status = graph_.Reopen();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(graph_.log(0).head().graph_version, graph_.info().graph_version - 1);
}

// A shard whose writes can be made to fail: RocksDB then takes no other until it is opened again.
class FailedWriteTest : public testing::Test {
 protected:
  absl::Status Change(bool there) {
    return graph_.Apply(graph_.BatchOf({{{10, 30}, there}}, kNoColumns)).status();
  }
  // No file grows meanwhile.
  void FailToChange() {
    const FileSizeLimit limit(1);
    EXPECT_FALSE(Change(true).ok());
  }
  absl::Status Check(const ShardReader& reader) {
    LAWINE_ASSIGN_OR_RETURN(const ShardCheck check, CheckShard(reader, executor_));
    return check.digest == reader.manifest().digest ? absl::OkStatus()
                                                    : absl::DataLossError("another digest");
  }

  const TempDirectory root_;
  const std::unique_ptr<ShardStorage> storage_ = OpenRocksStorage(root_.path().string(), {}).value();
  const VectorLinkSource source_{Path(4)};
  ChangedGraph graph_{source_, PartitionMap::Even(4, 1), *storage_};
  InlineExecutor executor_;
};

TEST_F(FailedWriteTest, TheNextChangeIsWritten) {
  ASSERT_TRUE(Change(true).ok());
  FailToChange();
  EXPECT_TRUE(graph_.log(0).CheckStored().ok()) << "what failed does not count as damage";
  for (const bool there : {false, true}) {
    const absl::Status status = Change(there);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_TRUE(graph_.log(0).CheckStored().ok());
  }
  ExpectSound(graph_);
  ASSERT_TRUE(graph_.Reopen().ok());
  EXPECT_EQ(graph_.log(0).head(), graph_.info());
  ExpectSound(graph_);
}

TEST_F(FailedWriteTest, TheNextFoldIsMade) {
  ASSERT_TRUE(Change(true).ok());
  FailToChange();
  absl::Status status = graph_.Fold();
  ASSERT_TRUE(status.ok()) << status;
  FailToChange();
  status = Change(false);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_TRUE(graph_.Fold().ok());
  ExpectSound(graph_);
  ASSERT_TRUE(graph_.Reopen().ok());
  ExpectSound(graph_);
}

// Where it cannot be opened to write, it is opened to read.
TEST_F(FailedWriteTest, WhatIsThereIsReadWhileNothingCanBeWritten) {
  ASSERT_TRUE(Change(true).ok());
  {
    const FileSizeLimit limit(1);
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(absl::IsUnavailable(Change(true)));
      ExpectSound(graph_);
    }
  }
  const absl::Status status = Change(true);
  ASSERT_TRUE(status.ok()) << status;
  ExpectSound(graph_);
}

TEST_F(FailedWriteTest, WhoReadsGoesOnReadingWhatWas) {
  const auto reader = graph_.log(0).stored();
  std::atomic<bool> over = false;
  std::thread reading([&] {
    InlineExecutor executor;
    while (!over) EXPECT_TRUE(CheckShard(*reader, executor).ok());
  });
  for (int i = 0; i < 5; ++i) {
    FailToChange();
    const absl::Status status = Change(true);
    EXPECT_TRUE(status.ok()) << status;
  }
  EXPECT_TRUE(graph_.Fold().ok());
  over = true;
  reading.join();
  const absl::Status same = Check(*reader);
  EXPECT_TRUE(same.ok()) << same;
}

// It would be lost to them.
TEST_F(FailedWriteTest, WaitsForWhoReadsWhatWasFolded) {
  auto before = graph_.log(0).stored();
  ASSERT_TRUE(Change(true).ok());
  ASSERT_TRUE(graph_.Fold().ok());
  FailToChange();
  absl::Status status = Change(true);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("before the shard was folded"));
  EXPECT_TRUE(Check(*before).ok());
  before = nullptr;
  status = Change(true);
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace lawine
