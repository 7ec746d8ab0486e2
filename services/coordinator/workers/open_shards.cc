#include "services/coordinator/workers/open_shards.h"

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "services/common/errors.h"
#include "services/common/steady_time.h"

namespace lawine {
namespace {

constexpr absl::Duration kAskEvery = absl::Milliseconds(300);

}  // namespace

void OpenShards::Places::Close(const std::string& node_id) {
  LAWINE_CHECK(counts_[node_id] > 0);
  --counts_[node_id];
  owner_->GiveBack({{node_id, 1}});
}

absl::StatusOr<OpenShards::Places> OpenShards::Take(const Counts& wanted, const std::function<bool()>& gone,
                                                    absl::Duration patience) {
  for (const auto& [node_id, count] : wanted) {
    if (count <= kPerWorkerMax) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("expected at most ", kPerWorkerMax, " shards of the graph on a worker, found ", count,
                     " on worker ", node_id, ": spread them (lawine cluster rebalance)"));
  }
  const SteadyTime end = SteadyNow() + patience;
  {
    MutexLock lock(mutex_);
    waiting_.push_back(&wanted);
  }
  const absl::Cleanup leave = [&] {
    MutexLock lock(mutex_);
    std::erase(waiting_, &wanted);
    changed_.NotifyAll();
  };
  for (;;) {
    {
      MutexLock lock(mutex_);
      if (waiting_.front() == &wanted && Fits(wanted)) {
        for (const auto& [node_id, count] : wanted) open_[node_id] += count;
        return Places(this, wanted);
      }
      const absl::Duration left = end - SteadyNow();
      if (left <= absl::ZeroDuration()) {
        return Busy("other graphs are loaded or backed up, and workers have no room for more shards beside");
      }
      changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(std::min(left, kAskEvery)));
    }
    if (gone()) return absl::CancelledError("the caller is gone");
  }
}

bool OpenShards::Fits(const Counts& wanted) const {
  return std::all_of(wanted.begin(), wanted.end(), [this](const auto& worker) {
    const auto open = open_.find(worker.first);
    return worker.second + (open == open_.end() ? 0 : open->second) <= kPerWorkerMax;
  });
}

void OpenShards::GiveBack(const Counts& counts) {
  MutexLock lock(mutex_);
  for (const auto& [node_id, count] : counts) {
    if ((open_[node_id] -= count) == 0) open_.erase(node_id);
  }
  changed_.NotifyAll();
}

}  // namespace lawine
