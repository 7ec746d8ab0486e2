// Shards that a worker holds no more: their files stay as long as somebody reads them, and so does their
// place.
#include "services/worker/shards/shard_host.h"

#include <filesystem>

#include "engine/store/rocks_store.h"
#include "engine/store/shard_check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/faulty_disk.h"
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

}  // namespace
}  // namespace lawine
