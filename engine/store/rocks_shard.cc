#include "engine/store/rocks_shard.h"

#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/failpoint.h"
#include "engine/base/status_macros.h"
#include "engine/store/file_checksums.h"
#include "engine/store/fold_blocks.h"
#include "engine/store/plain_file.h"
#include "engine/store/rocks_copies.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;

rocksdb::WriteOptions Synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

}  // namespace

// RocksDB 7.8 may end a scan early, with status OK, at a damaged first block of a later file. So callers
// count what they got against the manifest, and never take the end of a scan for the end of the data. Who
// wants one block cannot count: it is got by its key, which tells damage from absence.
absl::Status RocksShard::Scan(Family family, std::uint32_t first, std::uint32_t end,
                              BlockVisitor visit) const {
  if (end == first + 1) return GetOne(family, first, visit);
  LAWINE_ASSIGN_OR_RETURN(const ShardDatabase::Use use, database_->ToRead(this));
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  options.snapshot = use.snapshot;
  // A scan of few blocks reads what it needs; RocksDB itself begins to read ahead when it goes on.
  if (end - first >= ShardManifest::kBlocksPerStride) options.readahead_size = 2 << 20;
  const std::string end_key = BigEndianKey(end);
  const rocksdb::Slice upper(end_key);
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(
      use.database->db().NewIterator(options, use.database->family(family)));
  for (it->Seek(BigEndianKey(first)); it->Valid(); it->Next()) {
    const rocksdb::Slice key = it->key();
    const rocksdb::Slice value = it->value();
    if (key.size() != 4)
      return absl::DataLossError(absl::StrCat(path_, ": a key of ", key.size(), " bytes, expected 4"));
    LAWINE_RETURN_IF_ERROR(Visit(FromBigEndianKey({key.data(), 4}), value, visit));
  }
  return FromRocks(it->status(), path_, kShard);
}

absl::Status RocksShard::GetOne(Family family, std::uint32_t block, BlockVisitor visit) const {
  LAWINE_ASSIGN_OR_RETURN(const ShardDatabase::Use use, database_->ToRead(this));
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  options.snapshot = use.snapshot;
  rocksdb::PinnableSlice value;
  const rocksdb::Status got =
      use.database->db().Get(options, use.database->family(family), BigEndianKey(block), &value);
  if (got.IsNotFound()) return absl::OkStatus();
  LAWINE_RETURN_IF_ERROR(FromRocks(got, path_, kShard));
  return Visit(block, value, visit);
}

absl::Status RocksShard::Visit(std::uint32_t block, const rocksdb::Slice& value, BlockVisitor visit) const {
  const absl::Status status = visit(block, {value.data(), value.size()});
  return status.ok() ? status : absl::Status(status.code(), absl::StrCat(path_, ": ", status.message()));
}

absl::Status RocksShard::ScanChanges(ChangeVisitor visit) const {
  LAWINE_ASSIGN_OR_RETURN(const ShardDatabase::Use use, database_->ToRead(this));
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(
      use.database->db().NewIterator(options, use.database->family(kChanges)));
  for (it->Seek(VersionKey(manifest_.graph.graph_version + 1)); it->Valid(); it->Next()) {
    if (it->key().size() != 8) {
      return absl::DataLossError(
          absl::StrCat(path_, ": a key of changes of ", it->key().size(), " bytes, expected 8"));
    }
    const absl::Status status = visit(FromVersionKey(it->key()), {it->value().data(), it->value().size()});
    if (!status.ok()) return absl::Status(status.code(), absl::StrCat(path_, ": ", status.message()));
  }
  return FromRocks(it->status(), path_, kShard);
}

std::uint64_t RocksShard::disk_bytes() const {
  std::uint64_t bytes = 0;
  for (const std::string& name : NamesIn(path_).value_or(std::vector<std::string>())) {
    std::error_code error;  // what is no file, or goes meanwhile, is left out
    const std::uint64_t size = fs::file_size(absl::StrCat(path_, "/", name), error);
    if (!error) bytes += size;
  }
  return bytes;
}

absl::StatusOr<std::uint64_t> RocksShard::CheckFiles() const { return lawine::CheckFiles(path_); }

absl::StatusOr<std::unique_ptr<ShardCheckpoint>> RocksShard::Checkpoint() const {
  LAWINE_ASSIGN_OR_RETURN(const ShardDatabase::Use use, database_->ToRead(this));
  auto made = MakeRocksCheckpoint(use.database->db(), path_);
  if (!made.ok()) database_->NoteFailure(use);  // it writes what is in memory first
  return made;
}

absl::Status RocksShard::WriteChange(std::uint64_t graph_version, std::string_view bytes) {
  LAWINE_ASSIGN_OR_RETURN(const ShardDatabase::Use use, database_->ToWrite(this));
  rocksdb::WriteBatch batch;
  rocksdb::ColumnFamilyHandle* const changes = use.database->family(kChanges);
  const std::unique_ptr<rocksdb::Iterator> later(
      use.database->db().NewIterator(rocksdb::ReadOptions(), changes));
  for (later->Seek(VersionKey(graph_version + 1)); later->Valid(); later->Next()) {
    LAWINE_RETURN_IF_ERROR(FromRocks(batch.Delete(changes, later->key()), path_, kShard));
  }
  LAWINE_RETURN_IF_ERROR(FromRocks(later->status(), path_, kShard));
  LAWINE_RETURN_IF_ERROR(
      FromRocks(batch.Put(changes, VersionKey(graph_version), rocksdb::Slice(bytes.data(), bytes.size())),
                path_, kShard));
  const absl::Status written = Written(use.database->db().Write(Synced(), &batch), use);
  Failpoint("store.change_written");
  return written;
}

absl::Status RocksShard::Written(const rocksdb::Status& status, const ShardDatabase::Use& use) const {
  if (!status.ok()) database_->NoteFailure(use);
  return FromRocks(status, path_, kShard);
}

// Tables beside the database, a file for each family, until it takes them in. It can be opened again while
// they are written: reading blocks takes long, so nothing is held in use meanwhile.
class RocksShard::Fold final : public PreparedFold {
 public:
  Fold(RocksShard& shard, ShardManifest manifest) : shard_(shard), manifest_(std::move(manifest)) {}
  ~Fold() override {
    for (const Table& table : tables_) Remove(table.file).PermitUncheckedError();
  }

  absl::Status Write(const FoldedShard& folded);
  absl::StatusOr<std::unique_ptr<StoredShard>> Commit() override;

 private:
  struct Table {
    Family family;
    std::string file;
  };
  absl::Status WriteBlocks(const FoldedShard& folded, Family family, BlockScan scan,
                           std::span<const std::uint32_t> blocks);
  // Makes a table of what write(writer) puts into it.
  absl::Status WriteTable(Family family,
                          absl::FunctionRef<absl::Status(rocksdb::SstFileWriter& writer)> write);
  rocksdb::Status Remove(const std::string& file) const {
    return shard_.shared_.DatabaseOptions().env->DeleteFile(file);
  }

  RocksShard& shard_;
  const ShardManifest manifest_;
  std::vector<Table> tables_;  // the last one may be half of one
};

absl::Status RocksShard::Fold::WriteTable(
    Family family, absl::FunctionRef<absl::Status(rocksdb::SstFileWriter& writer)> write) {
  const std::string file = absl::StrCat(shard_.path_, "/", kFoldFile, kFamilyNames[family], ".sst");
  // What a crash left may be a second name of a file that was ingested: it must not be written to.
  const rocksdb::Status removed = Remove(file);
  if (!removed.IsNotFound() && !removed.IsPathNotFound()) {
    LAWINE_RETURN_IF_ERROR(FromRocks(removed, file, kShard));
  }
  tables_.push_back({family, file});
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), shard_.shared_.DatabaseOptions());
  LAWINE_RETURN_IF_ERROR(FromRocks(writer.Open(file), file, kShard));
  LAWINE_RETURN_IF_ERROR(write(writer));
  return FromRocks(writer.Finish(), file, kShard);
}

absl::Status RocksShard::Fold::WriteBlocks(const FoldedShard& folded, Family family, BlockScan scan,
                                           std::span<const std::uint32_t> blocks) {
  if (blocks.empty()) return absl::OkStatus();  // RocksDB refuses empty tables
  return WriteTable(family, [&](rocksdb::SstFileWriter& writer) {
    return ReadOneByOne(*folded.changed, scan, blocks,
                        [&](std::uint32_t block, std::string_view bytes) -> absl::Status {
                          const std::string key = BigEndianKey(block);
                          const rocksdb::Slice value(bytes.data(), bytes.size());
                          return FromRocks(bytes.empty() ? writer.Delete(key) : writer.Put(key, value),
                                           tables_.back().file, kShard);
                        });
  });
}

absl::Status RocksShard::Fold::Write(const FoldedShard& folded) {
  LAWINE_RETURN_IF_ERROR(WriteBlocks(folded, kFollowers, &ShardReader::ScanFollowers, folded.followers));
  LAWINE_RETURN_IF_ERROR(WriteBlocks(folded, kMembers, &ShardReader::ScanMembers, folded.members));
  LAWINE_RETURN_IF_ERROR(WriteBlocks(folded, kKeys, &ShardReader::ScanKeys, folded.keys));
  LAWINE_RETURN_IF_ERROR(WriteTable(kManifest, [this](rocksdb::SstFileWriter& writer) {
    return FromRocks(writer.Put(kManifestKey, EncodeManifest(manifest_)), tables_.back().file, kShard);
  }));
  Failpoint("store.fold_written");
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<StoredShard>> RocksShard::Fold::Commit() {
  LAWINE_ASSIGN_OR_RETURN(const ShardDatabase::Use use, shard_.database_->ToWrite(&shard_));
  std::vector<rocksdb::IngestExternalFileArg> files;
  for (const Table& table : tables_) {
    rocksdb::IngestExternalFileArg& arg = files.emplace_back();
    arg.column_family = use.database->family(table.family);
    arg.external_files = {table.file};
    arg.options.move_files = true;
  }
  LAWINE_RETURN_IF_ERROR(shard_.Written(use.database->db().IngestExternalFiles(files), use));
  tables_.clear();  // they were moved
  Failpoint("store.folded");
  // From here on the shard is the folded one, whatever follows: records before its version are passed over,
  // and go when it is folded again at the latest; so long, too, some of its tables may have no checksums.
  shard_.RemoveFolded(manifest_.graph.graph_version, use).IgnoreError();
  Failpoint("store.records_gone");
  AddChecksums(shard_.path_, use.database->Tables()).IgnoreError();
  return std::make_unique<RocksShard>(shard_.path_, shard_.database_, manifest_, shard_.shared_);
}

absl::StatusOr<std::unique_ptr<PreparedFold>> RocksShard::PrepareFold(const FoldedShard& folded) {
  // Where the database must be opened again and cannot be, nothing need be read and written.
  LAWINE_RETURN_IF_ERROR(database_->ToWrite(this).status());
  auto fold = std::make_unique<Fold>(*this, folded.changed->manifest());
  LAWINE_RETURN_IF_ERROR(fold->Write(folded));
  return fold;
}

absl::Status RocksShard::RemoveFolded(std::uint64_t graph_version, const ShardDatabase::Use& use) const {
  rocksdb::WriteBatch batch;
  rocksdb::ColumnFamilyHandle* const changes = use.database->family(kChanges);
  const std::string end = VersionKey(graph_version + 1);
  const std::unique_ptr<rocksdb::Iterator> it(
      use.database->db().NewIterator(rocksdb::ReadOptions(), changes));
  for (it->SeekToFirst(); it->Valid() && it->key().compare(end) < 0; it->Next()) {
    LAWINE_RETURN_IF_ERROR(FromRocks(batch.Delete(changes, it->key()), path_, kShard));
  }
  LAWINE_RETURN_IF_ERROR(FromRocks(it->status(), path_, kShard));
  return Written(use.database->db().Write(Synced(), &batch), use);
}

}  // namespace lawine
