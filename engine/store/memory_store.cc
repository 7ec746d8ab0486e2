#include "engine/store/memory_store.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

class MemoryReader final : public ShardReader {
 public:
  explicit MemoryReader(std::shared_ptr<const MemoryShardStorage::Shard> shard) : shard_(std::move(shard)) {}

  const ShardManifest& manifest() const override { return shard_->manifest; }
  absl::Status ScanFollowers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
    return Scan(shard_->followers, first, end, visit);
  }
  absl::Status ScanMembers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
    return Scan(shard_->members, first, end, visit);
  }
  absl::Status ScanKeys(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
    return Scan(shard_->keys, first, end, visit);
  }
  std::uint64_t disk_bytes() const override { return 0; }
  absl::StatusOr<std::uint64_t> CheckFiles() const override { return std::uint64_t{0}; }
  absl::StatusOr<std::unique_ptr<ShardCheckpoint>> Checkpoint() const override {
    return absl::UnimplementedError("a shard in memory has no files");
  }

 private:
  static absl::Status Scan(const MemoryShardStorage::Blocks& blocks, std::uint32_t first, std::uint32_t end,
                           BlockVisitor visit) {
    for (auto it = blocks.lower_bound(first); it != blocks.end() && it->first < end; ++it) {
      LAWINE_RETURN_IF_ERROR(visit(it->first, it->second));
    }
    return absl::OkStatus();
  }
  std::shared_ptr<const MemoryShardStorage::Shard> shard_;
};

class MemoryWriter final : public ShardWriter {
 public:
  MemoryWriter(MemoryShardStorage& storage, ShardName name) : storage_(storage), name_(std::move(name)) {}

  absl::StatusOr<std::unique_ptr<BlockSink>> NewFollowerSink() override {
    return std::make_unique<Sink>(*this, shard_->followers);
  }
  absl::StatusOr<std::unique_ptr<BlockSink>> NewMemberSink() override {
    return std::make_unique<Sink>(*this, shard_->members);
  }
  absl::StatusOr<std::unique_ptr<BlockSink>> NewKeySink() override {
    return std::make_unique<Sink>(*this, shard_->keys);
  }
  absl::Status Commit(const ShardManifest& manifest) override {
    shard_->manifest = manifest;
    storage_.Put(name_, shard_);
    return absl::OkStatus();
  }

 private:
  class Sink final : public BlockSink {
   public:
    Sink(MemoryWriter& writer, MemoryShardStorage::Blocks& blocks) : writer_(writer), blocks_(blocks) {}
    absl::Status Add(std::uint32_t block, std::string_view bytes) override {
      MutexLock lock(writer_.mutex_);
      blocks_.emplace(block, bytes);
      return absl::OkStatus();
    }
    absl::Status Finish() override { return absl::OkStatus(); }

   private:
    MemoryWriter& writer_;
    MemoryShardStorage::Blocks& blocks_;
  };

  MemoryShardStorage& storage_;
  const ShardName name_;
  Mutex mutex_;  // guards the blocks while several sinks write
  const std::shared_ptr<MemoryShardStorage::Shard> shard_ = std::make_shared<MemoryShardStorage::Shard>();
};

std::string Text(const ShardName& name) {
  return absl::StrCat("shard ", name.shard.value, " of graph '", name.graph, "'");
}

}  // namespace

absl::StatusOr<std::unique_ptr<ShardWriter>> MemoryShardStorage::Create(const ShardName& name) {
  LAWINE_RETURN_IF_ERROR(CheckGraphName(name.graph));
  MutexLock lock(mutex_);
  if (shards_.contains(name)) return absl::AlreadyExistsError(absl::StrCat(Text(name), " exists"));
  return std::make_unique<MemoryWriter>(*this, name);
}

absl::StatusOr<std::unique_ptr<ShardReader>> MemoryShardStorage::Open(const ShardName& name) {
  MutexLock lock(mutex_);
  const auto it = shards_.find(name);
  if (it == shards_.end()) return absl::NotFoundError(absl::StrCat(Text(name), " is not here"));
  return std::make_unique<MemoryReader>(it->second);
}

absl::StatusOr<std::vector<ShardName>> MemoryShardStorage::List() {
  MutexLock lock(mutex_);
  std::vector<ShardName> names;
  for (const auto& [name, shard] : shards_) names.push_back(name);
  return names;
}

absl::Status MemoryShardStorage::Delete(const ShardName& name) {
  MutexLock lock(mutex_);
  if (shards_.erase(name) == 0) return absl::NotFoundError(absl::StrCat(Text(name), " is not here"));
  return absl::OkStatus();
}

void MemoryShardStorage::Put(const ShardName& name, std::shared_ptr<const Shard> shard) {
  MutexLock lock(mutex_);
  shards_[name] = std::move(shard);
}

}  // namespace lawine
