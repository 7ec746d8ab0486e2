#include "engine/store/rocks_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/bytes.h"
#include "engine/base/failpoint.h"
#include "engine/base/limits.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/store/file_checksums.h"
#include "engine/store/plain_file.h"
#include "engine/store/rocks_copies.h"
#include "engine/store/rocks_status.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;

enum Family { kDefault, kFollowers, kMembers, kKeys, kManifest, kCheckpoints, kFamiliesCount };
constexpr const char* kFamilyNames[kFamiliesCount] = {"default", "followers", "members",
                                                      "keys",    "manifest",  "checkpoints"};
constexpr const char* kManifestKey = "shard";
constexpr RocksContent kShard{.name = "shard", .repair = "restore it or load it again"};

absl::Status FromErrorCode(const std::error_code& error, const std::string& where) {
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(where, ": ", error.message()));
}

// Everything shared by the databases under one root.
struct Shared {
  explicit Shared(const RocksOptions& options)
      : cache(rocksdb::NewLRUCache(options.block_cache_bytes)),
        write_buffers(std::make_shared<rocksdb::WriteBufferManager>(options.write_buffer_bytes, cache)) {}

  rocksdb::Options DatabaseOptions() const {
    rocksdb::Options options;
    options.create_missing_column_families = true;
    options.write_buffer_manager = write_buffers;
    options.compression = rocksdb::kNoCompression;  // blocks are coded already
    options.info_log = diary;
    options.max_open_files = 256;
    options.max_background_jobs = 2;
    options.disable_auto_compactions = true;  // files stay those that were built, and so do their checksums
    options.paranoid_checks = true;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.block_size = 64 << 10;
    table.format_version = 5;
    table.checksum = rocksdb::kCRC32c;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
  }

  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::shared_ptr<rocksdb::Logger> diary = NoDiary();
};

// An open database and its column families.
class Database {
 public:
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path, const Shared& shared,
                                                        bool create) {
    rocksdb::Options options = shared.DatabaseOptions();
    options.create_if_missing = create;
    options.create_missing_column_families = create;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const char* name : kFamilyNames) families.emplace_back(name, options);
    auto database = std::make_unique<Database>();
    rocksdb::DB* db = nullptr;
    LAWINE_RETURN_IF_ERROR(
        FromRocks(rocksdb::DB::Open(options, path, families, &database->handles_, &db), path, kShard));
    database->db_.reset(db);
    return database;
  }
  ~Database() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Family f) { return handles_[f]; }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

class RocksReader final : public ShardReader {
 public:
  RocksReader(std::string path, std::unique_ptr<Database> database, ShardManifest manifest)
      : path_(std::move(path)), database_(std::move(database)), manifest_(std::move(manifest)) {}

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
  std::uint64_t disk_bytes() const override {
    std::uint64_t bytes = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(path_, error)) {
      const std::uint64_t size = entry.file_size(error);
      if (!error) bytes += size;
    }
    return bytes;
  }
  absl::StatusOr<std::uint64_t> CheckFiles() const override {
    return lawine::CheckFiles(path_, FilePart::kWhole);
  }
  absl::StatusOr<std::unique_ptr<ShardCheckpoint>> Checkpoint() const override {
    return MakeRocksCheckpoint(database_->db(), path_);
  }

 private:
  // RocksDB 7.8 may end a scan early, with status OK, at a damaged first block of a later file. So callers
  // count what they got against the manifest, and never take the end of a scan for the end of the data. Who
  // wants one block cannot count: it is got by its key, which tells damage from absence.
  absl::Status Scan(Family family, std::uint32_t first, std::uint32_t end, BlockVisitor visit) const {
    if (end == first + 1) return GetOne(family, first, visit);
    rocksdb::ReadOptions options;
    options.verify_checksums = true;
    options.fill_cache = false;
    // A scan of few blocks reads what it needs; RocksDB itself begins to read ahead when it goes on.
    if (end - first >= ShardManifest::kBlocksPerStride) options.readahead_size = 2 << 20;
    const std::string end_key = BigEndianKey(end);
    const rocksdb::Slice upper(end_key);
    options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> it(
        database_->db().NewIterator(options, database_->family(family)));
    for (it->Seek(BigEndianKey(first)); it->Valid(); it->Next()) {
      const rocksdb::Slice key = it->key();
      const rocksdb::Slice value = it->value();
      if (key.size() != 4)
        return absl::DataLossError(absl::StrCat(path_, ": a key of ", key.size(), " bytes, expected 4"));
      LAWINE_RETURN_IF_ERROR(Visit(FromBigEndianKey({key.data(), 4}), value, visit));
    }
    return FromRocks(it->status(), path_, kShard);
  }

  absl::Status GetOne(Family family, std::uint32_t block, BlockVisitor visit) const {
    rocksdb::ReadOptions options;
    options.verify_checksums = true;
    options.fill_cache = false;
    rocksdb::PinnableSlice value;
    const rocksdb::Status got =
        database_->db().Get(options, database_->family(family), BigEndianKey(block), &value);
    if (got.IsNotFound()) return absl::OkStatus();
    LAWINE_RETURN_IF_ERROR(FromRocks(got, path_, kShard));
    return Visit(block, value, visit);
  }

  absl::Status Visit(std::uint32_t block, const rocksdb::Slice& value, BlockVisitor visit) const {
    const absl::Status status = visit(block, {value.data(), value.size()});
    return status.ok() ? status : absl::Status(status.code(), absl::StrCat(path_, ": ", status.message()));
  }

  const std::string path_;
  const std::unique_ptr<Database> database_;
  const ShardManifest manifest_;
};

class RocksWriter final : public ShardWriter {
 public:
  RocksWriter(const Shared& shared, std::string loading, std::string final_path)
      : shared_(shared), loading_(std::move(loading)), final_(std::move(final_path)) {}
  ~RocksWriter() override {
    if (committed_) return;
    std::error_code ignored;  // nothing more can be done; the next Create tries again
    fs::remove_all(loading_, ignored);
  }

  absl::StatusOr<std::unique_ptr<BlockSink>> NewFollowerSink() override { return NewSink(kFollowers); }
  absl::StatusOr<std::unique_ptr<BlockSink>> NewMemberSink() override { return NewSink(kMembers); }
  absl::StatusOr<std::unique_ptr<BlockSink>> NewKeySink() override { return NewSink(kKeys); }
  absl::Status Commit(const ShardManifest& manifest) override;

 private:
  class Sink final : public BlockSink {
   public:
    Sink(RocksWriter& writer, Family family, std::string path)
        : writer_(writer),
          family_(family),
          path_(std::move(path)),
          file_(rocksdb::EnvOptions(), writer.shared_.DatabaseOptions()) {}

    absl::Status Add(std::uint32_t block, std::string_view bytes) override {
      if (!opened_) LAWINE_RETURN_IF_ERROR(FromRocks(file_.Open(path_), path_, kShard));
      opened_ = true;
      return FromRocks(file_.Put(BigEndianKey(block), rocksdb::Slice(bytes.data(), bytes.size())), path_,
                       kShard);
    }
    // A sink that got nothing leaves no file: RocksDB refuses empty ones.
    absl::Status Finish() override {
      if (!opened_) return absl::OkStatus();
      LAWINE_RETURN_IF_ERROR(FromRocks(file_.Finish(), path_, kShard));
      MutexLock lock(writer_.mutex_);
      writer_.files_[family_].push_back(path_);
      return absl::OkStatus();
    }

   private:
    RocksWriter& writer_;
    const Family family_;
    const std::string path_;
    rocksdb::SstFileWriter file_;
    bool opened_ = false;
  };

  absl::StatusOr<std::unique_ptr<BlockSink>> NewSink(Family family) {
    return std::make_unique<Sink>(*this, family,
                                  absl::StrFormat("%s/load-%06d.sst", loading_, next_file_.fetch_add(1)));
  }

  const Shared& shared_;
  const std::string loading_;
  const std::string final_;
  std::atomic<int> next_file_{0};
  bool committed_ = false;
  Mutex mutex_;
  std::vector<std::string> files_[kFamiliesCount] ABSL_GUARDED_BY(mutex_);
};

absl::Status RocksWriter::Commit(const ShardManifest& manifest) {
  {
    LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                            Database::Open(loading_, shared_, true));
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    MutexLock lock(mutex_);
    for (const Family family : {kFollowers, kMembers, kKeys}) {
      if (files_[family].empty()) continue;
      LAWINE_RETURN_IF_ERROR(
          FromRocks(database->db().IngestExternalFile(database->family(family), files_[family], ingest),
                    loading_, kShard));
    }
    Failpoint("store.ingested");
    rocksdb::WriteOptions synced;
    synced.sync = true;
    LAWINE_RETURN_IF_ERROR(FromRocks(
        database->db().Put(synced, database->family(kManifest), kManifestKey, EncodeManifest(manifest)),
        loading_, kShard));
    LAWINE_RETURN_IF_ERROR(FromRocks(
        database->db().Flush(rocksdb::FlushOptions(), database->family(kManifest)), loading_, kShard));
  }
  Failpoint("store.manifest_written");
  LAWINE_RETURN_IF_ERROR(WriteChecksums(loading_));
  LAWINE_RETURN_IF_ERROR(SyncDirectory(loading_));
  Failpoint("store.synced");
  std::error_code error;
  fs::rename(loading_, final_, error);
  LAWINE_RETURN_IF_ERROR(FromErrorCode(error, final_));
  committed_ = true;
  Failpoint("store.renamed");
  const fs::path graph = fs::path(final_).parent_path();
  LAWINE_RETURN_IF_ERROR(SyncDirectory(graph.string()));
  return SyncDirectory(graph.parent_path().string());  // the graph's directory may be new too
}

class RocksStorage final : public ShardStorage {
 public:
  RocksStorage(std::string root, const RocksOptions& options) : root_(std::move(root)), shared_(options) {}

  absl::StatusOr<std::unique_ptr<ShardWriter>> Create(const ShardName& name) override {
    LAWINE_RETURN_IF_ERROR(CheckGraphName(name.graph));
    const std::string path = PathOf(name);
    const std::string loading = absl::StrCat(path, ".loading");
    std::error_code error;
    if (fs::exists(path, error)) return absl::AlreadyExistsError(absl::StrCat(path, ": the shard exists"));
    fs::remove_all(loading, error);
    LAWINE_RETURN_IF_ERROR(FromErrorCode(error, loading));
    fs::create_directories(loading, error);
    LAWINE_RETURN_IF_ERROR(FromErrorCode(error, loading));
    return std::make_unique<RocksWriter>(shared_, loading, path);
  }

  absl::StatusOr<std::unique_ptr<ShardReader>> Open(const ShardName& name) override;

  absl::StatusOr<std::vector<ShardName>> List() override {
    std::vector<ShardName> names;
    std::error_code error;
    for (const auto& graph : fs::directory_iterator(root_, error)) {
      std::error_code inner;
      for (const auto& shard : fs::directory_iterator(graph.path(), inner)) {
        const std::string file = shard.path().filename().string();
        std::uint32_t index = 0;
        if (file.starts_with("shard-") && absl::SimpleAtoi(file.substr(6), &index)) {
          names.push_back({graph.path().filename().string(), ShardIndex(index)});
        }
      }
    }
    LAWINE_RETURN_IF_ERROR(FromErrorCode(error, root_));
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::Status Delete(const ShardName& name) override {
    LAWINE_RETURN_IF_ERROR(CheckGraphName(name.graph));
    const std::string path = PathOf(name);
    std::error_code error;
    if (fs::remove_all(path, error) == 0 && !error)
      return absl::NotFoundError(absl::StrCat(path, ": no such shard"));
    LAWINE_RETURN_IF_ERROR(FromErrorCode(error, path));
    fs::remove(fs::path(path).parent_path(), error);  // goes when it was the last one
    return absl::OkStatus();
  }

 private:
  std::string PathOf(const ShardName& name) const {
    return absl::StrFormat("%s/%s/shard-%04d", root_, name.graph, name.shard.value);
  }

  const std::string root_;
  const Shared shared_;
};

absl::StatusOr<std::unique_ptr<ShardReader>> OpenShard(const std::string& path, const ShardName& name,
                                                       const Shared& shared) {
  LAWINE_RETURN_IF_ERROR(lawine::CheckFiles(path, FilePart::kEnd).status());
  LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, Database::Open(path, shared, false));
  std::string text;
  const rocksdb::Status got =
      database->db().Get(rocksdb::ReadOptions(), database->family(kManifest), kManifestKey, &text);
  if (got.IsNotFound()) {
    return absl::DataLossError(absl::StrCat(path, ": half-written: it has no manifest; load it again"));
  }
  LAWINE_RETURN_IF_ERROR(FromRocks(got, path, kShard));
  absl::StatusOr<ShardManifest> manifest = DecodeManifest(text);
  if (!manifest.ok())
    return absl::Status(manifest.status().code(), absl::StrCat(path, ": ", manifest.status().message()));
  if (manifest->graph.name != name.graph || manifest->shard != name.shard) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": foreign: its manifest says shard ", manifest->shard.value, " of graph '",
                     manifest->graph.name, "'; put the directory back where it belongs"));
  }
  return std::make_unique<RocksReader>(path, std::move(database), *std::move(manifest));
}

absl::StatusOr<std::unique_ptr<ShardReader>> RocksStorage::Open(const ShardName& name) {
  LAWINE_RETURN_IF_ERROR(CheckGraphName(name.graph));
  const std::string path = PathOf(name);
  std::error_code error;
  if (!fs::exists(path, error)) {
    if (fs::exists(path + ".loading", error)) {
      return absl::DataLossError(
          absl::StrCat(path, ": half-written: its load was never finished; load it again"));
    }
    return absl::NotFoundError(absl::StrCat(path, ": no such shard"));
  }
  if (!fs::exists(path + "/CURRENT", error)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": not a shard directory: expected a RocksDB database, found none"));
  }
  return OpenShard(path, name, shared_);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ShardReader>> OpenRocksShard(const std::string& directory,
                                                            const ShardName& name) {
  return OpenShard(directory, name, Shared(RocksOptions()));
}

absl::StatusOr<std::unique_ptr<ShardStorage>> OpenRocksStorage(const std::string& root,
                                                               const RocksOptions& options) {
  std::error_code error;
  fs::create_directories(root, error);
  LAWINE_RETURN_IF_ERROR(FromErrorCode(error, root));
  return std::make_unique<RocksStorage>(root, options);
}

}  // namespace lawine
