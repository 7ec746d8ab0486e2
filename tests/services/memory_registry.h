// A registry in memory, whose writes a test watches, holds up or refuses.
#ifndef LAWINE_TESTS_SERVICES_MEMORY_REGISTRY_H_
#define LAWINE_TESTS_SERVICES_MEMORY_REGISTRY_H_

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "gtest/gtest.h"
#include "services/coordinator/registry/registry_store.h"

namespace lawine {

// Thread-safe, but for `before_write` and `after_write`. Nobody may write while they read all of something.
class MemoryRegistry final : public RegistryStore {
 public:
  // Told the key before each write; the write fails when it does, and waits while it does not return.
  std::function<absl::Status(const std::string& key)> before_write = [](const std::string&) {
    return absl::OkStatus();
  };
  // Told the key after each Put; it fails when this does, though it has happened.
  std::function<absl::Status(const std::string& key)> after_write = [](const std::string&) {
    return absl::OkStatus();
  };

  absl::Status Put(const std::string& key, const std::string& value) override {
    return PutAll({{key, value}});
  }
  absl::Status PutAll(const std::vector<std::pair<std::string, std::string>>& records) override {
    for (const auto& [key, value] : records) {
      if (absl::Status status = Before(key); !status.ok()) return status;
    }
    {
      MutexLock lock(mutex_);
      for (const auto& [key, value] : records) records_[key] = value;
    }
    for (const auto& [key, value] : records) {
      if (absl::Status status = after_write(key); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Get(const std::string& key) override {
    MutexLock lock(mutex_);
    const auto found = records_.find(key);
    if (found == records_.end()) return absl::NotFoundError("no record '" + key + "'");
    return found->second;
  }
  absl::Status Delete(const std::string& key) override { return DeleteAll({key}); }
  absl::Status DeleteAll(const std::vector<std::string>& keys) override {
    for (const std::string& key : keys) {
      if (absl::Status status = Before(key); !status.ok()) return status;
    }
    MutexLock lock(mutex_);
    for (const std::string& key : keys) records_.erase(key);
    return absl::OkStatus();
  }
  absl::Status Scan(
      const std::string& prefix,
      const std::function<absl::Status(const std::string&, const std::string&)>& visit) override {
    const auto records = Records();
    scanning_ = true;
    absl::Status status;
    for (auto it = records.lower_bound(prefix); it != records.end() && it->first.starts_with(prefix); ++it) {
      status = visit(it->first, it->second);
      if (!status.ok()) break;
    }
    scanning_ = false;
    return status;
  }
  std::map<std::string, std::string> Records() const {
    MutexLock lock(mutex_);
    return records_;
  }

 private:
  absl::Status Before(const std::string& key) const {
    EXPECT_FALSE(scanning_) << key << " is written during a scan";
    return before_write(key);
  }

  inline static thread_local bool scanning_ = false;
  mutable Mutex mutex_;
  std::map<std::string, std::string> records_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SERVICES_MEMORY_REGISTRY_H_
