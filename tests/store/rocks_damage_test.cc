// Damage to any file of a shard is refused, or harmless: what opens and hydrates holds what was stored. A
// MANIFEST of RocksDB that is cut is taken for one that ends there; then it may be what was stored before the
// shard was folded, and says so in its version.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "engine/store/file_checksums.h"
#include "engine/store/rocks_store.h"
#include "gtest/gtest.h"
#include "tests/support/shards.h"
#include "tests/support/stored_shard_layer.h"
#include "tests/support/temp_directory.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
void WriteFile(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The parameter: whether the shard was folded after it was built.
class RocksDamageTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    TestRandom random(1);
    source_ = std::make_unique<VectorLinkSource>(RandomGraph(random, 1'200, 5, 1'200),
                                                 VectorLinkSourceOptions{.blocks_per_chunk = 10});
    const auto storage = OpenRocksStorage((root_.path() / "sound").string(), {});
    ASSERT_TRUE(storage.ok()) << storage.status();
    auto sound = Shards::Build(*source_, PartitionMap::Even(1'200, 1), **storage, executor_);
    ASSERT_TRUE(sound.ok()) << sound.status();
    sound_ = std::make_unique<Shards>(*std::move(sound));
    if (GetParam()) Fold(**storage);
    for (const auto& entry : fs::directory_iterator(root_.path() / "sound" / kShard)) {
      if (entry.is_regular_file()) files_[entry.path().filename()] = ReadFile(entry.path());
    }
    ASSERT_GT(files_.size(), 5u);
  }

  // Puts some blocks of each kind in their own place, as of a later version.
  void Fold(ShardStorage& storage) {
    auto opened = storage.Open({"test", ShardIndex(0)});
    ASSERT_TRUE(opened.ok()) << opened.status();
    const std::shared_ptr<StoredShard> shard = *std::move(opened);
    before_ = shard->manifest();
    const auto next = std::make_shared<NextVersion>(shard);
    checksums_before_ = ReadFile(root_.path() / "sound" / kShard / kChecksumsFile);
    const auto prepared = shard->PrepareFold(
        {.changed = next, .followers = {3, 4, 5, 6, 7, 8}, .members = {0, 1}, .keys = {0}});
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    const auto now = (*prepared)->Commit();
    ASSERT_TRUE(now.ok()) << now.status();
    auto image = ShardImage::Hydrate(**now, executor_);
    ASSERT_TRUE(image.ok()) << image.status();
    std::vector<std::unique_ptr<const ShardImage>> images;
    images.push_back(*std::move(image));
    sound_ = std::make_unique<Shards>(Shards::Of(next->manifest().graph, std::move(images)));
  }

  // Opens a copy of the shard in which `name` holds `bytes` (nullopt: is not there). Either it is refused, or
  // it is the sound one.
  void ExpectRefusedOrSame(const std::string& name, const std::optional<std::string>& bytes) {
    const fs::path copy = root_.path() / "copy";
    fs::remove_all(copy);
    fs::create_directories(copy / kShard);
    for (const auto& [file, sound] : files_) {
      if (file != name) WriteFile(copy / kShard / file, sound);
    }
    if (bytes.has_value()) WriteFile(copy / kShard / name, *bytes);
    const absl::Status status = OpenAndCompare(copy);
    ++(status.ok() ? harmless_ : refused_);
    EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kDataLoss ||
                status.code() == absl::StatusCode::kFailedPrecondition)
        << status;
  }

  absl::Status OpenAndCompare(const fs::path& root) {
    const auto storage = OpenRocksStorage(root.string(), {});
    if (!storage.ok()) return storage.status();
    const auto reader = (*storage)->Open({"test", ShardIndex(0)});
    if (!reader.ok()) return reader.status();
    const auto image = ShardImage::Hydrate(**reader, executor_);
    if (!image.ok()) return image.status();
    const ShardImage& sound = *sound_->images()[0];
    if (GetParam() && (*image)->manifest() == before_) {
      ++earlier_;
    } else {
      EXPECT_EQ((*image)->manifest(), sound.manifest());
    }
    EXPECT_TRUE(std::ranges::equal((*image)->members().audience(), sound.members().audience()));
    EXPECT_TRUE(
        std::ranges::equal((*image)->members().reachable().words(), sound.members().reachable().words()));
    for (std::uint32_t m = 0; m < source_->members_count(); ++m) {
      EXPECT_EQ((*image)->KeyOf(LocalId(m)), sound.KeyOf(LocalId(m)));
      EXPECT_TRUE(std::ranges::equal((*image)->GapsOf(MemberId(m)), sound.GapsOf(MemberId(m))));
    }
    return absl::OkStatus();
  }

  // Some places of a file: its first and last bytes, where headers and footers are, and some between.
  static std::vector<std::size_t> Places(std::size_t size, std::size_t between) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < size; ++i) {
      if (i < 4 || i + 53 > size || i % (size / between + 1) == 0) places.push_back(i);
    }
    return places;
  }

  static constexpr const char* kShard = "test/shard-0000";
  const TempDirectory root_;
  InlineExecutor executor_;
  std::unique_ptr<VectorLinkSource> source_;
  std::unique_ptr<Shards> sound_;
  std::map<std::string, std::string> files_;
  // Before it was folded.
  std::string checksums_before_;
  ShardManifest before_;
  std::uint32_t refused_ = 0;
  std::uint32_t harmless_ = 0;
  std::uint32_t earlier_ = 0;  // of those, as before folding
};

// RocksDB's diary and the options it writes down: opening a shard never reads them.
bool IsNeverRead(const std::string& file) { return file.starts_with("LOG") || file.starts_with("OPTIONS"); }

TEST_P(RocksDamageTest, TheCopyItselfIsSound) {
  ExpectRefusedOrSame("LOCK", "");
  EXPECT_EQ(harmless_, 1u);
}

// Folding adds some; whoever died before their checksums were written has a shard all the same.
TEST_P(RocksDamageTest, AllTablesHaveChecksums) {
  const auto listed = DecodeChecksums(files_.at(kChecksumsFile));
  ASSERT_TRUE(listed.ok()) << listed.status();
  std::vector<std::string> names, tables;
  for (const FileChecksum& file : *listed) names.push_back(file.name);
  for (const auto& [file, sound] : files_) {
    if (file.ends_with(".sst")) tables.push_back(file);
  }
  EXPECT_EQ(names, tables);
  if (!GetParam()) return;
  EXPECT_GT(tables.size(), DecodeChecksums(checksums_before_)->size());
  ExpectRefusedOrSame(kChecksumsFile, checksums_before_);
  EXPECT_EQ(harmless_, 1u);
}

TEST_P(RocksDamageTest, AnyChangedTableIsFoundByReadingAll) {
  const auto storage = OpenRocksStorage((root_.path() / "sound").string(), {});
  ASSERT_TRUE(storage.ok());
  const auto shard = (*storage)->Open({"test", ShardIndex(0)});
  ASSERT_TRUE(shard.ok()) << shard.status();
  EXPECT_TRUE((*shard)->CheckFiles().ok());
  for (const auto& [file, sound] : files_) {
    if (!file.ends_with(".sst")) continue;
    std::string damaged = sound;
    damaged[sound.size() / 2] ^= 1;
    WriteFile(root_.path() / "sound" / kShard / file, damaged);
    EXPECT_EQ((*shard)->CheckFiles().status().code(), absl::StatusCode::kDataLoss) << file;
    WriteFile(root_.path() / "sound" / kShard / file, sound);
  }
}

// The top bit too: where RocksDB is packaged with its assertions, it dies of one such bit, in the number of
// restarts of a properties block, which it looks at before the block's checksum. Ours are looked at before.
TEST_P(RocksDamageTest, ChangedBytesAreRefusedOrHarmless) {
  for (const auto& [file, sound] : files_) {
    if (IsNeverRead(file)) continue;
    for (const std::size_t at : Places(sound.size(), 30)) {
      SCOPED_TRACE(absl::StrCat(file, ", byte ", at, " of ", sound.size()));
      std::string damaged = sound;
      damaged[at] ^= static_cast<char>(1 << (at % 8));
      ExpectRefusedOrSame(file, damaged);
    }
  }
  EXPECT_GT(refused_, 100u);
}

TEST_P(RocksDamageTest, TruncatedFilesAreRefusedOrHarmless) {
  for (const auto& [file, sound] : files_) {
    if (IsNeverRead(file)) continue;
    for (const std::size_t size : Places(sound.size(), 12)) {
      if (size % 4 != 0) continue;
      SCOPED_TRACE(absl::StrCat(file, " cut to ", size, " of ", sound.size()));
      ExpectRefusedOrSame(file, sound.substr(0, size));
    }
  }
  EXPECT_GT(refused_, 20u);
}

TEST_P(RocksDamageTest, TablesCutAtAnyByteAreRefused) {
  const auto storage = OpenRocksStorage((root_.path() / "sound").string(), {});
  ASSERT_TRUE(storage.ok());
  std::uint32_t cuts = 0;
  for (const auto& [file, sound] : files_) {
    if (!file.ends_with(".sst")) continue;
    const fs::path path = root_.path() / "sound" / kShard / file;
    for (std::size_t size = sound.size(); size-- > 0; ++cuts) {
      fs::resize_file(path, size);
      const absl::Status status = (*storage)->Open({"test", ShardIndex(0)}).status();
      ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss) << file << " cut to " << size << ": " << status;
    }
    WriteFile(path, sound);
  }
  EXPECT_GT(cuts, 5'000u);
}

TEST_P(RocksDamageTest, OtherFilesCutAtAnyByteAreRefusedOrHarmless) {
  std::uint32_t cuts = 0;
  for (const auto& [file, sound] : files_) {
    if (IsNeverRead(file) || file.ends_with(".sst")) continue;
    for (std::size_t size = 0; size < sound.size(); ++size, ++cuts) {
      SCOPED_TRACE(absl::StrCat(file, " cut to ", size, " of ", sound.size()));
      ExpectRefusedOrSame(file, sound.substr(0, size));
    }
  }
  EXPECT_GT(cuts, 100u);
}

// Only its end: what lacks more than what folding added is refused.
TEST_P(RocksDamageTest, OnlyACutManifestMakesAnEarlierShard) {
  for (const auto& [file, sound] : files_) {
    if (IsNeverRead(file) || file.ends_with(".sst")) continue;
    const std::uint32_t before = earlier_;
    for (std::size_t size = 0; size < sound.size(); size += 13) {
      SCOPED_TRACE(absl::StrCat(file, " cut to ", size, " of ", sound.size()));
      ExpectRefusedOrSame(file, sound.substr(0, size));
    }
    EXPECT_TRUE(earlier_ == before || file.starts_with("MANIFEST-")) << file;
  }
}

TEST_P(RocksDamageTest, MissingAndSwappedFilesAreRefusedOrHarmless) {
  for (const auto& [file, sound] : files_) {
    SCOPED_TRACE(file);
    ExpectRefusedOrSame(file, std::nullopt);
    for (const auto& [other, bytes] : files_) ExpectRefusedOrSame(file, bytes);
  }
  EXPECT_GT(refused_, 20u);
}

TEST_P(RocksDamageTest, ZeroedPagesAreRefusedOrHarmless) {
  for (const auto& [file, sound] : files_) {
    if (IsNeverRead(file)) continue;
    for (std::size_t at = 0; at < sound.size(); at += 512) {
      SCOPED_TRACE(absl::StrCat(file, ", 512 zeros at ", at));
      std::string damaged = sound;
      std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at),
                  std::min<std::size_t>(512, sound.size() - at), '\0');
      ExpectRefusedOrSame(file, damaged);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, RocksDamageTest, testing::Bool(),
                         [](const auto& folded) { return folded.param ? "Folded" : "Built"; });

}  // namespace
}  // namespace lawine
