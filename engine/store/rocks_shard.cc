#include "engine/store/rocks_shard.h"

#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/failpoint.h"
#include "engine/base/status_macros.h"
#include "engine/store/file_checksums.h"
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

absl::Status RocksShard::WriteTable(rocksdb::ColumnFamilyHandle* family,
                                    const std::vector<std::pair<std::string, std::string_view>>& rows,
                                    std::vector<rocksdb::IngestExternalFileArg>& files) const {
  if (rows.empty()) return absl::OkStatus();
  const std::string file = absl::StrCat(path_, "/", kFoldFile, family->GetName(), ".sst");
  const rocksdb::Options options = shared_.DatabaseOptions();
  // What a crash left may be a second name of a file that was ingested: it must not be written to.
  const rocksdb::Status removed = options.env->DeleteFile(file);
  if (!removed.IsNotFound() && !removed.IsPathNotFound()) {
    LAWINE_RETURN_IF_ERROR(FromRocks(removed, file, kShard));
  }
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options);
  LAWINE_RETURN_IF_ERROR(FromRocks(writer.Open(file), file, kShard));
  for (const auto& [key, value] : rows) {
    const rocksdb::Status put =
        value.empty() ? writer.Delete(key) : writer.Put(key, rocksdb::Slice(value.data(), value.size()));
    LAWINE_RETURN_IF_ERROR(FromRocks(put, file, kShard));
  }
  LAWINE_RETURN_IF_ERROR(FromRocks(writer.Finish(), file, kShard));
  rocksdb::IngestExternalFileArg& arg = files.emplace_back();
  arg.column_family = family;
  arg.external_files = {file};
  arg.options.move_files = true;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<StoredShard>> RocksShard::Fold(const FoldedShard& folded) {
  LAWINE_ASSIGN_OR_RETURN(const ShardDatabase::Use use, database_->ToWrite(this));
  const std::string manifest = EncodeManifest(folded.manifest);
  std::vector<rocksdb::IngestExternalFileArg> files;
  const std::pair<Family, const FoldedShard::Blocks*> parts[] = {
      {kFollowers, &folded.followers}, {kMembers, &folded.members}, {kKeys, &folded.keys}};
  for (const auto& [family, blocks] : parts) {
    std::vector<std::pair<std::string, std::string_view>> rows;
    for (const auto& [block, bytes] : *blocks) rows.emplace_back(BigEndianKey(block), bytes);
    LAWINE_RETURN_IF_ERROR(WriteTable(use.database->family(family), rows, files));
  }
  LAWINE_RETURN_IF_ERROR(WriteTable(use.database->family(kManifest), {{kManifestKey, manifest}}, files));
  Failpoint("store.fold_written");
  LAWINE_RETURN_IF_ERROR(Written(use.database->db().IngestExternalFiles(files), use));
  Failpoint("store.folded");
  // From here on the shard is the folded one, whatever follows: records before its version are passed over,
  // and go when it is folded again at the latest; so long, too, some of its tables may have no checksums.
  RemoveFolded(folded.manifest.graph.graph_version, use).IgnoreError();
  Failpoint("store.records_gone");
  AddChecksums(path_, use.database->Tables()).IgnoreError();
  return std::make_unique<RocksShard>(path_, database_, folded.manifest, shared_);
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
