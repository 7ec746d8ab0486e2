// A shard at a version later than the one that is stored: the blocks as they are stored, those that changed
// with the changes applied. Whatever reads blocks sees the changed graph so: hydration, the lists that a
// memory limit leaves on disk, member look-ups, surveys, verification, and folding.
#ifndef LAWINE_ENGINE_STORE_CHANGED_READER_H_
#define LAWINE_ENGINE_STORE_CHANGED_READER_H_

#include <memory>

#include "engine/graph/member_block.h"
#include "engine/store/shard_delta.h"
#include "engine/store/shard_store.h"

namespace lawine {

class ChangedReader final : public ShardReader {
 public:
  // `delta` is of `base`.
  ChangedReader(std::shared_ptr<const ShardReader> base, std::shared_ptr<const ShardDelta> delta)
      : base_(std::move(base)), delta_(std::move(delta)) {}

  const ShardManifest& manifest() const override { return delta_->manifest(); }
  absl::Status ScanFollowers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override;
  absl::Status ScanMembers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override;
  absl::Status ScanKeys(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override;
  absl::Status ScanChanges(ChangeVisitor) const override { return absl::OkStatus(); }
  std::uint64_t disk_bytes() const override { return base_->disk_bytes(); }
  absl::StatusOr<std::uint64_t> CheckFiles() const override { return base_->CheckFiles(); }
  // Of the shard as it is stored, with all records.
  absl::StatusOr<std::unique_ptr<ShardCheckpoint>> Checkpoint() const override { return base_->Checkpoint(); }

 private:
  absl::Status VisitChanged(std::uint32_t block, std::string_view stored, BlockVisitor visit) const;
  bool Changes(std::uint32_t member_block) const;
  void Apply(std::uint32_t member_block, MemberColumns& members) const;
  absl::Status MadeKeys(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const;

  const std::shared_ptr<const ShardReader> base_;
  const std::shared_ptr<const ShardDelta> delta_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_CHANGED_READER_H_
