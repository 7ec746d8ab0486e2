// Shards in memory whose disk takes as long as a test wants: a layer over another storage.
#ifndef LAWINE_TESTS_SERVICES_SLOW_STORAGE_H_
#define LAWINE_TESTS_SERVICES_SLOW_STORAGE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/store/shard_store.h"
#include "tests/support/waiting_gate.h"

namespace lawine {

struct SlowDisk {
  WaitingGate reads;   // of members, and of what a shard takes
  WaitingGate writes;  // of changes, and of what is folded
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
  absl::Status Delete(const ShardName& name) override { return storage_->Delete(name); }

 private:
  class Shard final : public StoredShard {
   public:
    Shard(std::unique_ptr<StoredShard> shard, SlowDisk& disk) : shard_(std::move(shard)), disk_(disk) {}

    const ShardManifest& manifest() const override { return shard_->manifest(); }
    absl::Status ScanFollowers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
      return shard_->ScanFollowers(first, end, visit);
    }
    absl::Status ScanMembers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
      disk_.reads.Pass();
      return shard_->ScanMembers(first, end, visit);
    }
    absl::Status ScanKeys(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
      return shard_->ScanKeys(first, end, visit);
    }
    absl::Status ScanChanges(ChangeVisitor visit) const override { return shard_->ScanChanges(visit); }
    std::uint64_t disk_bytes() const override {
      disk_.reads.Pass();
      return shard_->disk_bytes();
    }
    absl::StatusOr<std::uint64_t> CheckFiles() const override { return shard_->CheckFiles(); }
    absl::StatusOr<std::unique_ptr<ShardCheckpoint>> Checkpoint() const override {
      return shard_->Checkpoint();
    }
    absl::Status WriteChange(std::uint64_t graph_version, std::string_view bytes) override {
      disk_.writes.Pass();
      return shard_->WriteChange(graph_version, bytes);
    }
    absl::StatusOr<std::unique_ptr<StoredShard>> Fold(const FoldedShard& folded) override {
      disk_.writes.Pass();
      LAWINE_ASSIGN_OR_RETURN(auto now, shard_->Fold(folded));
      return std::make_unique<Shard>(std::move(now), disk_);
    }
    absl::Status WriteRunState(const RunStep& of, std::string_view bytes) override {
      return shard_->WriteRunState(of, bytes);
    }
    absl::StatusOr<std::string> ReadRunState(const RunStep& of) const override {
      return shard_->ReadRunState(of);
    }
    absl::StatusOr<std::vector<RunStep>> RunStates() const override { return shard_->RunStates(); }
    absl::Status DropRunState(const RunStep& of) override { return shard_->DropRunState(of); }

   private:
    const std::unique_ptr<StoredShard> shard_;
    SlowDisk& disk_;
  };

  const std::unique_ptr<ShardStorage> storage_;
  SlowDisk& disk_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SERVICES_SLOW_STORAGE_H_
