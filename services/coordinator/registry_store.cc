#include "services/coordinator/registry_store.h"

#include <rocksdb/db.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

absl::Status FromRocks(const rocksdb::Status& status, const std::string& path) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat(path, ": ", status.ToString());
  if (status.IsNotFound()) return absl::NotFoundError(text);
  if (status.IsNoSpace())
    return absl::ResourceExhaustedError(absl::StrCat(text, ": the disk is full, make room"));
  if (status.IsCorruption()) {
    return absl::DataLossError(absl::StrCat(text,
                                            ": the registry is damaged; move it away to start with an empty "
                                            "one, graphs are found again from their workers"));
  }
  if (absl::StrContains(status.ToString(), "lock")) {
    return absl::FailedPreconditionError(absl::StrCat(text, ": another coordinator has this directory open"));
  }
  return absl::UnavailableError(text);
}

class RocksRegistry final : public RegistryStore {
 public:
  RocksRegistry(std::string path, rocksdb::DB* db) : path_(std::move(path)), db_(db) { synced_.sync = true; }

  absl::Status Put(const std::string& key, const std::string& value) override {
    return FromRocks(db_->Put(synced_, key, value), path_);
  }
  absl::StatusOr<std::string> Get(const std::string& key) override {
    std::string value;
    LAWINE_RETURN_IF_ERROR(FromRocks(db_->Get(rocksdb::ReadOptions(), key, &value), path_));
    return value;
  }
  absl::Status Delete(const std::string& key) override { return FromRocks(db_->Delete(synced_, key), path_); }

  absl::Status Scan(
      const std::string& prefix,
      const std::function<absl::Status(const std::string&, const std::string&)>& visit) override {
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions()));
    for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
      LAWINE_RETURN_IF_ERROR(visit(it->key().ToString(), it->value().ToString()));
    }
    return FromRocks(it->status(), path_);
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
  LAWINE_RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(options, path, &db), path));
  return std::make_unique<RocksRegistry>(path, db);
}

}  // namespace lawine
