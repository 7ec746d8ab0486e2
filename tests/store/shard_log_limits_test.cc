// Changes that no shard could hold: refused when they come, damage when they are found.
#include <functional>
#include <memory>

#include "engine/base/limits.h"
#include "engine/store/memory_store.h"
#include "engine/store/shard_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/changed_graph.h"
#include "tests/support/graphs.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using testing::HasSubstr;

// A shard of four members whose manifest is changed: opening it reads records alone, no blocks.
class ShardLogLimitsTest : public testing::Test {
 protected:
  ShardLogLimitsTest() { ChangedGraph(VectorLinkSource(Path(4)), PartitionMap::Even(4, 1), storage_); }
  absl::StatusOr<std::shared_ptr<ShardLog>> Open(
      const std::function<void(MemoryShardStorage::Shard&)>& change) {
    MemoryShardStorage::Shard shard = storage_.Find(kName).value();
    change(shard);
    storage_.Put(kName, std::make_shared<const MemoryShardStorage::Shard>(std::move(shard)));
    return ShardLog::Open(storage_.Open(kName).value());
  }

  const ShardName kName{"test", ShardIndex(0)};
  MemoryShardStorage storage_;
};

TEST_F(ShardLogLimitsTest, MoreLinksThanAShardMayHaveAreRefused) {
  const auto log = Open([](MemoryShardStorage::Shard& shard) {
    shard.manifest.links = shard.manifest.graph.links = limits::kLinksPerShardMax - 1;
  });
  ASSERT_TRUE(log.ok()) << log.status();
  const auto follow = [&](std::uint64_t ticket, MemberId receiver) {
    ChangePlan plan((*log)->head(), {});
    EXPECT_TRUE(plan.Add({.members = {}, .links = {{{10, MemberId(0)}, {30, receiver}}}}).ok());
    return plan.Records(ticket)[0];
  };
  ChangeRecord last = follow(1, MemberId(2));
  const Digest made = (*log)->head().digest;
  last.graph_links -= 1;
  EXPECT_EQ((*log)->Append(last, made).code(), absl::StatusCode::kInvalidArgument)
      << "fewer than the shard's";
  last.graph_links += 1;
  ASSERT_TRUE((*log)->Append(last, made).ok());
  const absl::Status status = (*log)->Append(follow(2, MemberId(3)), (*log)->head().digest);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("would have 4294967295 links, the most is 4294967294: load the graph with more shards"));
  EXPECT_EQ((*log)->head().links, limits::kLinksPerShardMax);
}

TEST_F(ShardLogLimitsTest, RecordsThatLeadToMoreMembersThanThereMayBeAreDamage) {
  const auto log = Open([](MemoryShardStorage::Shard& shard) {
    const std::uint32_t boundaries[] = {0, static_cast<std::uint32_t>(limits::kMembersMax)};
    shard.manifest.graph.partition = PartitionMap::FromBoundaries(boundaries).value();
    shard.changes[2] = EncodeChangeRecord({.graph_version = 2, .ticket = 1, .members = {{.key = 7}}});
  });
  EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss) << log.status();
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("lead to 4294901761 members"));
}

}  // namespace
}  // namespace lawine
