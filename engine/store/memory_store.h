// The storage seam in memory, for tests and benchmarks: same blocks, same checks, no disk.
#ifndef LAWINE_ENGINE_STORE_MEMORY_STORE_H_
#define LAWINE_ENGINE_STORE_MEMORY_STORE_H_

#include <map>
#include <memory>
#include <string>

#include "engine/base/mutex.h"
#include "engine/store/shard_store.h"

namespace lawine {

class MemoryShardStorage final : public ShardStorage {
 public:
  using Blocks = std::map<std::uint32_t, std::string>;
  struct Shard {
    ShardManifest manifest;
    Blocks followers;
    Blocks members;
    Blocks keys;
    std::map<std::uint64_t, std::string> changes;  // by graph version
  };

  absl::StatusOr<std::unique_ptr<ShardWriter>> Create(const ShardName& name) override;
  absl::StatusOr<std::unique_ptr<StoredShard>> Open(const ShardName& name) override;
  absl::StatusOr<std::vector<ShardName>> List() override;
  absl::Status Delete(const ShardName& name) override;

  // A copy.
  absl::StatusOr<Shard> Find(const ShardName& name);
  void Put(const ShardName& name, std::shared_ptr<const Shard> shard);
  // Calls use(states of runs by step).
  template <class Use>
  void WithRunStates(const ShardName& name, Use&& use) {
    MutexLock lock(mutex_);
    use(run_states_[name]);
  }

 private:
  Mutex mutex_;
  std::map<ShardName, std::shared_ptr<const Shard>> shards_ ABSL_GUARDED_BY(mutex_);
  std::map<ShardName, std::map<RunStep, std::string>> run_states_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_MEMORY_STORE_H_
