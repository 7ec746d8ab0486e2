#include "engine/store/memory_store.h"

#include <span>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/fold_blocks.h"

namespace lawine {
namespace {

// Blocks that a fold has written, empty ones for those that go.
class MemoryFold final : public PreparedFold {
 public:
  MemoryFold(MemoryShardStorage& storage, ShardName name) : storage_(storage), name_(std::move(name)) {}

  absl::Status Write(const FoldedShard& folded) {
    written_.manifest = folded.changed->manifest();
    const auto write = [&folded](BlockScan scan, std::span<const std::uint32_t> numbers,
                                 MemoryShardStorage::Blocks& blocks) {
      return ReadOneByOne(*folded.changed, scan, numbers,
                          [&blocks](std::uint32_t block, std::string_view bytes) {
                            blocks[block] = bytes;
                            return absl::OkStatus();
                          });
    };
    LAWINE_RETURN_IF_ERROR(write(&ShardReader::ScanFollowers, folded.followers, written_.followers));
    LAWINE_RETURN_IF_ERROR(write(&ShardReader::ScanMembers, folded.members, written_.members));
    return write(&ShardReader::ScanKeys, folded.keys, written_.keys);
  }
  absl::StatusOr<std::unique_ptr<StoredShard>> Commit() override {
    LAWINE_ASSIGN_OR_RETURN(auto shard, storage_.Find(name_));
    MoveInto(written_.followers, shard.followers);
    MoveInto(written_.members, shard.members);
    MoveInto(written_.keys, shard.keys);
    shard.manifest = written_.manifest;
    shard.changes.erase(shard.changes.begin(), shard.changes.upper_bound(shard.manifest.graph.graph_version));
    storage_.Put(name_, std::make_shared<const MemoryShardStorage::Shard>(std::move(shard)));
    return storage_.Open(name_);
  }

 private:
  static void MoveInto(MemoryShardStorage::Blocks& written, MemoryShardStorage::Blocks& blocks) {
    for (auto& [block, bytes] : written) {
      blocks.erase(block);
      if (!bytes.empty()) blocks.emplace(block, std::move(bytes));
    }
  }

  MemoryShardStorage& storage_;
  const ShardName name_;
  MemoryShardStorage::Shard written_;
};

// Readers keep the shard as it was when they were opened; writing puts another in its place.
class MemoryShard final : public StoredShard {
 public:
  MemoryShard(MemoryShardStorage& storage, ShardName name,
              std::shared_ptr<const MemoryShardStorage::Shard> shard)
      : storage_(storage), name_(std::move(name)), shard_(std::move(shard)) {}

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
  absl::Status ScanChanges(ChangeVisitor visit) const override {
    LAWINE_ASSIGN_OR_RETURN(const auto now, storage_.Find(name_));
    for (const auto& [version, bytes] : now.changes) LAWINE_RETURN_IF_ERROR(visit(version, bytes));
    return absl::OkStatus();
  }
  std::uint64_t disk_bytes() const override { return 0; }
  absl::StatusOr<std::uint64_t> CheckFiles() const override { return std::uint64_t{0}; }
  absl::StatusOr<std::unique_ptr<ShardCheckpoint>> Checkpoint() const override {
    return absl::UnimplementedError("a shard in memory has no files");
  }

  absl::Status WriteChange(std::uint64_t graph_version, std::string_view bytes) override {
    LAWINE_ASSIGN_OR_RETURN(auto shard, storage_.Find(name_));
    shard.changes.erase(shard.changes.lower_bound(graph_version), shard.changes.end());
    shard.changes.emplace(graph_version, bytes);
    storage_.Put(name_, std::make_shared<const MemoryShardStorage::Shard>(std::move(shard)));
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<PreparedFold>> PrepareFold(const FoldedShard& folded) override {
    auto fold = std::make_unique<MemoryFold>(storage_, name_);
    LAWINE_RETURN_IF_ERROR(fold->Write(folded));
    return fold;
  }

  absl::Status WriteRunState(const RunStep& of, std::string_view bytes) override {
    storage_.WithRunStates(name_, [&](auto& states) { states[of] = std::string(bytes); });
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> ReadRunState(const RunStep& of) const override {
    absl::StatusOr<std::string> found = absl::NotFoundError(
        absl::StrCat("checkpoint of run ", of.run_id, " after step ", of.step, ": it is not there"));
    storage_.WithRunStates(name_, [&](auto& states) {
      if (states.contains(of)) found = states[of];
    });
    return found;
  }
  absl::StatusOr<std::vector<RunStep>> RunStates() const override {
    std::vector<RunStep> found;
    storage_.WithRunStates(name_, [&](auto& states) {
      for (const auto& [of, bytes] : states) found.push_back(of);
    });
    return found;
  }
  absl::Status DropRunState(const RunStep& of) override {
    storage_.WithRunStates(name_, [&](auto& states) { states.erase(of); });
    return absl::OkStatus();
  }

 private:
  static absl::Status Scan(const MemoryShardStorage::Blocks& blocks, std::uint32_t first, std::uint32_t end,
                           BlockVisitor visit) {
    for (auto it = blocks.lower_bound(first); it != blocks.end() && it->first < end; ++it) {
      LAWINE_RETURN_IF_ERROR(visit(it->first, it->second));
    }
    return absl::OkStatus();
  }

  MemoryShardStorage& storage_;
  const ShardName name_;
  const std::shared_ptr<const MemoryShardStorage::Shard> shard_;
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

absl::StatusOr<std::unique_ptr<StoredShard>> MemoryShardStorage::Open(const ShardName& name) {
  MutexLock lock(mutex_);
  const auto it = shards_.find(name);
  if (it == shards_.end()) return absl::NotFoundError(absl::StrCat(Text(name), " is not here"));
  return std::make_unique<MemoryShard>(*this, name, it->second);
}

absl::StatusOr<MemoryShardStorage::Shard> MemoryShardStorage::Find(const ShardName& name) {
  MutexLock lock(mutex_);
  const auto it = shards_.find(name);
  if (it == shards_.end()) return absl::NotFoundError(absl::StrCat(Text(name), " is not here"));
  return *it->second;
}

absl::StatusOr<std::vector<ShardName>> MemoryShardStorage::List() {
  MutexLock lock(mutex_);
  std::vector<ShardName> names;
  for (const auto& [name, shard] : shards_) names.push_back(name);
  return names;
}

absl::Status MemoryShardStorage::Delete(const ShardName& name) {
  MutexLock lock(mutex_);
  run_states_.erase(name);
  if (shards_.erase(name) == 0) return absl::NotFoundError(absl::StrCat(Text(name), " is not here"));
  return absl::OkStatus();
}

void MemoryShardStorage::Put(const ShardName& name, std::shared_ptr<const Shard> shard) {
  MutexLock lock(mutex_);
  shards_[name] = std::move(shard);
}

}  // namespace lawine
