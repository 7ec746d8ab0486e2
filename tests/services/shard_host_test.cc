// Shards that a worker holds, on disks that are slow or full; and those that it holds no more: their files
// stay as long as somebody reads them, and so does their place.
#include "services/worker/shards/shard_host.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>

#include "engine/store/memory_store.h"
#include "engine/store/rocks_store.h"
#include "engine/store/shard_check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/faulty_disk.h"
#include "tests/services/slow_storage.h"
#include "tests/support/shards.h"
#include "tests/support/temp_directory.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using absl::StatusCode;
using testing::ElementsAre;
using testing::IsEmpty;

class ShardHostTest : public testing::Test {
 protected:
  ShardHostTest() : source_(Path(20)) {
    auto storage = OpenRocksStorage(root_.path().string(), {}).value();
    EXPECT_TRUE(Shards::Build(source_, PartitionMap::Even(20, 2), *storage, executor_).ok());
    host_ = std::make_unique<ShardHost>(std::move(storage), std::nullopt, executor_);
  }
  bool IsThere() const { return std::filesystem::exists(ShardDirectory(root_.path().string(), kName)); }

  const ShardName kName{"test", ShardIndex(0)};
  const TempDirectory root_;
  const VectorLinkSource source_;
  InlineExecutor executor_;
  std::unique_ptr<ShardHost> host_;
};

TEST_F(ShardHostTest, AGraphThatIsDroppedIsGone) {
  EXPECT_EQ(host_->Drop("test").value(), 2u);
  EXPECT_THAT(host_->List(), IsEmpty());
  EXPECT_FALSE(IsThere());
  EXPECT_TRUE(host_->Create(kName).ok());
  EXPECT_EQ(host_->Drop("test").value(), 0u);
}

// As VerifyShards reads it, whose coordinator is gone.
TEST_F(ShardHostTest, WhatIsStillReadOfADroppedGraphIsDeletedLater) {
  auto log = host_->Log(kName).value();
  auto reader = host_->Reader(kName, 0).value();
  EXPECT_EQ(host_->Drop("test").value(), 2u);
  EXPECT_THAT(host_->List(), IsEmpty());
  const auto check = CheckShard(*reader, executor_);
  EXPECT_TRUE(check.ok()) << check.status();
  for (const bool reads : {true, false}) {
    host_->DeleteLeft();
    EXPECT_TRUE(IsThere());
    EXPECT_EQ(host_->Create(kName).status().code(), StatusCode::kUnavailable);
    EXPECT_EQ(host_->Adopt(kName).code(), StatusCode::kUnavailable);
    EXPECT_EQ(host_->CheckNotLeft(kName).code(), StatusCode::kUnavailable);
    if (reads) log = nullptr;
  }
  EXPECT_TRUE(host_->Create({"test", ShardIndex(1)}).ok()) << "nobody reads that one";
  reader = nullptr;
  EXPECT_TRUE(host_->Create(kName).ok());
  EXPECT_FALSE(IsThere());
}

// Its disk was full when the worker began.
class FullDiskHostTest : public ShardHostTest {
 protected:
  FullDiskHostTest() {
    host_ = nullptr;
    disk_->SetFull(true);
    RocksOptions options;
    options.env = env_.get();
    host_ = std::make_unique<ShardHost>(OpenRocksStorage(root_.path().string(), options).value(),
                                        std::nullopt, executor_);
  }
  ~FullDiskHostTest() override { host_ = nullptr; }  // before its disk
  std::vector<StatusCode> Statuses() const {
    std::vector<StatusCode> codes;
    for (const HeldShardState& state : host_->LastList()) codes.push_back(state.status.code());
    return codes;
  }

  const std::shared_ptr<FaultyDisk> disk_ = std::make_shared<FaultyDisk>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
};

TEST_F(FullDiskHostTest, ShardsAreOpenedWhenThereIsRoom) {
  const auto full = StatusCode::kResourceExhausted;
  EXPECT_THAT(Statuses(), ElementsAre(full, full));
  host_->OpenAgain();
  EXPECT_THAT(Statuses(), ElementsAre(full, full));
  disk_->SetFull(false);
  host_->OpenAgain();
  EXPECT_THAT(Statuses(), ElementsAre(StatusCode::kOk, StatusCode::kOk));
}

TEST_F(FullDiskHostTest, ShardsAreOpenedForWhoNeedsThem) {
  EXPECT_EQ(host_->Members("test", 0).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(host_->Log(kName).status().code(), StatusCode::kResourceExhausted);
  disk_->SetFull(false);
  EXPECT_TRUE(host_->Log(kName).ok());
  EXPECT_EQ(host_->Members("test", 0).value().size(), 2u);
}

// What is asked of its disk takes long.
class SlowDiskHostTest : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kPatience{20};

  SlowDiskHostTest() : source_(Path(20)) {
    auto storage = std::make_unique<MemoryShardStorage>();
    EXPECT_TRUE(Shards::Build(source_, PartitionMap::Even(20, 2), *storage, executor_).ok());
    host_ = std::make_unique<ShardHost>(std::make_unique<SlowStorage>(std::move(storage), disk_),
                                        std::nullopt, executor_);
  }
  // A version that changes nothing.
  absl::Status WriteVersion(std::uint64_t graph_version, std::uint32_t shard) {
    const auto log = host_->Log({"test", ShardIndex(shard)}).value();
    const GraphInfo head = log->head();
    return log->Append({.graph_version = graph_version,
                        .ticket = graph_version,
                        .graph_links = head.links,
                        .graph_digest = head.digest},
                       head.digest);
  }
  // That ask() is answered while what work() waits for does not come.
  void ExpectAnswered(WaitingGate& gate, const std::function<bool()>& work,
                      const std::function<bool()>& ask) {
    gate.Close();
    auto working = std::async(std::launch::async, work);
    EXPECT_TRUE(gate.AwaitSomebody());
    auto answer = std::async(std::launch::async, ask);
    EXPECT_EQ(answer.wait_for(kPatience), std::future_status::ready);
    gate.Open();
    EXPECT_TRUE(answer.get());
    EXPECT_TRUE(working.get());
  }
  std::uint64_t LastVersionListed() const { return host_->LastList()[0].graph.graph_version; }

  SlowDisk disk_;
  const VectorLinkSource source_;
  InlineExecutor executor_;
  std::unique_ptr<ShardHost> host_;
};

TEST_F(SlowDiskHostTest, ShardsAreListedWhileAChangeIsWritten) {
  ExpectAnswered(
      disk_.writes, [&] { return WriteVersion(2, 0).ok(); }, [&] { return LastVersionListed() == 1; });
  EXPECT_EQ(LastVersionListed(), 2u);
}

TEST_F(SlowDiskHostTest, ShardsAreListedWhileTheyAreFolded) {
  for (const std::uint32_t shard : {0u, 1u}) ASSERT_TRUE(WriteVersion(2, shard).ok());
  ExpectAnswered(
      disk_.writes, [&] { return host_->Fold("test", 2, [] { return false; }).ok(); },
      [&] { return LastVersionListed() == 2; });
  EXPECT_EQ(host_->List()[0].manifest.graph.graph_version, 2u);
}

// Its coordinator takes a list that lacks changes for one of an older volume.
TEST_F(SlowDiskHostTest, VersionsAreListedAsTheyAreWhileAnotherShardIsDeleted) {
  ASSERT_EQ(LastVersionListed(), 1u);
  ASSERT_TRUE(WriteVersion(2, 0).ok());
  const ShardManifest other = host_->List()[1].manifest;
  ExpectAnswered(
      disk_.writes,
      [&] {
        return host_->DropShard({"test", ShardIndex(1)}, other.graph.digest.ToHex()).ok();
      },
      [&] { return LastVersionListed() == 2; });
  EXPECT_EQ(host_->List().size(), 1u);
}

TEST_F(SlowDiskHostTest, WhatShardsTakeIsNotAskedForToListThem) {
  disk_.reads.Close();
  auto listed = std::async(std::launch::async, [&] { return host_->LastList().size(); });
  EXPECT_EQ(listed.wait_for(kPatience), std::future_status::ready);
  disk_.reads.Open();
  EXPECT_EQ(listed.get(), 2u);
}

TEST_F(SlowDiskHostTest, WhatIsInMemoryIsUsedWhileMembersOfAnotherVersionAreRead) {
  ASSERT_TRUE(host_->Acquire("test", 1).ok());
  for (const std::uint32_t shard : {0u, 1u}) ASSERT_TRUE(WriteVersion(2, shard).ok());
  ExpectAnswered(
      disk_.reads, [&] { return host_->Members("test", 2).ok(); },
      [&] { return host_->Acquire("test", 1).ok() && host_->List().size() == 2; });
}

class ManyVersionsTest : public SlowDiskHostTest {
 protected:
  static constexpr std::uint64_t kLast = 8;

  ManyVersionsTest() {
    for (std::uint64_t version = 2; version <= kLast; ++version) {
      for (const std::uint32_t shard : {0u, 1u}) EXPECT_TRUE(WriteVersion(version, shard).ok());
    }
  }
  // As look-ups and small runs do while a graph changes.
  bool ReadLaterVersions() {
    bool read = true;
    for (std::uint64_t version = 3; version <= kLast; ++version) {
      read = host_->Members("test", version).ok() && read;
    }
    return read;
  }
};

TEST_F(ManyVersionsTest, AVersionIsBroughtIntoMemoryThoughLaterOnesTakeItsPlace) {
  ExpectAnswered(
      disk_.links, [&] { return host_->Acquire("test", 2).ok(); }, [&] { return ReadLaterVersions(); });
}

TEST_F(ManyVersionsTest, AVersionThatARunUsesStays) {
  auto used = host_->Acquire("test", 2).value();
  EXPECT_TRUE(ReadLaterVersions());
  ASSERT_EQ(host_->Drop("test").status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(host_->Acquire("test", 2)->images, used.images);
  used = {};
  EXPECT_TRUE(ReadLaterVersions());
  EXPECT_EQ(host_->Drop("test").value(), 2u);
}

}  // namespace
}  // namespace lawine
