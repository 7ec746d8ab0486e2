#include "engine/store/rocks_copies.h"

#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>

#include <atomic>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/change_record.h"
#include "engine/store/file_checksums.h"
#include "engine/store/plain_file.h"
#include "engine/store/rocks_database.h"
#include "engine/store/rocks_status.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;

constexpr RocksContent kCopy{.name = "copy of a shard", .repair = "copy it again"};

// An open database of any families.
class Opened {
 public:
  static absl::StatusOr<std::unique_ptr<Opened>> Open(const std::string& directory, bool read_only) {
    LAWINE_RETURN_IF_ERROR(CheckEnds(directory).status());
    rocksdb::Options options = CommonOptions();
    options.disable_auto_compactions = true;
    options.compression = rocksdb::kNoCompression;
    std::vector<std::string> names;
    LAWINE_RETURN_IF_ERROR(
        FromRocks(rocksdb::DB::ListColumnFamilies(options, directory, &names), directory, kCopy));
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) families.emplace_back(name, options);
    auto opened = std::make_unique<Opened>();
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status =
        read_only ? rocksdb::DB::OpenForReadOnly(options, directory, families, &opened->handles_, &db)
                  : rocksdb::DB::Open(options, directory, families, &opened->handles_, &db);
    LAWINE_RETURN_IF_ERROR(FromOpening(status, options, directory, kCopy));
    opened->db_.reset(db);
    return opened;
  }
  ~Opened() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }

  rocksdb::DB& db() { return *db_; }
  // Null where there is none: shards of earlier versions lack some.
  rocksdb::ColumnFamilyHandle* family(Family wanted) {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      if (handle->GetName() == kFamilyNames[wanted]) return handle;
    }
    return nullptr;
  }
  absl::StatusOr<rocksdb::ColumnFamilyHandle*> manifests(const std::string& directory) {
    if (rocksdb::ColumnFamilyHandle* const handle = family(kManifest); handle != nullptr) return handle;
    return absl::FailedPreconditionError(absl::StrCat(
        directory, ": foreign: expected the families of a shard, found no '", kFamilyNames[kManifest], "'"));
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

absl::StatusOr<ShardManifest> ManifestIn(Opened& opened, const std::string& directory) {
  LAWINE_ASSIGN_OR_RETURN(rocksdb::ColumnFamilyHandle* const family, opened.manifests(directory));
  std::string text;
  LAWINE_RETURN_IF_ERROR(
      FromRocks(opened.db().Get(rocksdb::ReadOptions(), family, kManifestKey, &text), directory, kCopy));
  absl::StatusOr<ShardManifest> manifest = DecodeManifest(text);
  if (manifest.ok()) return manifest;
  return absl::Status(manifest.status().code(), absl::StrCat(directory, ": ", manifest.status().message()));
}

absl::Status MakeLinks(rocksdb::DB& db, const std::string& directory, const std::string& to) {
  // Read before tables are linked: a shard that is folded meanwhile adds tables, then their checksums.
  const absl::StatusOr<std::string> checksums =
      ReadPlainFile(absl::StrCat(directory, "/", kChecksumsFile), kChecksumsBytesMax);
  if (!checksums.ok() && !absl::IsNotFound(checksums.status())) return checksums.status();
  rocksdb::Checkpoint* made = nullptr;
  const rocksdb::Status begun = rocksdb::Checkpoint::Create(&db, &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  LAWINE_RETURN_IF_ERROR(FromRocks(begun, directory, kCopy));
  LAWINE_RETURN_IF_ERROR(FromRocks(checkpoint->CreateCheckpoint(to), to, kCopy));
  if (!checksums.ok()) return absl::OkStatus();
  return WritePlainFile(absl::StrCat(to, "/", kChecksumsFile), *checksums);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ShardCheckpoint>> MakeRocksCheckpoint(rocksdb::DB& db,
                                                                     const std::string& directory) {
  static std::atomic<std::uint64_t> next{0};
  const std::string to = absl::StrCat(directory, kSendingMark, next.fetch_add(1));
  std::error_code error;
  fs::remove_all(to, error);  // of an earlier process
  if (absl::Status linked = MakeLinks(db, directory, to); !linked.ok()) {
    fs::remove_all(to, error);
    return linked;
  }
  return ShardCheckpoint::Of(to);
}

absl::StatusOr<ShardManifest> ReadRocksManifest(const std::string& directory) {
  LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<Opened> opened, Opened::Open(directory, /*read_only=*/true));
  return ManifestIn(*opened, directory);
}

absl::StatusOr<Digest> ReadRocksDigest(const std::string& directory, std::uint64_t graph_version) {
  LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<Opened> opened, Opened::Open(directory, /*read_only=*/true));
  LAWINE_ASSIGN_OR_RETURN(const ShardManifest manifest, ManifestIn(*opened, directory));
  if (manifest.graph.graph_version == graph_version) return manifest.graph.digest;
  const absl::Status missing = absl::FailedPreconditionError(
      absl::StrCat(directory, ": expected a copy that has version ", graph_version,
                   " of the graph, found one as of version ", manifest.graph.graph_version,
                   " without the changes that lead there: copy it again, or use a later backup"));
  rocksdb::ColumnFamilyHandle* const changes = opened->family(kChanges);
  if (changes == nullptr || graph_version < manifest.graph.graph_version) return missing;
  std::string bytes;
  const rocksdb::Status got =
      opened->db().Get(rocksdb::ReadOptions(), changes, VersionKey(graph_version), &bytes);
  if (got.IsNotFound()) return missing;
  LAWINE_RETURN_IF_ERROR(FromRocks(got, directory, kCopy));
  LAWINE_ASSIGN_OR_RETURN(const ChangeRecord record, DecodeChangeRecord(bytes));
  return record.graph_digest;
}

absl::Status ReplaceRocksManifest(const std::string& directory, const ShardManifest& manifest) {
  LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<Opened> opened, Opened::Open(directory, /*read_only=*/false));
  LAWINE_ASSIGN_OR_RETURN(rocksdb::ColumnFamilyHandle* const family, opened->manifests(directory));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  LAWINE_RETURN_IF_ERROR(
      FromRocks(opened->db().Put(synced, family, kManifestKey, EncodeManifest(manifest)), directory, kCopy));
  return FromRocks(opened->db().Flush(rocksdb::FlushOptions(), family), directory, kCopy);
}

}  // namespace lawine
