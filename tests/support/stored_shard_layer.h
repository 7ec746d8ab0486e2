// A shard over another one, which does all that is asked of it: doubles derive from it, and change one thing.
#ifndef LAWINE_TESTS_SUPPORT_STORED_SHARD_LAYER_H_
#define LAWINE_TESTS_SUPPORT_STORED_SHARD_LAYER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/store/shard_store.h"

namespace lawine {

// What a fold returns has no layer over it.
class StoredShardLayer : public StoredShard {
 public:
  explicit StoredShardLayer(std::shared_ptr<StoredShard> below) : below_(std::move(below)) {}

  const ShardManifest& manifest() const override { return below_->manifest(); }
  absl::Status ScanFollowers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
    return below_->ScanFollowers(first, end, visit);
  }
  absl::Status ScanMembers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
    return below_->ScanMembers(first, end, visit);
  }
  absl::Status ScanKeys(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
    return below_->ScanKeys(first, end, visit);
  }
  absl::Status ScanChanges(ChangeVisitor visit) const override { return below_->ScanChanges(visit); }
  std::uint64_t disk_bytes() const override { return below_->disk_bytes(); }
  absl::StatusOr<std::uint64_t> CheckFiles() const override { return below_->CheckFiles(); }
  absl::StatusOr<std::unique_ptr<ShardCheckpoint>> Checkpoint() const override {
    return below_->Checkpoint();
  }
  absl::Status WriteChange(std::uint64_t graph_version, std::string_view bytes) override {
    return below_->WriteChange(graph_version, bytes);
  }
  absl::StatusOr<std::unique_ptr<PreparedFold>> PrepareFold(const FoldedShard& folded) override {
    return below_->PrepareFold(folded);
  }
  absl::Status WriteRunState(const RunStep& of, std::string_view bytes) override {
    return below_->WriteRunState(of, bytes);
  }
  absl::StatusOr<std::string> ReadRunState(const RunStep& of) const override {
    return below_->ReadRunState(of);
  }
  absl::StatusOr<std::vector<RunStep>> RunStates() const override { return below_->RunStates(); }
  absl::Status DropRunState(const RunStep& of) override { return below_->DropRunState(of); }

 private:
  const std::shared_ptr<StoredShard> below_;
};

// The same as of the next version of its graph: folding it changes the version, and where blocks lie.
class NextVersion final : public StoredShardLayer {
 public:
  explicit NextVersion(std::shared_ptr<StoredShard> below)
      : StoredShardLayer(std::move(below)), manifest_(StoredShardLayer::manifest()) {
    ++manifest_.graph.graph_version;
  }
  const ShardManifest& manifest() const override { return manifest_; }

 private:
  ShardManifest manifest_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_STORED_SHARD_LAYER_H_
