#include "engine/store/rocks_status.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"

namespace lawine {
namespace {

// Keeps the last line about a part of a log that is dropped: "[WARN] ... PATH/000004.log: dropping 31 bytes;
// Corruption: checksum mismatch".
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list values) override {
    if (!absl::StrContains(format, "dropping %d bytes")) return;
    std::array<char, 1'024> line{};
    std::vsnprintf(line.data(), line.size(), format, values);
    MutexLock lock(mutex_);
    dropped_ = line.data();
    const std::size_t place = dropped_.find("] ", dropped_.find(".cc:"));  // of RocksDB's source
    if (place != std::string::npos) dropped_.erase(0, place + 2);
  }
  std::string Dropped() const {
    MutexLock lock(mutex_);
    return dropped_;
  }

 private:
  mutable Mutex mutex_;
  std::string dropped_ ABSL_GUARDED_BY(mutex_);
};

// RocksDB's words, not any with "lock" in them: the path may have some of these too, as /block-storage.
bool IsLocked(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return status.IsIOError() && (absl::StrContains(text, "lock hold by current process") ||
                                absl::StrContains(text, "While lock file"));
}

}  // namespace

rocksdb::Options CommonOptions() {
  rocksdb::Options options;
  options.info_log = std::make_shared<SilentLogger>();
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  return options;
}

absl::Status FromOpening(const rocksdb::Status& status, const rocksdb::Options& options,
                         const std::string& path, const RocksContent& content) {
  const std::string dropped = static_cast<const SilentLogger&>(*options.info_log).Dropped();
  if (!status.IsCorruption() || dropped.empty()) return FromRocks(status, path, content);
  return FromRocks(rocksdb::Status::Corruption(dropped), path, content);
}

absl::Status FromRocks(const rocksdb::Status& status, const std::string& path, const RocksContent& content) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat(path, ": ", status.ToString());
  if (status.IsNoSpace()) {
    return absl::ResourceExhaustedError(
        absl::StrCat(text, ": the disk is full, make room and repeat the command"));
  }
  if (status.IsPathNotFound()) {
    return absl::DataLossError(
        absl::StrCat(text, ": a file of the ", content.name, " is missing: ", content.repair));
  }
  if (status.IsCorruption()) {
    return absl::DataLossError(absl::StrCat(text, ": the ", content.name, " is damaged: ", content.repair));
  }
  if (IsLocked(status)) {
    return absl::FailedPreconditionError(
        absl::StrCat(text, ": another process has this ", content.name, " open: stop it first"));
  }
  if (status.IsInvalidArgument() || status.IsNotFound()) return absl::FailedPreconditionError(text);
  return absl::UnavailableError(text);
}

}  // namespace lawine
