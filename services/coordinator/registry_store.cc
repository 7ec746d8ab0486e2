#include "services/coordinator/registry_store.h"

#include <rocksdb/db.h>

#include "absl/strings/str_cat.h"
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

class RocksRegistry final : public RegistryStore {
 public:
  RocksRegistry(std::string path, rocksdb::DB* db) : path_(std::move(path)), db_(db) { synced_.sync = true; }

  absl::Status Put(const std::string& key, const std::string& value) override {
    return Write([&] { return db_->Put(synced_, key, value); });
  }
  absl::StatusOr<std::string> Get(const std::string& key) override {
    std::string value;
    const rocksdb::Status got = db_->Get(rocksdb::ReadOptions(), key, &value);
    if (got.IsNotFound()) return absl::NotFoundError(absl::StrCat(path_, ": no record '", key, "'"));
    LAWINE_RETURN_IF_ERROR(FromRocks(got, path_, kRegistry));
    return value;
  }
  absl::Status Delete(const std::string& key) override {
    return Write([&] { return db_->Delete(synced_, key); });
  }

  absl::Status Scan(
      const std::string& prefix,
      const std::function<absl::Status(const std::string&, const std::string&)>& visit) override {
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions()));
    for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
      LAWINE_RETURN_IF_ERROR(visit(it->key().ToString(), it->value().ToString()));
    }
    return FromRocks(it->status(), path_, kRegistry);
  }

 private:
  // After a failed write RocksDB takes no other until it is told to go on.
  template <class Try>
  absl::Status Write(const Try& write) {
    rocksdb::Status status = write();
    if (!status.ok() && db_->Resume().ok()) status = write();
    return FromRocks(status, path_, kRegistry);
  }

  const std::string path_;
  const std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions synced_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RegistryStore>> RegistryStore::Open(const std::string& path,
                                                                   rocksdb::Env* env) {
  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = true;
  options.write_buffer_size = 4 << 20;
  options.info_log = NoDiary();
  options.paranoid_checks = true;
  rocksdb::DB* db = nullptr;
  LAWINE_RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(options, path, &db), path, kRegistry));
  auto registry = std::make_unique<RocksRegistry>(path, db);
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
