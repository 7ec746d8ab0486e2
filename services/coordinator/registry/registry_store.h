// The coordinator's memory: a small RocksDB of records by key. Every write is durable when it returns.
#ifndef LAWINE_SERVICES_COORDINATOR_REGISTRY_REGISTRY_STORE_H_
#define LAWINE_SERVICES_COORDINATOR_REGISTRY_REGISTRY_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace rocksdb {
class Env;
}

namespace lawine {

// Keys: "graph/<name>", "change/<graph>/<request id>", "placement/<graph>", "rebalance", "run/<20 digits>",
// "block/<20 digits>/<first replica>", "next_run", "traffic/<id>", "request/run/<id>", "request/graph/<id>",
// "begun/<graph>", "deleted/<digest>/<name>" of graphs that were deleted; "format" is its own. Thread-safe. A
// write that fails may have happened or not; later ones are tried again. Of a full disk writes tell as
// RESOURCE_EXHAUSTED; reading goes on. After a failure the database is opened again when all who use it have
// let go: who comes meanwhile waits some seconds, then is told UNAVAILABLE.
class RegistryStore {
 public:
  // FAILED_PRECONDITION when another process has it open or another version wrote it, DATA_LOSS when it is
  // damaged.
  // `env`: the disk to use, null for the machine's; must outlive the store.
  static absl::StatusOr<std::unique_ptr<RegistryStore>> Open(const std::string& path,
                                                             rocksdb::Env* env = nullptr);
  virtual ~RegistryStore() = default;

  virtual absl::Status Put(const std::string& key, const std::string& value) = 0;
  // All of them or none.
  virtual absl::Status PutAll(const std::vector<std::pair<std::string, std::string>>& records) = 0;
  // NOT_FOUND when there is none.
  virtual absl::StatusOr<std::string> Get(const std::string& key) = 0;
  virtual absl::Status Delete(const std::string& key) = 0;
  // All of them or none.
  virtual absl::Status DeleteAll(const std::vector<std::string>& keys) = 0;
  // Calls visit(key, value) for all keys that start with `prefix`, ascending. Where a write fails meanwhile,
  // others wait for the end: it should be quick, and not write.
  virtual absl::Status Scan(
      const std::string& prefix,
      const std::function<absl::Status(const std::string&, const std::string&)>& visit) = 0;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_REGISTRY_REGISTRY_STORE_H_
