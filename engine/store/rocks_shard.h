// One open shard on RocksDB. Internal to the store on RocksDB.
#ifndef LAWINE_ENGINE_STORE_ROCKS_SHARD_H_
#define LAWINE_ENGINE_STORE_ROCKS_SHARD_H_

#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/store/rocks_database.h"
#include "engine/store/rocks_shard_database.h"
#include "engine/store/shard_store.h"

namespace lawine {

// Reads blocks of a snapshot, so what is written later does not show. Thread-safe, but for one writer at a
// time.
class RocksShard final : public StoredShard {
 public:
  RocksShard(std::string path, std::shared_ptr<ShardDatabase> database, ShardManifest manifest,
             const RocksShared& shared)
      : path_(std::move(path)),
        database_(std::move(database)),
        manifest_(std::move(manifest)),
        shared_(shared) {
    database_->Enter(this, manifest_.graph.graph_version);
  }
  ~RocksShard() override { database_->Leave(this); }

  const ShardManifest& manifest() const override { return manifest_; }
  absl::Status ScanFollowers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
    return Scan(kFollowers, first, end, visit);
  }
  absl::Status ScanMembers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
    return Scan(kMembers, first, end, visit);
  }
  absl::Status ScanKeys(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const override {
    return Scan(kKeys, first, end, visit);
  }
  absl::Status ScanChanges(ChangeVisitor visit) const override;
  std::uint64_t disk_bytes() const override;
  absl::StatusOr<std::uint64_t> CheckFiles() const override;
  absl::StatusOr<std::unique_ptr<ShardCheckpoint>> Checkpoint() const override;

  absl::Status WriteChange(std::uint64_t graph_version, std::string_view bytes) override;
  absl::StatusOr<std::unique_ptr<PreparedFold>> PrepareFold(const FoldedShard& folded) override;

  absl::Status WriteRunState(const RunStep& of, std::string_view bytes) override;
  absl::StatusOr<std::string> ReadRunState(const RunStep& of) const override;
  absl::StatusOr<std::vector<RunStep>> RunStates() const override;
  absl::Status DropRunState(const RunStep& of) override;

 private:
  class Fold;

  absl::Status Scan(Family family, std::uint32_t first, std::uint32_t end, BlockVisitor visit) const;
  absl::Status GetOne(Family family, std::uint32_t block, BlockVisitor visit) const;
  absl::Status Visit(std::uint32_t block, const rocksdb::Slice& value, BlockVisitor visit) const;
  // Of a write; the next one opens the database again where this one has left it refusing all others.
  absl::Status Written(const rocksdb::Status& status, const ShardDatabase::Use& use) const;
  // Removes records that were folded.
  absl::Status RemoveFolded(std::uint64_t graph_version, const ShardDatabase::Use& use) const;

  const std::string path_;
  const std::shared_ptr<ShardDatabase> database_;
  const ShardManifest manifest_;
  const RocksShared shared_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_ROCKS_SHARD_H_
