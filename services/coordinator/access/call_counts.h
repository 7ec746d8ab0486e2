// Calls that go on, in all and by owner.
#ifndef LAWINE_SERVICES_COORDINATOR_ACCESS_CALL_COUNTS_H_
#define LAWINE_SERVICES_COORDINATOR_ACCESS_CALL_COUNTS_H_

#include <cstdint>
#include <map>
#include <string>

namespace lawine {

// One thread at a time.
class CallCounts {
 public:
  std::uint32_t all() const { return all_; }
  std::uint32_t Of(const std::string& owner) const {
    const auto it = of_.find(owner);
    return it == of_.end() ? 0 : it->second;
  }
  void Add(const std::string& owner) {
    ++all_;
    ++of_[owner];
  }
  void Remove(const std::string& owner) {
    --all_;
    if (--of_[owner] == 0) of_.erase(owner);
  }

 private:
  std::uint32_t all_ = 0;
  std::map<std::string, std::uint32_t> of_;  // none is 0
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_ACCESS_CALL_COUNTS_H_
