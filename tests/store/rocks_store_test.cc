// Shards on disk: built, opened again, refused when half-written, foreign, in use or out of room.
#include "engine/store/rocks_store.h"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/crc32c.h"
#include "engine/base/thread_pool.h"
#include "engine/store/memory_store.h"
#include "engine/store/shard_arrivals.h"
#include "engine/store/shard_builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shard_database.h"
#include "tests/support/shards.h"
#include "tests/support/temp_directory.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;
using absl::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RocksStoreTest : public testing::Test {
 protected:
  RocksStoreTest() : source_(MakeGraph(), {.columns = {.kinds = true, .weights = true}}) {}

  static TestGraph MakeGraph() {
    TestRandom random(1);
    return RandomGraph(random, 1'500, 10, 1'500);
  }
  static std::unique_ptr<ShardStorage> Open(const fs::path& root) {
    auto storage = OpenRocksStorage(root.string(), {});
    EXPECT_TRUE(storage.ok()) << storage.status();
    return *std::move(storage);
  }
  absl::StatusOr<Shards> Build(ShardStorage& storage, std::uint32_t shards_count) {
    return Shards::Build(source_, PartitionMap::Even(source_.members_count(), shards_count), storage, pool_);
  }
  // Stores the links and members of shard 0 without committing.
  std::unique_ptr<ShardWriter> HalfLoad(ShardStorage& storage) {
    auto writer = storage.Create(kName);
    EXPECT_TRUE(writer.ok()) << writer.status();
    BuildProgress progress;
    const PartitionMap partition = PartitionMap::Even(source_.members_count(), 1);
    EXPECT_TRUE(BuildLinks(source_, partition, ShardIndex(0), **writer, pool_, progress).ok());
    return *std::move(writer);
  }
  void ExpectRefused(const ShardName& name, StatusCode code, const std::string& words) {
    const absl::Status status = Open(root_.path())->Open(name).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
    EXPECT_THAT(std::string(status.message()), HasSubstr(root_.path().string())) << "says where";
  }
  fs::path ShardPath(std::uint32_t shard = 0) const {
    return root_.path() / "test" / absl::StrCat("shard-000", shard);
  }

  const ShardName kName{"test", ShardIndex(0)};
  const TempDirectory root_;
  const VectorLinkSource source_;
  ThreadPool pool_{2};
};

using Blocks = std::map<std::uint32_t, std::string>;
Blocks Followers(const ShardReader& reader) {
  Blocks blocks;
  EXPECT_TRUE(reader
                  .ScanFollowers(0, 0xFFFFFFFF,
                                 [&](std::uint32_t block, std::string_view bytes) {
                                   return blocks.emplace(block, bytes), absl::OkStatus();
                                 })
                  .ok());
  return blocks;
}
Blocks Members(const ShardReader& reader) {
  Blocks blocks;
  EXPECT_TRUE(reader
                  .ScanMembers(0, 0xFFFFFFFF,
                               [&](std::uint32_t block, std::string_view bytes) {
                                 return blocks.emplace(block, bytes), absl::OkStatus();
                               })
                  .ok());
  return blocks;
}

TEST_F(RocksStoreTest, DiskAndMemoryHoldTheSame) {
  ASSERT_TRUE(Build(*Open(root_.path()), 3).ok());
  MemoryShardStorage memory;
  ASSERT_TRUE(Build(memory, 3).ok());
  const auto disk = Open(root_.path());  // opened again
  for (std::uint32_t s = 0; s < 3; ++s) {
    const auto on_disk = disk->Open({"test", ShardIndex(s)});
    const auto in_memory = memory.Open({"test", ShardIndex(s)});
    ASSERT_TRUE(on_disk.ok() && in_memory.ok()) << on_disk.status();
    EXPECT_EQ((*on_disk)->manifest(), (*in_memory)->manifest());
    EXPECT_EQ(Followers(**on_disk), Followers(**in_memory));
    EXPECT_EQ(Members(**on_disk), Members(**in_memory));
    EXPECT_GT((*on_disk)->disk_bytes(), (*on_disk)->manifest().links);
    EXPECT_TRUE(ShardImage::Hydrate(**on_disk, pool_).ok());
  }
}

TEST_F(RocksStoreTest, ScansStopWhereTold) {
  ASSERT_TRUE(Build(*Open(root_.path()), 1).ok());
  const auto storage = Open(root_.path());
  const auto reader = storage->Open(kName);
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::vector<std::uint32_t> seen;
  EXPECT_TRUE((*reader)
                  ->ScanFollowers(5, 8,
                                  [&](std::uint32_t block, std::string_view) {
                                    return seen.push_back(block), absl::OkStatus();
                                  })
                  .ok());
  EXPECT_THAT(seen, ElementsAre(5, 6, 7));
  const absl::Status status = (*reader)->ScanFollowers(
      5, 8, [](std::uint32_t, std::string_view) { return absl::CancelledError("enough"); });
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
}

TEST_F(RocksStoreTest, EmptyShardsAreShardsToo) {
  const VectorLinkSource source(IsolatedMembers());
  const auto storage = Open(root_.path());
  const auto shards = Shards::Build(source, PartitionMap::Even(source.members_count(), 9), *storage, pool_);
  ASSERT_TRUE(shards.ok()) << shards.status();
  EXPECT_EQ(shards->info().links, 2u);
}

TEST_F(RocksStoreTest, ShardsAreListedCreatedOnceAndDeleted) {
  const auto storage = Open(root_.path());
  EXPECT_THAT(*storage->List(), IsEmpty());
  ASSERT_TRUE(Build(*storage, 2).ok());
  EXPECT_THAT(*storage->List(), ElementsAre(kName, ShardName{"test", ShardIndex(1)}));
  EXPECT_EQ(storage->Create(kName).status().code(), StatusCode::kAlreadyExists);
  for (const std::uint32_t s : {0u, 1u}) EXPECT_TRUE(storage->Delete({"test", ShardIndex(s)}).ok());
  EXPECT_THAT(*storage->List(), IsEmpty());
  EXPECT_EQ(storage->Delete(kName).code(), StatusCode::kNotFound);
  EXPECT_EQ(storage->Open(kName).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(Build(*storage, 2).ok());
}

// Something of it cannot be removed, as if whoever removes it had died meanwhile.
TEST_F(RocksStoreTest, OfAShardThatIsBeingDeletedNothingIsListed) {
  const auto storage = Open(root_.path());
  ASSERT_TRUE(Build(*storage, 1).ok());
  const fs::path deleting = ShardPath().string() + ".deleting";
  fs::create_directory(ShardPath() / "stays");
  if (mount("tmpfs", (ShardPath() / "stays").c_str(), "tmpfs", 0, "size=4k") != 0) {
    GTEST_SKIP() << "skipped: may not mount a small file system";
  }
  const absl::Cleanup unmount = [&] {
    for (const fs::path& path : {ShardPath(), deleting}) umount2((path / "stays").c_str(), MNT_DETACH);
  };
  EXPECT_FALSE(storage->Delete(kName).ok());
  EXPECT_TRUE(fs::exists(deleting));
  EXPECT_THAT(*storage->List(), IsEmpty());
  ExpectRefused(kName, StatusCode::kNotFound, "no such shard");
  EXPECT_TRUE(Build(*storage, 1).ok()) << "its place is free";
  umount2((deleting / "stays").c_str(), MNT_DETACH);
  ShardArrivals(root_.path().string()).RemoveLeftovers();
  EXPECT_FALSE(fs::exists(deleting));
  EXPECT_TRUE(storage->Open(kName).ok());
}

TEST_F(RocksStoreTest, WhatCannotBeLookedAtIsNotLeftOut) {
  const auto storage = Open(root_.path());
  ASSERT_TRUE(Build(*storage, 1).ok());
  const auto link_to_itself = [this](const char* name) { fs::create_symlink(name, root_.path() / name); };
  link_to_itself("lost+found");
  std::ofstream(root_.path() / "a-file") << "is no graph";
  EXPECT_THAT(*storage->List(), ElementsAre(kName)) << "no graph has such a name";
  link_to_itself("graph");
  EXPECT_EQ(storage->List().status().code(), StatusCode::kUnavailable);
  ExpectRefused({"graph", ShardIndex(0)}, StatusCode::kUnavailable, "graph/shard-0000");
  EXPECT_EQ(storage->Create({"graph", ShardIndex(0)}).status().code(), StatusCode::kUnavailable);
}

TEST_F(RocksStoreTest, NamesCannotLeaveTheRoot) {
  const auto storage = Open(root_.path() / "inner");
  for (const char* name : {"..", "../x", "", "A"}) {
    EXPECT_EQ(storage->Create({name, ShardIndex(0)}).status().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(storage->Open({name, ShardIndex(0)}).status().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(storage->Delete({name, ShardIndex(0)}).code(), StatusCode::kInvalidArgument);
  }
}

// A killed process runs no destructors: the writer stays until the test ends.
TEST_F(RocksStoreTest, AnUnfinishedLoadIsRefusedAndMadeAgain) {
  const auto first = Open(root_.path());
  const auto killed = HalfLoad(*first);
  ASSERT_TRUE(fs::exists(ShardPath().string() + ".loading"));
  ExpectRefused(kName, StatusCode::kDataLoss, "half-written");
  EXPECT_THAT(*first->List(), IsEmpty());
  const auto built = Build(*Open(root_.path()), 1);
  ASSERT_TRUE(built.ok()) << built.status();
  EXPECT_FALSE(fs::exists(ShardPath().string() + ".loading"));
}

// Killed after everything was written, before the directory got its name.
TEST_F(RocksStoreTest, ALoadThatWasNotRenamedIsUnfinished) {
  ASSERT_TRUE(Build(*Open(root_.path()), 1).ok());
  fs::rename(ShardPath(), ShardPath().string() + ".loading");
  ExpectRefused(kName, StatusCode::kDataLoss, "half-written");
  EXPECT_TRUE(Build(*Open(root_.path()), 1).ok());
}

TEST_F(RocksStoreTest, AnAbandonedWriterLeavesNothing) {
  const auto storage = Open(root_.path());
  HalfLoad(*storage).reset();
  EXPECT_FALSE(fs::exists(ShardPath().string() + ".loading"));
  ExpectRefused(kName, StatusCode::kNotFound, "no such shard");
}

TEST_F(RocksStoreTest, AShardWithoutManifestIsHalfWritten) {
  ASSERT_TRUE(Build(*Open(root_.path()), 1).ok());
  WithDatabase(ShardPath(), kManifest, [](rocksdb::DB& db, rocksdb::ColumnFamilyHandle& manifest) {
    ASSERT_TRUE(db.Delete(rocksdb::WriteOptions(), &manifest, kManifestKey).ok());
  });
  ExpectRefused(kName, StatusCode::kDataLoss, "no manifest");
}

TEST_F(RocksStoreTest, ADamagedOrNewerManifestIsRefused) {
  ASSERT_TRUE(Build(*Open(root_.path()), 1).ok());
  const auto change = [this](const std::function<void(std::string&)>& edit) {
    WithDatabase(ShardPath(), kManifest, [&](rocksdb::DB& db, rocksdb::ColumnFamilyHandle& manifest) {
      std::string text;
      ASSERT_TRUE(db.Get(rocksdb::ReadOptions(), &manifest, kManifestKey, &text).ok());
      edit(text);
      ASSERT_TRUE(db.Put(rocksdb::WriteOptions(), &manifest, kManifestKey, text).ok());
    });
  };
  change([](std::string& text) {
    const std::string before = "lawine-shard 1\n";
    ASSERT_TRUE(text.starts_with(before));
    text.replace(0, before.size(), "lawine-shard 2\n");
    text.resize(text.rfind("crc32c "));
    absl::StrAppendFormat(&text, "crc32c %08x\n", Crc32c(text));
  });
  ExpectRefused(kName, StatusCode::kFailedPrecondition,
                "found 'lawine-shard 2': use the version that wrote it");
  change([](std::string& text) { ++text[text.size() / 2]; });
  ExpectRefused(kName, StatusCode::kDataLoss, "manifest is damaged");
}

TEST_F(RocksStoreTest, RenamedDirectoriesAreRefused) {
  ASSERT_TRUE(Build(*Open(root_.path()), 2).ok());
  fs::rename(ShardPath(0), ShardPath(5));
  ExpectRefused({"test", ShardIndex(5)}, StatusCode::kFailedPrecondition, "foreign");
  fs::rename(root_.path() / "test", root_.path() / "other");
  ExpectRefused({"other", ShardIndex(1)}, StatusCode::kFailedPrecondition, "foreign");
}

TEST_F(RocksStoreTest, ForeignDirectoriesAreRefused) {
  fs::create_directories(ShardPath(0));
  std::ofstream(ShardPath(0) / "notes.txt") << "not a shard";
  ExpectRefused(kName, StatusCode::kFailedPrecondition, "not a shard directory");
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, ShardPath(1).string(), &db).ok());
  delete db;
  ExpectRefused({"test", ShardIndex(1)}, StatusCode::kFailedPrecondition, "");
}

TEST_F(RocksStoreTest, ASecondOpenerIsRefused) {
  const auto storage = Open(root_.path());
  ASSERT_TRUE(Build(*storage, 1).ok());
  const auto reader = storage->Open(kName);
  ASSERT_TRUE(reader.ok()) << reader.status();
  ExpectRefused(kName, StatusCode::kFailedPrecondition, "has this shard open");
}

TEST_F(RocksStoreTest, AShardOpenInAnotherProcessIsRefused) {
  ASSERT_TRUE(Build(*Open(root_.path()), 1).ok());
  const std::string lock_path = ShardPath() / "LOCK";
  int locked[2], finish[2];
  ASSERT_EQ(pipe(locked) | pipe(finish), 0);
  const pid_t child = fork();
  if (child == 0) {  // system calls only: the other threads are not here
    const int file = open(lock_path.c_str(), O_RDWR);
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    char byte = fcntl(file, F_SETLK, &whole) == 0 ? 1 : 0;
    if (write(locked[1], &byte, 1) != 1 || close(finish[1]) != 0) _exit(1);
    _exit(read(finish[0], &byte, 1) == 0 ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(read(locked[0], &byte, 1), 1);
  ASSERT_EQ(byte, 1);
  ExpectRefused(kName, StatusCode::kFailedPrecondition, "another process has this shard open");
  close(finish[1]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(Open(root_.path())->Open(kName).ok());
  for (const int end : {locked[0], locked[1], finish[0]}) close(end);
}

// A file system of its own, of a given size.
class SmallDisk {
 public:
  bool Mount(const std::string& size) {
    mounted_ = mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
    return mounted_;
  }
  bool Resize(const std::string& size) {
    return mount("tmpfs", directory_.path().c_str(), "tmpfs", MS_REMOUNT, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(directory_.path().c_str(), MNT_DETACH);
  }
  const fs::path& path() const { return directory_.path(); }

 private:
  const TempDirectory directory_;
  bool mounted_ = false;
};

// Ever larger disks, so that room runs out in every part of a load.
TEST_F(RocksStoreTest, AFullDiskFailsTheLoadAndNothingElse) {
  SmallDisk disk;
  if (!disk.Mount("4k")) GTEST_SKIP() << "skipped: may not mount a small file system";
  const VectorLinkSource small(Path(5));
  std::uint32_t failures = 0, kilobytes = 4;
  for (;; kilobytes += kilobytes / 4 + 4) {
    SCOPED_TRACE(absl::StrCat(kilobytes, " KiB"));
    ASSERT_LT(kilobytes, 1u << 20);
    ASSERT_TRUE(disk.Resize(absl::StrCat(kilobytes, "k")));
    const auto storage = Open(disk.path());
    const absl::Status status = Build(*storage, 1).status();
    if (status.ok()) break;
    ++failures;
    EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status;
    EXPECT_FALSE(fs::exists(disk.path() / "test" / "shard-0000"));
    EXPECT_FALSE(fs::exists(disk.path() / "test" / "shard-0000.loading"));
  }
  EXPECT_GT(failures, 10u);
  // RocksDB writes a little whenever it opens, and a load may have left less than that.
  ASSERT_TRUE(disk.Resize(absl::StrCat(kilobytes + 1'024, "k")));
  const auto storage = Open(disk.path());
  const auto reader = storage->Open(kName);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_TRUE(ShardImage::Hydrate(**reader, pool_).ok());
}

}  // namespace
}  // namespace lawine
