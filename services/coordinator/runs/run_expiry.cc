#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/coordinator/runs/run_names.h"
#include "services/coordinator/runs/run_receipts.h"
#include "services/coordinator/runs/runs.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
using google::protobuf::util::TimeUtil;

}  // namespace

absl::StatusOr<pb::Run> Runs::Pin(const std::string& name, bool pinned) {
  LAWINE_ASSIGN_OR_RETURN(const Entry entry, Find(name));
  MutexLock writing(entry->writing);
  pb::Run run;
  {
    MutexLock lock(entry->mutex);
    if (entry->forgotten) return absl::NotFoundError(absl::StrCat(name, " has been forgotten"));
    run = entry->record.run();
  }
  if (!Ended(run.state())) {
    return absl::FailedPreconditionError(absl::StrCat(name, " is going on: only ended runs expire"));
  }
  run.set_pinned(pinned);
  run.clear_expire_time();
  if (!pinned) {
    *run.mutable_expire_time() =
        TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(absl::Now() + options_.results_kept));
  }
  LAWINE_ASSIGN_OR_RETURN(internal::v1::RunRecord record, archive_.Load(entry->run_id));
  *record.mutable_run() = run;
  LAWINE_RETURN_IF_ERROR(Save(*entry, record));
  MutexLock lock(entry->mutex);
  *entry->record.mutable_run() = run;
  return run;
}

absl::Status Runs::Delete(const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const Entry entry, Find(name));
  if (!Ended(Describe(*entry).state())) {
    return absl::FailedPreconditionError(absl::StrCat(name, " is going on: cancel it first"));
  }
  return Forget(*entry, true);
}

// Done once, whoever else comes to do it. ABORTED when it was pinned meanwhile, unless that does not matter.
absl::Status Runs::Forget(RunEntry& entry, bool also_pinned) {
  std::uint64_t next_id = 0;
  {
    MutexLock lock(mutex_);
    next_id = next_id_;
  }
  bool receipts = false;
  {
    MutexLock writing(entry.writing);
    std::string request_id;
    {
      MutexLock lock(entry.mutex);
      if (entry.forgotten) return absl::OkStatus();
      if (entry.record.run().pinned() && !also_pinned)
        return absl::AbortedError("pinned meanwhile, it stays");
      receipts = entry.record.run().record_receipts();
      request_id = entry.record.request_id();
    }
    LAWINE_RETURN_IF_ERROR(archive_.Forget(entry.run_id, request_id, next_id));
    MutexLock lock(entry.mutex);
    entry.forgotten = true;
  }
  {
    MutexLock lock(mutex_);
    runs_.erase(entry.run_id);
  }
  if (receipts) ForgetReceipts(workers_.Alive(), entry.run_id);
  return absl::OkStatus();
}

// Forgets ended runs whose time has come, then the oldest until all that is kept takes little enough. The
// latest stays, however large.
void Runs::Sweep() {
  struct Kept {
    Entry entry;
    std::int64_t end_seconds;
    std::int64_t expire_seconds;
    std::uint64_t bytes;
  };
  std::vector<Kept> kept;
  for (const Entry& entry : Entries()) {
    MutexLock lock(entry->mutex);
    const pb::Run& run = entry->record.run();
    if (!Ended(run.state()) || run.pinned()) continue;
    kept.push_back({entry, run.end_time().seconds(), run.expire_time().seconds(), entry->record_bytes});
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [](const Kept& a, const Kept& b) { return a.end_seconds < b.end_seconds; });
  std::uint64_t bytes = 0;
  for (const Kept& run : kept) bytes += run.bytes;
  const std::int64_t now = absl::ToUnixSeconds(expiry_clock_.Now());
  for (const Kept& run : kept) {
    const bool too_many = bytes > options_.results_bytes_max && run.entry != kept.back().entry;
    // Records of versions that did not let them expire have no time: they stay until there is no room.
    if ((run.expire_seconds == 0 || run.expire_seconds > now) && !too_many) continue;
    bytes -= run.bytes;
    const absl::Status forgotten = Forget(*run.entry, false);
    const char* const why = too_many ? "results take too much room" : "its time has come";
    if (forgotten.ok()) {
      spdlog::info("{} is forgotten: {}", RunName(run.entry->run_id), why);
    } else {
      spdlog::warn("{} is not forgotten, though {}: {}", RunName(run.entry->run_id), why,
                   std::string(forgotten.message()));
    }
  }
}

void Runs::SweepNowAndThen() {
  const absl::Duration every = std::min(absl::Minutes(1), options_.results_kept / 4 + absl::Milliseconds(50));
  for (;;) {
    Sweep();
    std::set<std::string> checkpoints_left;
    {
      MutexLock lock(mutex_);
      checkpoints_left = checkpoints_left_;
    }
    for (const std::string& graph : checkpoints_left) ForgetCheckpoints(graph);
    MutexLock lock(mutex_);
    if (!stopping_ && !sweep_wanted_) sweeper_changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(every));
    if (stopping_) return;
    sweep_wanted_ = false;
  }
}

}  // namespace lawine
