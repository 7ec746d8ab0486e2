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

class RocksRegistry final : public RegistryStore {
 public:
  RocksRegistry(std::string path, rocksdb::DB* db) : path_(std::move(path)), db_(db) { synced_.sync = true; }

  absl::Status Put(const std::string& key, const std::string& value) override {
    return FromRocks(db_->Put(synced_, key, value), path_, kRegistry);
  }
  absl::StatusOr<std::string> Get(const std::string& key) override {
    std::string value;
    const rocksdb::Status got = db_->Get(rocksdb::ReadOptions(), key, &value);
    if (got.IsNotFound()) return absl::NotFoundError(absl::StrCat(path_, ": no record '", key, "'"));
    LAWINE_RETURN_IF_ERROR(FromRocks(got, path_, kRegistry));
    return value;
  }
  absl::Status Delete(const std::string& key) override {
    return FromRocks(db_->Delete(synced_, key), path_, kRegistry);
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
  const std::string path_;
  const std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions synced_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RegistryStore>> RegistryStore::Open(const std::string& path) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = 4 << 20;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1 << 20;
  rocksdb::DB* db = nullptr;
  LAWINE_RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(options, path, &db), path, kRegistry));
  return std::make_unique<RocksRegistry>(path, db);
}

}  // namespace lawine
