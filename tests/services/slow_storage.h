// Shards in memory whose disk takes as long as a test wants: a layer over another storage.
#ifndef LAWINE_TESTS_SERVICES_SLOW_STORAGE_H_
#define LAWINE_TESTS_SERVICES_SLOW_STORAGE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/store/shard_store.h"
#include "tests/support/stored_shard_layer.h"
#include "tests/support/waiting_gate.h"

namespace lawine {

struct SlowDisk {
  WaitingGate reads;   // of members, and of what a shard takes
  WaitingGate writes;  // of changes, and of what is folded
  WaitingGate links;   // reads of them
};

class SlowStorage final : public ShardStorage {
 public:
  // `disk` outlives it.
  SlowStorage(std::unique_ptr<ShardStorage> storage, SlowDisk& disk)
      : storage_(std::move(storage)), disk_(disk) {}

  absl::StatusOr<std::unique_ptr<ShardWriter>> Create(const ShardName& name) override {
    return storage_->Create(name);
  }
  absl::StatusOr<std::unique_ptr<StoredShard>> Open(const ShardName& name) override {
    LAWINE_ASSIGN_OR_RETURN(auto shard, storage_->Open(name));
    return std::make_unique<Shard>(std::move(shard), disk_);
  }
  absl::StatusOr<std::vector<ShardName>> List() override { return storage_->List(); }
  absl::Status Delete(const ShardName& name) override {
    disk_.writes.Pass();
    return storage_->Delete(name);
  }

 private:
  class Shard final : public StoredShardLayer {
   public:
    Shard(std::unique_ptr<StoredShard> shard, SlowDisk& disk)
        : StoredShardLayer(std::move(shard)), disk_(disk) {}

    absl::Status ScanMembers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
      disk_.reads.Pass();
      return StoredShardLayer::ScanMembers(first, end, visit);
    }
    absl::Status ScanFollowers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
      disk_.links.Pass();
      return StoredShardLayer::ScanFollowers(first, end, visit);
    }
    std::uint64_t disk_bytes() const override {
      disk_.reads.Pass();
      return StoredShardLayer::disk_bytes();
    }
    absl::Status WriteChange(std::uint64_t graph_version, std::string_view bytes) override {
      disk_.writes.Pass();
      return StoredShardLayer::WriteChange(graph_version, bytes);
    }
    absl::StatusOr<std::unique_ptr<PreparedFold>> PrepareFold(const FoldedShard& folded) override {
      LAWINE_ASSIGN_OR_RETURN(auto fold, StoredShardLayer::PrepareFold(folded));
      return std::make_unique<Fold>(std::move(fold), disk_);
    }

   private:
    SlowDisk& disk_;
  };

  class Fold final : public PreparedFold {
   public:
    Fold(std::unique_ptr<PreparedFold> fold, SlowDisk& disk) : fold_(std::move(fold)), disk_(disk) {}

    absl::StatusOr<std::unique_ptr<StoredShard>> Commit() override {
      disk_.writes.Pass();
      LAWINE_ASSIGN_OR_RETURN(auto now, fold_->Commit());
      return std::make_unique<Shard>(std::move(now), disk_);
    }

   private:
    const std::unique_ptr<PreparedFold> fold_;
    SlowDisk& disk_;
  };

  const std::unique_ptr<ShardStorage> storage_;
  SlowDisk& disk_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SERVICES_SLOW_STORAGE_H_
