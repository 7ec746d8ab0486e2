// The coordinator's memory: a small RocksDB of records by key. Every write is durable when it returns.
#ifndef LAWINE_SERVICES_COORDINATOR_REGISTRY_STORE_H_
#define LAWINE_SERVICES_COORDINATOR_REGISTRY_STORE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace lawine {

// Keys: "graph/<name>", "run/<20 digits>", "request/<id>". Thread-safe.
class RegistryStore {
 public:
  // FAILED_PRECONDITION when another process has it open, DATA_LOSS when it is damaged.
  static absl::StatusOr<std::unique_ptr<RegistryStore>> Open(const std::string& path);
  virtual ~RegistryStore() = default;

  virtual absl::Status Put(const std::string& key, const std::string& value) = 0;
  // NOT_FOUND when there is none.
  virtual absl::StatusOr<std::string> Get(const std::string& key) = 0;
  virtual absl::Status Delete(const std::string& key) = 0;
  // Calls visit(key, value) for all keys that start with `prefix`, ascending.
  virtual absl::Status Scan(
      const std::string& prefix,
      const std::function<absl::Status(const std::string&, const std::string&)>& visit) = 0;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_REGISTRY_STORE_H_
