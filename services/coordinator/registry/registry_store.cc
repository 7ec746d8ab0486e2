#include "services/coordinator/registry/registry_store.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/store/rocks_status.h"

namespace lawine {
namespace {

constexpr RocksContent kRegistry{
    .name = "registry",
    .repair = "move it away to start with an empty one, graphs are found again from their workers"};

// Of all records. Without it a registry is new, or older than this mark.
constexpr char kFormatKey[] = "format";
constexpr char kFormat[] = "1";

// So long what comes next waits for the end of what goes on with a database that was abandoned.
constexpr std::chrono::milliseconds kWait(1);
constexpr int kWaitsMax = 5'000;

// `open` is gone when the database is closed; the last reference to it is gone before.
struct Closer {
  std::shared_ptr<bool> open = std::make_shared<bool>(true);
  void operator()(rocksdb::DB* db) {
    delete db;
    open = nullptr;
  }
};

rocksdb::Options OptionsOf(rocksdb::Env* env) {
  rocksdb::Options options = CommonOptions();
  if (env != nullptr) options.env = env;
  options.create_if_missing = true;
  options.write_buffer_size = 4 << 20;
  return options;
}

absl::StatusOr<std::shared_ptr<rocksdb::DB>> OpenDatabase(const std::string& path, rocksdb::Env* env) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Options options = OptionsOf(env);
  LAWINE_RETURN_IF_ERROR(FromOpening(rocksdb::DB::Open(options, path, &db), options, path, kRegistry));
  return std::shared_ptr<rocksdb::DB>(db, Closer());
}

// Writes nothing, not even to disk; what is in the log is read into memory.
absl::StatusOr<std::shared_ptr<rocksdb::DB>> OpenToRead(const std::string& path, rocksdb::Env* env) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Options options = OptionsOf(env);
  LAWINE_RETURN_IF_ERROR(
      FromOpening(rocksdb::DB::OpenForReadOnly(options, path, &db), options, path, kRegistry));
  return std::shared_ptr<rocksdb::DB>(db);
}

class RocksRegistry final : public RegistryStore {
 public:
  RocksRegistry(std::string path, rocksdb::Env* env, std::shared_ptr<rocksdb::DB> db)
      : path_(std::move(path)), env_(env), db_(std::move(db)) {
    synced_.sync = true;
  }

  absl::Status Put(const std::string& key, const std::string& value) override {
    return Write([&](rocksdb::DB& db) { return db.Put(synced_, key, value); });
  }
  absl::Status PutAll(const std::vector<std::pair<std::string, std::string>>& records) override {
    rocksdb::WriteBatch batch;
    for (const auto& [key, value] : records) {
      LAWINE_RETURN_IF_ERROR(FromRocks(batch.Put(key, value), path_, kRegistry));
    }
    return Write([&](rocksdb::DB& db) { return db.Write(synced_, &batch); });
  }
  absl::StatusOr<std::string> Get(const std::string& key) override {
    LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<rocksdb::DB> db, Database(Use::kRead));
    std::string value;
    const rocksdb::Status got = db->Get(rocksdb::ReadOptions(), key, &value);
    if (got.IsNotFound()) return absl::NotFoundError(absl::StrCat(path_, ": no record '", key, "'"));
    LAWINE_RETURN_IF_ERROR(FromRocks(got, path_, kRegistry));
    return value;
  }
  absl::Status Delete(const std::string& key) override {
    return Write([&](rocksdb::DB& db) { return db.Delete(synced_, key); });
  }
  absl::Status DeleteAll(const std::vector<std::string>& keys) override {
    rocksdb::WriteBatch batch;
    for (const std::string& key : keys)
      LAWINE_RETURN_IF_ERROR(FromRocks(batch.Delete(key), path_, kRegistry));
    return keys.empty() ? absl::OkStatus()
                        : Write([&](rocksdb::DB& db) { return db.Write(synced_, &batch); });
  }

  absl::Status Scan(
      const std::string& prefix,
      const std::function<absl::Status(const std::string&, const std::string&)>& visit) override {
    LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<rocksdb::DB> db, Database(Use::kRead));
    const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(rocksdb::ReadOptions()));
    for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
      LAWINE_RETURN_IF_ERROR(visit(it->key().ToString(), it->value().ToString()));
    }
    return FromRocks(it->status(), path_, kRegistry);
  }

 private:
  enum class Use { kRead, kWrite };

  // After a failed write of its log RocksDB takes no other, whatever it is told, until it is opened again.
  template <class Try>
  absl::Status Write(const Try& write) {
    LAWINE_ASSIGN_OR_RETURN(std::shared_ptr<rocksdb::DB> db, Database(Use::kWrite));
    rocksdb::Status status = write(*db);
    if (!status.ok() && !db->Resume().ok()) {
      Abandon(std::move(db));
      const auto opened = Database(Use::kWrite);
      if (!opened.ok()) return FromRocks(status, path_, kRegistry);
      status = write(**opened);
    }
    return FromRocks(status, path_, kRegistry);
  }

  // Opened again if it was abandoned and is closed; those who come meanwhile wait, and use what the first of
  // them has opened. Where that needs room which the disk does not have, what is there can be read all the
  // same.
  absl::StatusOr<std::shared_ptr<rocksdb::DB>> Database(Use use) {
    MutexLock lock(mutex_);
    for (int waits = 0; db_ == nullptr && !abandoned_.expired(); ++waits) {
      if (waits == kWaitsMax) {
        return absl::UnavailableError(
            path_ +
            ": a write has failed, and the registry is not closed yet, to be opened again: repeat it");
      }
      changed_.WaitFor(mutex_, kWait);
    }
    if (db_ != nullptr) return db_;
    auto opened = OpenDatabase(path_, env_);
    if (opened.ok()) {
      db_ = *opened;
    } else if (use == Use::kRead && absl::IsResourceExhausted(opened.status())) {
      return OpenToRead(path_, env_);
    }
    return opened;
  }
  void Abandon(std::shared_ptr<rocksdb::DB> db) {
    MutexLock lock(mutex_);
    if (db_ != db) return;
    abandoned_ = std::get_deleter<Closer>(db)->open;
    db_ = nullptr;
  }

  const std::string path_;
  rocksdb::Env* const env_;
  rocksdb::WriteOptions synced_;
  Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<rocksdb::DB> db_ ABSL_GUARDED_BY(mutex_);  // null: abandoned
  std::weak_ptr<bool> abandoned_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<RegistryStore>> RegistryStore::Open(const std::string& path,
                                                                   rocksdb::Env* env) {
  LAWINE_ASSIGN_OR_RETURN(std::shared_ptr<rocksdb::DB> db, OpenDatabase(path, env));
  auto registry = std::make_unique<RocksRegistry>(path, env, std::move(db));
  const absl::StatusOr<std::string> format = registry->Get(kFormatKey);
  if (absl::IsNotFound(format.status())) {
    LAWINE_RETURN_IF_ERROR(registry->Put(kFormatKey, kFormat));
  } else if (!format.ok()) {
    return format.status();
  } else if (*format != kFormat) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": expected a registry of format ", kFormat,
                                                      ", found format ", *format,
                                                      ": start the version that wrote it"));
  }
  return registry;
}

}  // namespace lawine
