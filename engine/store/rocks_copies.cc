#include "engine/store/rocks_copies.h"

#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>

#include <atomic>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/file_checksums.h"
#include "engine/store/rocks_status.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;

constexpr RocksContent kCopy{.name = "copy of a shard", .repair = "copy it again"};
constexpr char kManifestFamily[] = "manifest";
constexpr char kManifestKey[] = "shard";

// An open database of any families.
class Opened {
 public:
  static absl::StatusOr<std::unique_ptr<Opened>> Open(const std::string& directory, bool read_only) {
    LAWINE_RETURN_IF_ERROR(CheckFiles(directory, FilePart::kEnd).status());
    rocksdb::Options options;
    options.info_log = NoDiary();
    options.paranoid_checks = true;
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
    LAWINE_RETURN_IF_ERROR(FromRocks(status, directory, kCopy));
    opened->db_.reset(db);
    return opened;
  }
  ~Opened() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }

  rocksdb::DB& db() { return *db_; }
  absl::StatusOr<rocksdb::ColumnFamilyHandle*> manifests(const std::string& directory) {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      if (handle->GetName() == kManifestFamily) return handle;
    }
    return absl::FailedPreconditionError(absl::StrCat(
        directory, ": foreign: expected the families of a shard, found no '", kManifestFamily, "'"));
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

absl::Status MakeLinks(rocksdb::DB& db, const std::string& directory, const std::string& to) {
  rocksdb::Checkpoint* made = nullptr;
  const rocksdb::Status begun = rocksdb::Checkpoint::Create(&db, &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  LAWINE_RETURN_IF_ERROR(FromRocks(begun, directory, kCopy));
  LAWINE_RETURN_IF_ERROR(FromRocks(checkpoint->CreateCheckpoint(to), to, kCopy));
  std::error_code error;
  const std::string checksums = absl::StrCat(directory, "/", kChecksumsFile);
  if (!fs::exists(checksums, error)) return absl::OkStatus();
  fs::copy_file(checksums, absl::StrCat(to, "/", kChecksumsFile), error);
  return error ? absl::UnavailableError(absl::StrCat(checksums, ": ", error.message())) : absl::OkStatus();
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
  LAWINE_ASSIGN_OR_RETURN(rocksdb::ColumnFamilyHandle* const family, opened->manifests(directory));
  std::string text;
  LAWINE_RETURN_IF_ERROR(
      FromRocks(opened->db().Get(rocksdb::ReadOptions(), family, kManifestKey, &text), directory, kCopy));
  absl::StatusOr<ShardManifest> manifest = DecodeManifest(text);
  if (manifest.ok()) return manifest;
  return absl::Status(manifest.status().code(), absl::StrCat(directory, ": ", manifest.status().message()));
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
