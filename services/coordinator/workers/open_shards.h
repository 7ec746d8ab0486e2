// Shards that are loaded or read by streams of their own, each of which holds a thread of its worker.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_OPEN_SHARDS_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_OPEN_SHARDS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "services/common/rpc.h"

namespace lawine {

// Takes care that workers have threads for other calls, too. Thread-safe.
class OpenShards {
 public:
  static constexpr std::uint32_t kPerWorkerMax = kServerThreadsMax - 64;
  static constexpr absl::Duration kPatience = absl::Minutes(10);

  // How many shards, by node id.
  using Counts = std::map<std::string, std::uint32_t>;

  // Has places while it lives.
  class Places {
   public:
    Places(Places&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), counts_(std::exchange(other.counts_, {})) {}
    ~Places() {
      if (owner_ != nullptr) owner_->GiveBack(counts_);
    }
    Places(const Places&) = delete;
    Places& operator=(const Places&) = delete;
    Places& operator=(Places&&) = delete;
    // One shard of the worker is closed. REQUIRES: one is open.
    void Close(const std::string& node_id);

   private:
    friend class OpenShards;
    Places(OpenShards* owner, Counts counts) : owner_(owner), counts_(std::move(counts)) {}

    OpenShards* owner_;
    Counts counts_;
  };

  // Places for all of `wanted` at once; who asked first is first. RESOURCE_EXHAUSTED, as Busy, when they have
  // not come within `patience`; CANCELLED once it is `gone`, which is asked now and then; FAILED_PRECONDITION
  // where a worker has more shards than kPerWorkerMax.
  absl::StatusOr<Places> Take(const Counts& wanted, const std::function<bool()>& gone,
                              absl::Duration patience = kPatience);

 private:
  bool Fits(const Counts& wanted) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveBack(const Counts& counts);

  Mutex mutex_;
  CondVar changed_;
  Counts open_ ABSL_GUARDED_BY(mutex_);
  std::deque<const Counts*> waiting_ ABSL_GUARDED_BY(mutex_);  // in turn
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_OPEN_SHARDS_H_
