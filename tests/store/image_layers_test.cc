// Layers over images: what is theirs, what they share, and what they are told to take.
#include <memory>

#include "engine/store/changed_reader.h"
#include "engine/store/memory_store.h"
#include "engine/store/shard_image.h"
#include "gtest/gtest.h"
#include "tests/support/changed_graph.h"
#include "tests/support/stored_shard_layer.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

// Counts the key blocks that are read.
class CountedKeys final : public StoredShardLayer {
 public:
  explicit CountedKeys(std::shared_ptr<StoredShard> below) : StoredShardLayer(std::move(below)) {}

  absl::Status ScanKeys(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
    return StoredShardLayer::ScanKeys(first, end, [&](std::uint32_t block, std::string_view bytes) {
      ++blocks_count_;
      return visit(block, bytes);
    });
  }
  std::uint64_t blocks_count() const { return blocks_count_; }

 private:
  mutable std::uint64_t blocks_count_ = 0;
};

TestGraph MembersWithoutLinks(std::uint32_t members, MemberKey key_step) {
  TestGraph graph = {.name = "members", .links = {}};
  for (MemberKey m = 0; m < members; ++m) graph.extra_members.push_back(m * key_step);
  return graph;
}

ChangeBatch NewMembers(MemberKey first, std::uint32_t count) {
  ChangeBatch batch;
  for (std::uint32_t i = 0; i < count; ++i) batch.members.push_back({.key = first + i, .account_kind = 1});
  return batch;
}

// A layer of the graph's last version.
class Layered {
 public:
  Layered(ChangedGraph& graph, std::size_t shard, Executor& executor)
      : stored_(std::make_shared<CountedKeys>(graph.log(shard).stored())),
        below_(ShardImage::Hydrate(*stored_, executor).value()) {
    const std::uint64_t before = stored_->blocks_count();
    const auto delta = graph.log(shard).DeltaOf(graph.info().graph_version, below_->members()).value();
    const ChangedReader changed(stored_, delta);
    image_ = below_->WithChanges(changed, ShardMembers::Read(changed).value(), *delta).value();
    key_blocks_read_ = stored_->blocks_count() - before;
  }

  const ShardImage& image() const { return *image_; }
  std::uint64_t key_blocks_read() const { return key_blocks_read_; }
  // Beside its members.
  std::uint64_t bytes() const { return image_->resident_bytes() - image_->members().resident_bytes(); }

 private:
  const std::shared_ptr<CountedKeys> stored_;
  const std::unique_ptr<const ShardImage> below_;
  std::unique_ptr<const ShardImage> image_;
  std::uint64_t key_blocks_read_ = 0;
};

// Keys that are listed, that count up and are listed once others come, that go on counting up.
TEST(ImageLayersTest, KnowTheKeysOfAllMembers) {
  constexpr std::uint32_t kMembers = 2'500, kAdded = 1'100;
  for (const auto& [key_step, first_added] :
       {std::pair<MemberKey, MemberKey>(10, 30'001), {1, 4'000}, {1, kMembers}}) {
    const VectorLinkSource source(MembersWithoutLinks(kMembers, key_step));
    MemoryShardStorage storage;
    ChangedGraph graph(source, PartitionMap::Even(kMembers, 2), storage);
    ASSERT_TRUE(graph.Apply(NewMembers(first_added, kAdded)).ok());
    InlineExecutor executor;
    for (std::size_t s = 0; s < graph.shards_count(); ++s) {
      const Layered layer(graph, s, executor);
      for (std::uint32_t m = 0; m < kMembers + kAdded; ++m) {
        const MemberKey expected = m < kMembers ? m * key_step : first_added + m - kMembers;
        ASSERT_EQ(layer.image().KeyOfSource(MemberId(m)), expected) << m;
      }
    }
  }
}

TEST(ImageLayersTest, ShareTheKeysOfEarlierMembersAndCountTheOthers) {
  constexpr std::uint32_t kMembers = 100'000, kAdded = 3'000;
  const VectorLinkSource source(MembersWithoutLinks(kMembers, 10));
  MemoryShardStorage storage;
  ChangedGraph graph(source, PartitionMap::Even(kMembers, 3), storage);
  ASSERT_TRUE(graph.Apply(NewMembers(2'000'001, kAdded)).ok());
  InlineExecutor executor;
  for (std::size_t s = 0; s < graph.shards_count(); ++s) {
    const Layered layer(graph, s, executor);
    EXPECT_LE(layer.key_blocks_read(), 1u) << "the one that was not full";
    // Keys of the added, of at most a block of others, and a bit or two for each member.
    EXPECT_GE(layer.bytes(), kAdded * sizeof(MemberKey));
    EXPECT_LE(layer.bytes(), (kAdded + limits::kMembersPerBlock) * sizeof(MemberKey) + kMembers / 4);
  }
}

}  // namespace
}  // namespace lawine
