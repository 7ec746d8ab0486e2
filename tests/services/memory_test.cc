#include "services/common/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "gmock/gmock.h"

namespace lawine {
namespace {

class AddressSpaceLimit {
 public:
  explicit AddressSpaceLimit(std::uint64_t bytes) {
    getrlimit(RLIMIT_AS, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_AS, &limit);
  }
  ~AddressSpaceLimit() { setrlimit(RLIMIT_AS, &before_); }
  AddressSpaceLimit(const AddressSpaceLimit&) = delete;
  AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(MemoryTest, IsNoMoreThanTheMachinesAndSomeIsLeft) {
  const auto pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  EXPECT_LE(MemoryBytes(), pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  EXPECT_GE(MemoryBytes(), std::uint64_t{64} << 20);
  EXPECT_GT(AvailableMemoryBytes(), 0u);
  EXPECT_LE(AvailableMemoryBytes(), MemoryBytes());
}

TEST(MemoryTest, IsNoMoreThanTheAddressSpace) {
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  file >> pages;
  constexpr std::uint64_t kLeft = std::uint64_t{1} << 30;
  const std::uint64_t limit = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) + kLeft;
  std::uint64_t all = 0, available = 0;
  absl::Status few, many;
  {
    const AddressSpaceLimit limited(limit);
    all = MemoryBytes();
    available = AvailableMemoryBytes();
    few = CheckRoomForStacks(4);
    many = CheckRoomForStacks(100'000);
  }
  EXPECT_LE(all, limit);
  EXPECT_LE(available, kLeft);
  EXPECT_EQ(few, absl::OkStatus());
  EXPECT_TRUE(absl::IsResourceExhausted(many));
  EXPECT_THAT(std::string(many.message()), testing::HasSubstr("the stacks of 100000 threads, found"));
}

}  // namespace
}  // namespace lawine
