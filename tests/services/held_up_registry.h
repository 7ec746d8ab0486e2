// A registry whose disk takes as long as a test wants.
#ifndef LAWINE_TESTS_SERVICES_HELD_UP_REGISTRY_H_
#define LAWINE_TESTS_SERVICES_HELD_UP_REGISTRY_H_

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "tests/services/memory_registry.h"

namespace lawine {

// Opens once.
class Latch {
 public:
  void Open() { promise_.set_value(); }
  bool Wait() const { return opened_.wait_for(std::chrono::seconds(20)) == std::future_status::ready; }

 private:
  std::promise<void> promise_;
  const std::shared_future<void> opened_ = promise_.get_future().share();
};

// The first write of a key that begins with `prefix` is held up, until it may go on.
class HeldUpWrite {
 public:
  HeldUpWrite(MemoryRegistry& registry, std::string prefix) {
    registry.before_write = [this, prefix = std::move(prefix),
                             held = std::make_shared<std::once_flag>()](const std::string& key) {
      if (key.starts_with(prefix)) {
        std::call_once(*held, [this] {
          writing_.Open();
          EXPECT_TRUE(go_on_.Wait());
        });
      }
      return absl::OkStatus();
    };
  }
  bool Wait() const { return writing_.Wait(); }
  void GoOn() { go_on_.Open(); }

 private:
  Latch writing_, go_on_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SERVICES_HELD_UP_REGISTRY_H_
