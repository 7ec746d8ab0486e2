#include "engine/store/rocks_status.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace lawine {
namespace {

class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// RocksDB's words, not any with "lock" in them: the path may have some of these too, as /block-storage.
bool IsLocked(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return status.IsIOError() && (absl::StrContains(text, "lock hold by current process") ||
                                absl::StrContains(text, "While lock file"));
}

}  // namespace

std::shared_ptr<rocksdb::Logger> NoDiary() { return std::make_shared<SilentLogger>(); }

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
