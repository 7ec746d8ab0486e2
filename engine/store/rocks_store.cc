#include "engine/store/rocks_store.h"

#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>

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
#include "engine/store/rocks_database.h"
#include "engine/store/rocks_shard.h"
#include "engine/store/rocks_status.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;

class RocksWriter final : public ShardWriter {
 public:
  RocksWriter(const RocksShared& shared, std::string loading, std::string final_path)
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

  const RocksShared& shared_;
  const std::string loading_;
  const std::string final_;
  std::atomic<int> next_file_{0};
  bool committed_ = false;
  Mutex mutex_;
  std::vector<std::string> files_[kFamiliesCount] ABSL_GUARDED_BY(mutex_);
};

absl::Status RocksWriter::Commit(const ShardManifest& manifest) {
  {
    LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<RocksDatabase> database,
                            RocksDatabase::Open(loading_, shared_, true));
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
    const std::string loading = path + kLoadingMark;
    LAWINE_ASSIGN_OR_RETURN(const bool there, Exists(path));
    if (there) return absl::AlreadyExistsError(absl::StrCat(path, ": the shard exists"));
    std::error_code error;
    fs::remove_all(loading, error);
    LAWINE_RETURN_IF_ERROR(FromErrorCode(error, loading));
    fs::create_directories(loading, error);
    LAWINE_RETURN_IF_ERROR(FromErrorCode(error, loading));
    return std::make_unique<RocksWriter>(shared_, loading, path);
  }

  absl::StatusOr<std::unique_ptr<StoredShard>> Open(const ShardName& name) override;

  absl::StatusOr<std::vector<ShardName>> List() override {
    std::vector<ShardName> shards;
    LAWINE_ASSIGN_OR_RETURN(const std::vector<std::string> graphs, NamesIn(root_));
    for (const std::string& graph : graphs) {
      if (!CheckGraphName(graph).ok()) continue;  // such as lost+found, which nobody may read
      const absl::StatusOr<std::vector<std::string>> names = NamesIn(absl::StrCat(root_, "/", graph));
      if (absl::IsNotFound(names.status())) continue;  // no directory, or it has gone
      LAWINE_RETURN_IF_ERROR(names.status());
      for (const std::string& name : *names) {
        std::uint32_t index = 0;
        if (name.starts_with("shard-") && absl::SimpleAtoi(name.substr(6), &index)) {
          shards.push_back({graph, ShardIndex(index)});
        }
      }
    }
    std::sort(shards.begin(), shards.end());
    return shards;
  }

  absl::Status Delete(const ShardName& name) override {
    LAWINE_RETURN_IF_ERROR(CheckGraphName(name.graph));
    const std::string path = PathOf(name);
    const std::string deleting = path + kDeletingMark;
    LAWINE_ASSIGN_OR_RETURN(const bool there, Exists(path));
    if (!there) return absl::NotFoundError(absl::StrCat(path, ": no such shard"));
    std::error_code error;
    fs::remove_all(deleting, error);  // of one that was broken off
    LAWINE_RETURN_IF_ERROR(FromErrorCode(error, deleting));
    // Files go one by one: whoever dies meanwhile must not leave half a shard.
    fs::rename(path, deleting, error);
    LAWINE_RETURN_IF_ERROR(FromErrorCode(error, path));
    const fs::path graph = fs::path(path).parent_path();
    LAWINE_RETURN_IF_ERROR(SyncDirectory(graph.string()));
    Failpoint("store.deleting");
    fs::remove_all(deleting, error);
    LAWINE_RETURN_IF_ERROR(FromErrorCode(error, deleting));
    fs::remove(graph, error);  // goes when it was the last one
    return absl::OkStatus();
  }

 private:
  std::string PathOf(const ShardName& name) const { return ShardDirectory(root_, name); }

  const std::string root_;
  const RocksShared shared_;
};

// Tables that were written and never ingested, by a process that was killed: nobody else would remove them.
void RemoveUningested(const std::string& path) {
  for (const std::string& name : NamesIn(path).value_or(std::vector<std::string>())) {
    const bool ours = name.starts_with(kRunStateFile) || name.starts_with(kFoldFile);
    std::error_code ignored;  // they only take room
    if (ours && name.ends_with(".sst")) fs::remove(absl::StrCat(path, "/", name), ignored);
  }
}

absl::StatusOr<std::unique_ptr<StoredShard>> OpenShard(const std::string& path, const ShardName& name,
                                                       const RocksShared& shared) {
  RemoveUningested(path);  // first: a disk that is full may need the room
  LAWINE_RETURN_IF_ERROR(CheckEnds(path).status());
  LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<RocksDatabase> database, RocksDatabase::Open(path, shared, false));
  LAWINE_ASSIGN_OR_RETURN(ShardManifest manifest, database->Manifest(path));
  if (manifest.graph.name != name.graph || manifest.shard != name.shard) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": foreign: its manifest says shard ", manifest.shard.value, " of graph '",
                     manifest.graph.name, "'; put the directory back where it belongs"));
  }
  LAWINE_RETURN_IF_ERROR(KeepChecksums(path, database->Tables()));  // earlier versions listed checkpoints
  auto reopened = std::make_shared<ShardDatabase>(path, shared, std::move(database));
  return std::make_unique<RocksShard>(path, std::move(reopened), std::move(manifest), shared);
}

absl::StatusOr<std::unique_ptr<StoredShard>> RocksStorage::Open(const ShardName& name) {
  LAWINE_RETURN_IF_ERROR(CheckGraphName(name.graph));
  const std::string path = PathOf(name);
  LAWINE_ASSIGN_OR_RETURN(const bool there, Exists(path));
  if (!there) {
    LAWINE_ASSIGN_OR_RETURN(const bool loading, Exists(path + kLoadingMark));
    if (loading) {
      return absl::DataLossError(
          absl::StrCat(path, ": half-written: its load was never finished; load it again"));
    }
    return absl::NotFoundError(absl::StrCat(path, ": no such shard"));
  }
  LAWINE_ASSIGN_OR_RETURN(const bool database, Exists(path + "/CURRENT"));
  if (!database) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": not a shard directory: expected a RocksDB database, found none"));
  }
  return OpenShard(path, name, shared_);
}

}  // namespace

std::string ShardDirectory(const std::string& root, const ShardName& name) {
  return absl::StrFormat("%s/%s/shard-%04d", root, name.graph, name.shard.value);
}

absl::StatusOr<std::unique_ptr<StoredShard>> OpenRocksShard(const std::string& directory,
                                                            const ShardName& name) {
  return OpenShard(directory, name, RocksShared(RocksOptions()));
}

absl::StatusOr<std::unique_ptr<ShardStorage>> OpenRocksStorage(const std::string& root,
                                                               const RocksOptions& options) {
  std::error_code error;
  fs::create_directories(root, error);
  LAWINE_RETURN_IF_ERROR(FromErrorCode(error, root));
  return std::make_unique<RocksStorage>(root, options);
}

}  // namespace lawine
