// Folding block by block: which blocks, what is in memory meanwhile, who waits for it, what it leaves behind.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <future>
#include <map>

#include "absl/strings/str_cat.h"
#include "engine/store/changed_reader.h"
#include "engine/store/fold_blocks.h"
#include "engine/store/memory_store.h"
#include "engine/store/rocks_store.h"
#include "engine/store/shard_check.h"
#include "engine/store/shard_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/changed_graph.h"
#include "tests/support/stored_shard_layer.h"
#include "tests/support/temp_directory.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;

using testing::IsEmpty;
using Edits = std::vector<std::pair<KeyPair, bool>>;
using BlocksByIndex = std::map<std::uint32_t, std::string>;

const ShardName kShard{"test", ShardIndex(0)};

BlocksByIndex All(const ShardReader& reader, BlockScan scan) {
  BlocksByIndex blocks;
  EXPECT_TRUE((reader.*scan)(0, 1u << 20, [&](std::uint32_t block, std::string_view bytes) {
                blocks[block] = bytes;
                return absl::OkStatus();
              }).ok());
  return blocks;
}

// Blocks that are another, or there no more.
std::vector<std::uint32_t> Differing(const ShardReader& before, const ShardReader& now, BlockScan scan) {
  BlocksByIndex stored = All(before, scan), changed = All(now, scan);
  std::vector<std::uint32_t> differing;
  for (const auto& [block, bytes] : changed) {
    if (!stored.contains(block) || stored[block] != bytes) differing.push_back(block);
  }
  for (const auto& [block, bytes] : stored) {
    if (!changed.contains(block)) differing.push_back(block);
  }
  std::sort(differing.begin(), differing.end());
  return differing;
}

void ExpectAscendingWith(const std::vector<std::uint32_t>& blocks,
                         const std::vector<std::uint32_t>& differing) {
  EXPECT_TRUE(std::adjacent_find(blocks.begin(), blocks.end(), std::greater_equal<>()) == blocks.end());
  EXPECT_TRUE(std::includes(blocks.begin(), blocks.end(), differing.begin(), differing.end()));
}

// Keys that count up, and are listed once others come; and such as are listed from the start.
TEST(FoldTest, EveryBlockThatDiffersIsFoldedInOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    TestRandom random(seed);
    const bool dense = random.OneIn(2);
    const TestGraph made = dense ? ErdosRenyi(random, 3'000, 2) : RandomGraph(random, 1'500, 1, 1'500);
    const VectorLinkSource source(made);
    MemoryShardStorage storage;
    ChangedGraph graph(source, BalancedPartition(source, 2), storage);
    const Edits edits = RandomEdits(random, made, 1 + random.Below(300), random.Below(1'200));
    ASSERT_TRUE(graph.Apply(graph.BatchOf(edits, {})).ok());
    for (std::size_t s = 0; s < graph.shards_count(); ++s) {
      const auto stored = graph.log(s).stored();
      const auto base = ShardMembers::Read(*stored).value();
      const FoldedShard folded =
          FoldOf(stored, graph.log(s).DeltaOf(graph.info().graph_version, *base).value());
      const auto differing = [&](BlockScan scan) { return Differing(*stored, *folded.changed, scan); };
      ExpectAscendingWith(folded.followers, differing(&ShardReader::ScanFollowers));
      ExpectAscendingWith(folded.members, differing(&ShardReader::ScanMembers));
      ExpectAscendingWith(folded.keys, differing(&ShardReader::ScanKeys));
    }
  }
}

// Calls read(bytes) for every follower block that is read.
class WatchedShard final : public StoredShardLayer {
 public:
  using Read = std::function<absl::Status(std::uint64_t bytes)>;
  WatchedShard(std::shared_ptr<StoredShard> below, Read read)
      : StoredShardLayer(std::move(below)), read_(std::move(read)) {}

  absl::Status ScanFollowers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
    const auto watch = [&](std::uint32_t block, std::string_view bytes) {
      const absl::Status status = read_(bytes.size());
      return status.ok() ? visit(block, bytes) : status;
    };
    return StoredShardLayer::ScanFollowers(first, end, watch);
  }

 private:
  const Read read_;
};

// Everybody follows many, so that blocks are large; a link of every block changes.
class FoldOnDiskTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kMembers = 2'048, kFollowers = 500;
  static constexpr LinkColumns kColumns = {.kinds = true, .weights = true};

  void SetUp() override {
    TestGraph made = {.name = "large blocks", .links = {}};
    for (std::uint64_t m = 0; m < kMembers; ++m) {
      for (std::uint64_t i = 1; i <= kFollowers; ++i) made.links.push_back({m, (m + 4 * i) % kMembers});
    }
    const VectorLinkSource source(made, {.columns = kColumns});
    ChangedGraph graph(source, PartitionMap::Even(kMembers, 1), *storage_);
    Edits edits;
    for (std::uint64_t m = 0; m < kMembers; m += limits::kSourcesPerBlock)
      edits.push_back({{m, m + 1}, true});
    ASSERT_TRUE(graph.Apply(graph.BatchOf(edits, kColumns)).ok());
    info_ = graph.info();
  }

  std::shared_ptr<ShardLog> Open(WatchedShard::Read read) {
    return ShardLog::Open(std::make_shared<WatchedShard>(storage_->Open(kShard).value(), std::move(read)))
        .value();
  }
  // Files that a fold writes and the database has not taken in.
  std::vector<fs::path> Uningested() const {
    std::vector<fs::path> found;
    for (const auto& file : fs::directory_iterator(ShardDirectory(root_.path().string(), kShard))) {
      if (file.path().filename().string().starts_with("fold-")) found.push_back(file.path());
    }
    return found;
  }
  void ExpectSound(const ShardReader& reader) {
    const auto check = CheckShard(reader, executor_);
    ASSERT_TRUE(check.ok()) << check.status();
    EXPECT_EQ(check->digest, reader.manifest().digest);
  }

  const TempDirectory root_;
  InlineExecutor executor_;
  const std::unique_ptr<ShardStorage> storage_ = OpenRocksStorage(root_.path().string(), {}).value();
  GraphInfo info_;  // at the version to fold
};

TEST_F(FoldOnDiskTest, BlocksAreWrittenAsTheyAreRead) {
  constexpr std::uint64_t kBuffers = 2 << 20;  // of those who write files: a megabyte, and a block or two
  std::uint64_t read = 0, in_memory_max = 0;
  const auto log = Open([&](std::uint64_t bytes) {
    read += bytes;
    std::uint64_t written = 0;
    for (const fs::path& file : Uningested()) written += fs::file_size(file);
    in_memory_max = std::max(in_memory_max, read - std::min(read, written));
    return absl::OkStatus();
  });
  ASSERT_TRUE(log->Fold(info_.graph_version).ok());
  EXPECT_GT(read, 2 * kBuffers) << "too few to tell";
  EXPECT_LT(in_memory_max, kBuffers);
  EXPECT_THAT(Uningested(), IsEmpty());
  EXPECT_EQ(log->stored()->manifest().graph, info_);
  ExpectSound(*log->stored());
}

TEST_F(FoldOnDiskTest, ChangesAreWrittenMeanwhile) {
  std::shared_ptr<ShardLog> log;
  std::future<absl::Status> change;
  const auto follow = [&] {
    ChangePlan plan(info_, {});
    const LinkEdit edit{.source = {1, MemberId(1)}, .receiver = {2, MemberId(2)}, .weight = 1};
    EXPECT_TRUE(plan.Add({.members = {}, .links = {edit}}).ok());
    return log->Append(plan.Records(7)[0], info_.digest);
  };
  log = Open([&](std::uint64_t) {
    if (change.valid()) return absl::OkStatus();
    change = std::async(std::launch::async, follow);
    EXPECT_EQ(change.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    return absl::OkStatus();
  });
  ASSERT_TRUE(log->Fold(info_.graph_version).ok());
  const absl::Status written = change.get();
  ASSERT_TRUE(written.ok()) << written;
  EXPECT_EQ(log->stored()->manifest().graph.graph_version, info_.graph_version);
  EXPECT_EQ(log->head().graph_version, info_.graph_version + 1);
  EXPECT_TRUE(log->CheckStored().ok());
  log = nullptr;
  log = ShardLog::Open(storage_->Open(kShard).value()).value();
  EXPECT_EQ(log->head().graph_version, info_.graph_version + 1);
  EXPECT_EQ(log->records_count(), 1u);
}

TEST_F(FoldOnDiskTest, OneThatFailsLeavesWhatWas) {
  int blocks = 0;
  bool damaged = true;
  const auto log = Open([&](std::uint64_t) {
    return ++blocks == 5 && damaged ? absl::DataLossError("a block is damaged") : absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsDataLoss(log->Fold(info_.graph_version).status()));
  EXPECT_THAT(Uningested(), IsEmpty());
  EXPECT_EQ(log->records_count(), 1u);
  damaged = false;
  ExpectSound(*log->stored());
  ASSERT_TRUE(log->Fold(info_.graph_version).ok());
  ExpectSound(*log->stored());
}

TEST_F(FoldOnDiskTest, OneThatIsNotCommittedLeavesNothing) {
  const std::shared_ptr<StoredShard> shard = storage_->Open(kShard).value();
  {
    const auto prepared =
        shard->PrepareFold({.changed = std::make_shared<NextVersion>(shard), .followers = {0, 3}});
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    EXPECT_EQ(Uningested().size(), 2u) << "followers and the manifest";
    ExpectSound(*shard);
  }
  EXPECT_THAT(Uningested(), IsEmpty());
  EXPECT_TRUE(shard->CheckFiles().ok());
  ExpectSound(*shard);
}

}  // namespace
}  // namespace lawine
