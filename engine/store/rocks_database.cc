#include "engine/store/rocks_database.h"

#include <rocksdb/table.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

std::vector<rocksdb::ColumnFamilyDescriptor> FamiliesOf(const rocksdb::Options& options) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* name : kFamilyNames) families.emplace_back(name, options);
  return families;
}

}  // namespace

std::string VersionKey(std::uint64_t graph_version) {
  return BigEndianKey(static_cast<std::uint32_t>(graph_version >> 32)) +
         BigEndianKey(static_cast<std::uint32_t>(graph_version));
}

std::uint64_t FromVersionKey(const rocksdb::Slice& key) {
  return std::uint64_t{FromBigEndianKey({key.data(), 4})} << 32 | FromBigEndianKey({key.data() + 4, 4});
}

RocksShared::RocksShared(const RocksOptions& options)
    : env_(options.env != nullptr ? options.env : rocksdb::Env::Default()),
      cache_(rocksdb::NewLRUCache(options.block_cache_bytes)),
      write_buffers_(std::make_shared<rocksdb::WriteBufferManager>(options.write_buffer_bytes, cache_)) {}

rocksdb::Options RocksShared::DatabaseOptions() const {
  rocksdb::Options options = CommonOptions();
  options.env = env_;
  options.write_buffer_manager = write_buffers_;
  options.compression = rocksdb::kNoCompression;  // blocks are coded already
  options.max_open_files = 256;
  options.max_background_jobs = 2;
  options.disable_auto_compactions = true;  // files stay those that were built, and so do their checksums
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache_;
  table.block_size = 64 << 10;
  table.format_version = 5;
  table.checksum = rocksdb::kCRC32c;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

absl::StatusOr<std::unique_ptr<RocksDatabase>> RocksDatabase::Open(const std::string& path,
                                                                   const RocksShared& shared, bool create) {
  rocksdb::Options options = shared.DatabaseOptions();
  options.create_if_missing = create;
  // Shards of earlier versions lack families that came later; what is no shard is left as it is.
  std::vector<std::string> there;
  const bool listed = rocksdb::DB::ListColumnFamilies(options, path, &there).ok();
  const bool shard = listed && std::find(there.begin(), there.end(), kFamilyNames[kManifest]) != there.end();
  options.create_missing_column_families = create || shard;
  auto database = std::make_unique<RocksDatabase>();
  rocksdb::DB* db = nullptr;
  LAWINE_RETURN_IF_ERROR(
      FromOpening(rocksdb::DB::Open(options, path, FamiliesOf(options), &database->handles_, &db), options,
                  path, kShard));
  database->db_.reset(db);
  return database;
}

absl::StatusOr<std::unique_ptr<RocksDatabase>> RocksDatabase::OpenToRead(const std::string& path,
                                                                         const RocksShared& shared) {
  const rocksdb::Options options = shared.DatabaseOptions();
  auto database = std::make_unique<RocksDatabase>();
  database->read_only_ = true;
  rocksdb::DB* db = nullptr;
  LAWINE_RETURN_IF_ERROR(
      FromOpening(rocksdb::DB::OpenForReadOnly(options, path, FamiliesOf(options), &database->handles_, &db),
                  options, path, kShard));
  database->db_.reset(db);
  return database;
}

absl::StatusOr<ShardManifest> RocksDatabase::Manifest(const std::string& path) const {
  std::string text;
  const rocksdb::Status got = db_->Get(rocksdb::ReadOptions(), handles_[kManifest], kManifestKey, &text);
  if (got.IsNotFound()) {
    return absl::DataLossError(absl::StrCat(path, ": half-written: it has no manifest; load it again"));
  }
  LAWINE_RETURN_IF_ERROR(FromRocks(got, path, kShard));
  absl::StatusOr<ShardManifest> manifest = DecodeManifest(text);
  if (manifest.ok()) return manifest;
  return absl::Status(manifest.status().code(), absl::StrCat(path, ": ", manifest.status().message()));
}

std::vector<std::string> RocksDatabase::Tables() const {
  std::vector<rocksdb::LiveFileMetaData> live;
  db_->GetLiveFilesMetaData(&live);
  std::vector<std::string> names;
  for (const rocksdb::LiveFileMetaData& file : live) {
    if (file.column_family_name == kFamilyNames[kCheckpoints]) continue;
    names.push_back(file.name.substr(1));  // after a '/'
  }
  return names;
}

RocksDatabase::~RocksDatabase() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
}

}  // namespace lawine
