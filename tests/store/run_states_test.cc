// Checkpoints of runs beside a shard: kept, replaced, listed, dropped and refused alike on disk and in
// memory.
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/base/executor.h"
#include "engine/store/file_checksums.h"
#include "engine/store/memory_store.h"
#include "engine/store/rocks_copies.h"
#include "engine/store/rocks_store.h"
#include "engine/store/shard_arrivals.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/shard_database.h"
#include "tests/support/shards.h"
#include "tests/support/stored_shard_layer.h"
#include "tests/support/temp_directory.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kMiB = 1u << 20;

std::string Bytes(std::size_t size, std::uint64_t seed) {
  TestRandom random(seed);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; i += 4096) bytes[i] = static_cast<char>(random.Next());
  return bytes;
}

class RunStatesTest : public testing::TestWithParam<bool> {
 protected:
  RunStatesTest() : source_(Path(20)) {
    Reopen();
    InlineExecutor executor;
    EXPECT_TRUE(Shards::Build(source_, PartitionMap::Even(20, 1), *storage_, executor).ok());
    OpenShard();
  }
  bool on_disk() const { return GetParam(); }
  void Reopen() {
    shard_ = nullptr;
    if (!on_disk() && storage_ != nullptr) return OpenShard();
    storage_ = nullptr;
    storage_ = on_disk() ? OpenRocksStorage(root_.path().string(), {}).value()
                         : std::make_unique<MemoryShardStorage>();
  }
  void OpenShard() {
    auto shard = storage_->Open(kName);
    ASSERT_TRUE(shard.ok()) << shard.status();
    shard_ = *std::move(shard);
  }
  std::string Read(const RunStep& of) {
    const auto bytes = shard_->ReadRunState(of);
    return bytes.ok() ? *bytes : bytes.status().ToString();
  }

  const ShardName kName{"test", ShardIndex(0)};
  const TempDirectory root_;
  const VectorLinkSource source_;
  std::unique_ptr<ShardStorage> storage_;
  std::shared_ptr<StoredShard> shard_;
};
INSTANTIATE_TEST_SUITE_P(DiskAndMemory, RunStatesTest, testing::Bool(),
                         [](const auto& suite) { return suite.param ? "Disk" : "Memory"; });

TEST_P(RunStatesTest, OfAnySizeAreThereUntilTheyAreDropped) {
  const std::size_t sizes[] = {0, 1, 4 * kMiB - 8, 4 * kMiB - 7, 4 * kMiB, 8 * kMiB - 8, 9 * kMiB + 5};
  std::uint32_t step = 0;
  for (const std::size_t size : sizes) {
    ASSERT_TRUE(shard_->WriteRunState({7, ++step}, Bytes(size, size)).ok());
  }
  Reopen();
  OpenShard();
  step = 0;
  for (const std::size_t size : sizes) EXPECT_TRUE(Read({7, ++step}) == Bytes(size, size)) << size;
  ASSERT_TRUE(shard_->DropRunState({7, 3}).ok());
  EXPECT_TRUE(absl::IsNotFound(shard_->ReadRunState({7, 3}).status()));
  EXPECT_TRUE(Read({7, 2}) == Bytes(1, 1)) << "others stay";
  EXPECT_TRUE(shard_->DropRunState({7, 3}).ok()) << "once is enough";
}

TEST_P(RunStatesTest, AreListedInOrder) {
  EXPECT_THAT(shard_->RunStates().value(), IsEmpty());
  const RunStep all[] = {{1, 4}, {1, 300}, {2, 0}, {1ull << 40, 7}};
  for (const RunStep& of : {all[2], all[0], all[3], all[1]}) {
    ASSERT_TRUE(shard_->WriteRunState(of, Bytes(5 * kMiB, of.step)).ok());
  }
  EXPECT_THAT(shard_->RunStates().value(), ElementsAre(all[0], all[1], all[2], all[3]));
  ASSERT_TRUE(shard_->DropRunState(all[1]).ok());
  EXPECT_THAT(shard_->RunStates().value(), ElementsAre(all[0], all[2], all[3]));
}

TEST_P(RunStatesTest, AreReplacedByLaterOnesOfTheSameStep) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    ASSERT_TRUE(shard_->WriteRunState({1, 5}, Bytes(5 * kMiB - i * 200'000, i)).ok());
    ASSERT_TRUE(Read({1, 5}) == Bytes(5 * kMiB - i * 200'000, i)) << i;
  }
  EXPECT_THAT(shard_->RunStates().value(), ElementsAre(RunStep{1, 5}));
}

TEST_P(RunStatesTest, AreWrittenBesideEachOther) {
  std::vector<std::thread> threads;
  for (std::uint64_t run = 1; run <= 4; ++run) {
    threads.emplace_back([this, run] {
      for (std::uint32_t step = 1; step <= 5; ++step) {
        EXPECT_TRUE(shard_->WriteRunState({run, step}, Bytes(kMiB, run * step)).ok());
        EXPECT_TRUE(step <= 2 || shard_->DropRunState({run, step - 2}).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shard_->RunStates().value().size(), 8u);
  for (std::uint64_t run = 1; run <= 4; ++run) EXPECT_TRUE(Read({run, 5}) == Bytes(kMiB, run * 5));
}

class RunStatesOnDiskTest : public RunStatesTest {
 protected:
  fs::path directory() const { return root_.path() / "test/shard-0000"; }
  // As of a later version, with the same blocks.
  void Fold() {
    const auto prepared = shard_->PrepareFold({.changed = std::make_shared<NextVersion>(shard_)});
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    auto now = (*prepared)->Commit();
    ASSERT_TRUE(now.ok()) << now.status();
    shard_ = *std::move(now);
  }
  // Table files that are there for checkpoints.
  std::vector<fs::path> Tables(std::uint64_t bytes_min) const {
    std::vector<fs::path> found;
    for (const auto& file : fs::directory_iterator(directory())) {
      if (file.path().extension() == ".sst" && file.file_size() >= bytes_min) found.push_back(file.path());
    }
    return found;
  }
};
INSTANTIATE_TEST_SUITE_P(Disk, RunStatesOnDiskTest, testing::Values(true));

TEST_P(RunStatesOnDiskTest, TakeNoRoomOnceTheyAreDropped) {
  const std::uint64_t before = shard_->disk_bytes();
  for (std::uint32_t step = 1; step <= 60; ++step) {
    ASSERT_TRUE(shard_->WriteRunState({1, step}, Bytes(5 * kMiB, step)).ok());
    ASSERT_TRUE(step <= 2 || shard_->DropRunState({1, step - 2}).ok());
    ASSERT_LE(shard_->disk_bytes(), before + 16 * kMiB) << step;
  }
  EXPECT_GT(shard_->disk_bytes(), before + 10 * kMiB);
  ASSERT_TRUE(shard_->DropRunState({1, 59}).ok());
  ASSERT_TRUE(shard_->DropRunState({1, 60}).ok());
  EXPECT_LT(shard_->disk_bytes(), before + kMiB);
}

TEST_P(RunStatesOnDiskTest, DamageIsTold) {
  const std::string bytes = Bytes(9 * kMiB, 1);
  ASSERT_TRUE(shard_->WriteRunState({1, 5}, bytes).ok());
  Reopen();
  ASSERT_EQ(Tables(9 * kMiB).size(), 1u);
  {
    std::fstream file(Tables(9 * kMiB)[0], std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5 * kMiB);
    file.put('x');
  }
  OpenShard();
  const absl::Status status = shard_->ReadRunState({1, 5}).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(root_.path().string()));
}

// RocksDB takes no write after one of its log has failed until it is opened again.
TEST_P(RunStatesOnDiskTest, AreWrittenAfterAChangeThatCouldNotBe) {
  ASSERT_TRUE(shard_->WriteRunState({1, 5}, Bytes(kMiB, 1)).ok());
  {
    const FileSizeLimit limit(1);
    EXPECT_FALSE(shard_->WriteChange(2, "a change").ok());
  }
  const absl::Status status = shard_->WriteRunState({1, 6}, Bytes(kMiB, 2));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(shard_->RunStates().value(), ElementsAre(RunStep{1, 5}, RunStep{1, 6}));
  EXPECT_TRUE(Read({1, 5}) == Bytes(kMiB, 1));
}

// Tables of checkpoints go; those of the shard, whose checksums are kept, stay.
TEST_P(RunStatesOnDiskTest, AShardThatWasFoldedBesideThemOpensWithoutThem) {
  ASSERT_TRUE(shard_->WriteRunState({1, 5}, Bytes(kMiB, 1)).ok());
  Fold();
  ASSERT_TRUE(shard_->DropRunState({1, 5}).ok());
  EXPECT_TRUE(shard_->CheckFiles().ok()) << shard_->CheckFiles().status();
  Fold();
  Reopen();
  OpenShard();
  EXPECT_EQ(shard_->manifest().graph.graph_version, 3u);
  EXPECT_TRUE(shard_->CheckFiles().ok()) << shard_->CheckFiles().status();
}

TEST_P(RunStatesOnDiskTest, AreNotMissedWhereEarlierVersionsListedTheirChecksums) {
  ASSERT_TRUE(shard_->WriteRunState({1, 5}, Bytes(kMiB, 1)).ok());
  ASSERT_TRUE(shard_->WriteRunState({1, 6}, Bytes(kMiB, 2)).ok());
  ASSERT_TRUE(WriteChecksums(directory().string()).ok()) << "of all tables";
  ASSERT_TRUE(shard_->DropRunState({1, 5}).ok());
  Reopen();
  EXPECT_TRUE(ReadRocksManifest(directory().string()).ok()) << "nor in a copy";
  OpenShard();
  ASSERT_TRUE(shard_->DropRunState({1, 6}).ok());
  EXPECT_TRUE(shard_->CheckFiles().ok()) << shard_->CheckFiles().status();
  Reopen();
  for (const fs::path& table : Tables(0)) {
    fs::rename(table, table.string() + ".away");
    const absl::Status status = storage_->Open(kName).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << "of the shard: " << status;
    EXPECT_FALSE(ReadRocksManifest(directory().string()).ok());
    fs::rename(table.string() + ".away", table);
  }
  OpenShard();
}

TEST_P(RunStatesOnDiskTest, WhatAKilledProcessLeftOfThemIsRemoved) {
  Reopen();
  for (const char* const name : {"run-7-300.sst", "fold-members.sst"}) {
    std::ofstream(directory() / name) << "half of a table";
  }
  const std::size_t tables = Tables(0).size();
  OpenShard();
  EXPECT_EQ(Tables(0).size(), tables - 2);
}

// No checkpoint has so many parts; a key that says so must neither be listed for ever nor stay.
TEST_P(RunStatesOnDiskTest, AreListedAndDroppedWithThePartOfTheHighestNumber) {
  ASSERT_TRUE(shard_->WriteRunState({1, 5}, Bytes(kMiB, 1)).ok());
  Reopen();
  const std::string run_and_step("\0\0\0\0\0\0\0\1\0\0\0\6", 12);
  WithDatabase(directory(), kCheckpoints, [&](rocksdb::DB& db, rocksdb::ColumnFamilyHandle& states) {
    ASSERT_TRUE(db.Put(rocksdb::WriteOptions(), &states, run_and_step + "\xFF\xFF\xFF\xFF", "x").ok());
  });
  OpenShard();
  EXPECT_THAT(shard_->RunStates().value(), ElementsAre(RunStep{1, 5}, RunStep{1, 6}));
  EXPECT_TRUE(absl::IsNotFound(shard_->ReadRunState({1, 6}).status()));
  ASSERT_TRUE(shard_->DropRunState({1, 6}).ok());
  EXPECT_THAT(shard_->RunStates().value(), ElementsAre(RunStep{1, 5}));
}

TEST_P(RunStatesOnDiskTest, GoAlongWithCopiesOfTheShard) {
  const std::string small = Bytes(100, 1), large = Bytes(5 * kMiB, 2);
  ASSERT_TRUE(shard_->WriteRunState({1, 5}, small).ok());
  ASSERT_TRUE(shard_->WriteRunState({1, 6}, large).ok());
  const auto source = shard_->Checkpoint();
  ASSERT_TRUE(source.ok()) << source.status();
  const TempDirectory to;
  const ShardArrivals arrivals(to.path().string());
  const auto arrival = arrivals.Begin(kName, (*source)->files());
  ASSERT_TRUE(arrival.ok()) << arrival.status();
  while (const auto next = (*arrival)->next()) {
    const auto read = (*source)->Read(next->file, next->offset, kMiB);
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_TRUE((*arrival)->Append(*read).ok());
  }
  ASSERT_TRUE((*arrival)->Finish().ok());
  ASSERT_TRUE(arrivals.Adopt(kName).ok());
  const auto storage = OpenRocksStorage(to.path().string(), {}).value();
  const auto copied = storage->Open(kName);
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_THAT((*copied)->RunStates().value(), ElementsAre(RunStep{1, 5}, RunStep{1, 6}));
  EXPECT_TRUE((*copied)->ReadRunState({1, 5}).value() == small);
  EXPECT_TRUE((*copied)->ReadRunState({1, 6}).value() == large);
}

}  // namespace
}  // namespace lawine
