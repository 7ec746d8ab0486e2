// Checkpoints of a worker's part of a run, beside shards that come and go.
#include "engine/store/memory_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/worker/runs/run_checkpoints.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using testing::HasSubstr;

// 10 -> 20 -> 30 -> 40 -> 50; the worker has the first three, as shard 0.
class WorkerCheckpointsTest : public testing::Test {
 protected:
  WorkerCheckpointsTest()
      : source_(Path(5)),
        shards_(Shards::Build(source_,
                              PartitionMap::FromBoundaries(std::vector<std::uint32_t>{0, 3, 5}).value(),
                              built_, executor_)
                    .value()) {
    plan_.set_graph("test");
    plan_.set_run_id(8);
    plan_.set_replicas(1);
    plan_.set_checkpoint_milliseconds(1);
  }
  void Copy(std::uint32_t shard, MemoryShardStorage& to) {
    const ShardName name{"test", ShardIndex(shard)};
    to.Put(name, std::make_shared<const MemoryShardStorage::Shard>(built_.Find(name).value()));
  }
  // A worker that holds one shard.
  std::unique_ptr<ShardHost> HostOf(std::uint32_t shard) {
    auto storage = std::make_unique<MemoryShardStorage>();
    storage_ = storage.get();
    Copy(shard, *storage);
    return std::make_unique<ShardHost>(std::move(storage), std::nullopt, executor_);
  }
  std::unique_ptr<RunMachine> Machine(std::uint32_t shard, std::vector<std::string>& sent) {
    RunSpec spec = shards_.SpecFor({.forward = Threshold::FromFixed(Threshold::kOne), .seed_members = {10}});
    spec.run_id = plan_.run_id();
    return std::make_unique<RunMachine>(spec, shards_.info().partition, std::vector{shards_.images()[shard]},
                                        [&sent](std::string frame) { sent.push_back(std::move(frame)); });
  }
  static void Move(std::vector<std::string>& frames, RunMachine& to) {
    for (const std::string& frame : frames) ASSERT_TRUE(to.Receive(frame).ok());
    frames.clear();
  }
  // The step of the first checkpoint of shard 0, while another worker has shard 1.
  std::optional<std::uint32_t> KeepOne(ShardHost& host, const Images& images) {
    std::vector<std::string> from_here, from_there;
    const auto here = Machine(0, from_here), there = Machine(1, from_there);
    RunCheckpoints checkpoints(host, plan_, totals_);
    for (int turn = 0; turn < 4; ++turn) {
      for (RunMachine* const machine : {here.get(), there.get()}) {
        machine->RequestCheckpoint();
        EXPECT_TRUE((turn == 0 ? machine->Start(executor_) : machine->Advance(executor_)).ok());
      }
      if (const auto kept = checkpoints.Keep(*here, images); kept.has_value()) return kept;
      Move(from_here, *there);
      Move(from_there, *here);
    }
    return std::nullopt;
  }

  InlineExecutor executor_;
  const VectorLinkSource source_;
  MemoryShardStorage built_;
  const Shards shards_;
  MemoryShardStorage* storage_ = nullptr;  // of the host made last
  CheckpointTotals totals_;
  internal::v1::RunPlan plan_;
  std::vector<std::string> sent_;
};

TEST_F(WorkerCheckpointsTest, AShardThatCameMeanwhileIsNotAskedForAny) {
  const auto host = HostOf(0);
  const Images images = host->Acquire("test", 0).value().images;
  ASSERT_EQ(images.size(), 1u);
  Copy(1, *storage_);
  ASSERT_TRUE(host->Adopt({"test", ShardIndex(1)}).ok());
  const auto kept = KeepOne(*host, images);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(totals_.failed, 0u);
  plan_.set_from_checkpoint(*kept);
  const auto machine = Machine(0, sent_);
  const absl::Status loaded = RunCheckpoints(*host, plan_, totals_).Load(*machine, images);
  EXPECT_TRUE(loaded.ok()) << loaded;
}

TEST_F(WorkerCheckpointsTest, WithoutItsShardARunDoesNotBegin) {
  const auto host = HostOf(0);
  const Images images = host->Acquire("test", 0).value().images;
  const auto kept = KeepOne(*host, images);
  ASSERT_TRUE(kept.has_value());
  plan_.set_from_checkpoint(*kept);
  const auto other = HostOf(1);
  const auto machine = Machine(0, sent_);
  const absl::Status loaded = RunCheckpoints(*other, plan_, totals_).Load(*machine, images);
  EXPECT_EQ(loaded.code(), absl::StatusCode::kUnavailable) << loaded;
  EXPECT_THAT(std::string(loaded.message()), HasSubstr("shards have come or gone"));
  EXPECT_FALSE(KeepOne(*other, images).has_value());
  EXPECT_GT(totals_.failed, 0u);
}

}  // namespace
}  // namespace lawine
