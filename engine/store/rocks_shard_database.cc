#include "engine/store/rocks_shard_database.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/file_checksums.h"
#include "engine/store/rocks_status.h"
#include "engine/store/shard_manifest.h"
#include "engine/store/shard_store.h"

namespace lawine {
namespace {

// So long who opens it again waits for those who read.
constexpr std::chrono::milliseconds kReadersWait(1);
constexpr int kReadersWaitsMax = 5'000;

}  // namespace

void ShardDatabase::Enter(const void* reader, std::uint64_t graph_version) {
  MutexLock lock(mutex_);
  View& view = views_[reader];
  view.graph_version = graph_version;
  if (database_ != nullptr && !database_->read_only()) view.snapshot = database_->db().GetSnapshot();
}

void ShardDatabase::Leave(const void* reader) {
  MutexLock lock(mutex_);
  const auto view = views_.find(reader);
  if (view->second.snapshot != nullptr) database_->db().ReleaseSnapshot(view->second.snapshot);
  views_.erase(view);
}

absl::StatusOr<ShardDatabase::Use> ShardDatabase::ToRead(const void* user) {
  MutexLock lock(mutex_);
  AwaitOpening();
  if (database_ == nullptr) {
    const absl::Status opened = Open();
    if (!opened.ok() && database_ == nullptr) return opened;
  }
  return UseOf(user);
}

absl::StatusOr<ShardDatabase::Use> ShardDatabase::ToWrite(const void* user) {
  MutexLock lock(mutex_);
  AwaitOpening();
  if (failed_) {
    // It may have come back by itself; and after some failures it does when told.
    const bool back = database_ != nullptr && !database_->read_only() && database_->db().Resume().ok();
    if (!back) {
      LAWINE_RETURN_IF_ERROR(Close());
      LAWINE_RETURN_IF_ERROR(Open());
    }
    failed_ = false;
  }
  return UseOf(user);
}

void ShardDatabase::NoteFailure(const Use& use) {
  if (use.database->db().Resume().ok()) return;
  MutexLock lock(mutex_);
  failed_ = true;
}

void ShardDatabase::AwaitOpening() {
  while (closing_) changed_.Wait(mutex_);
}

absl::StatusOr<ShardDatabase::Use> ShardDatabase::UseOf(const void* user) const {
  const View& view = views_.at(user);
  if (!view.lost) return Use{.database = database_, .snapshot = view.snapshot};
  return absl::UnavailableError(absl::StrCat(path_, ": expected version ", view.graph_version,
                                             " of the graph, found another: a fold seemed to fail, and has "
                                             "not: restart the worker"));
}

// Snapshots end with the database: a version that was folded since could not be read any more.
absl::Status ShardDatabase::CheckNoneEarlier() const {
  std::uint64_t stored = 0;
  for (const auto& [reader, view] : views_) stored = std::max(stored, view.graph_version);
  for (const auto& [reader, view] : views_) {
    if (view.lost || view.graph_version == stored) continue;
    return absl::UnavailableError(
        absl::StrCat(path_,
                     ": a write has failed, and what was there before the shard was folded is still "
                     "being read: repeat it when runs have ended"));
  }
  return absl::OkStatus();
}

absl::Status ShardDatabase::Close() {
  if (database_ == nullptr) return absl::OkStatus();
  LAWINE_RETURN_IF_ERROR(CheckNoneEarlier());
  closing_ = true;
  for (int waits = 0; database_.use_count() > 1 && waits < kReadersWaitsMax; ++waits) {
    changed_.WaitFor(mutex_, kReadersWait);
  }
  closing_ = false;
  changed_.NotifyAll();
  if (database_.use_count() > 1) {
    return absl::UnavailableError(
        absl::StrCat(path_,
                     ": a write has failed, and the shard is still being read, to be opened again: "
                     "repeat it"));
  }
  LAWINE_RETURN_IF_ERROR(CheckNoneEarlier());  // it may have been folded meanwhile
  for (auto& [reader, view] : views_) {
    if (view.snapshot != nullptr) database_->db().ReleaseSnapshot(view.snapshot);
    view.snapshot = nullptr;
  }
  database_ = nullptr;
  return absl::OkStatus();
}

// Where that needs room which the disk does not have, what is there can be read all the same.
absl::Status ShardDatabase::Open() {
  LAWINE_RETURN_IF_ERROR(CheckEnds(path_).status());
  auto opened = RocksDatabase::Open(path_, shared_, /*create=*/false);
  if (opened.ok()) {
    database_ = *std::move(opened);
    failed_ = false;
    return ShowViews();
  }
  failed_ = true;
  if (MayPass(opened.status())) OpenToRead().IgnoreError();
  return opened.status();
}

absl::Status ShardDatabase::OpenToRead() {
  LAWINE_ASSIGN_OR_RETURN(database_, RocksDatabase::OpenToRead(path_, shared_));
  return ShowViews();
}

absl::Status ShardDatabase::ShowViews() {
  const absl::StatusOr<ShardManifest> manifest = database_->Manifest(path_);
  if (!manifest.ok()) {
    database_ = nullptr;
    failed_ = true;
    return manifest.status();
  }
  for (auto& [reader, view] : views_) {
    view.lost = view.graph_version != manifest->graph.graph_version;
    if (!view.lost && !database_->read_only()) view.snapshot = database_->db().GetSnapshot();
  }
  return absl::OkStatus();
}

}  // namespace lawine
