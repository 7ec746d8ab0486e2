#include "services/common/memory.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/size.h"

namespace lawine {
namespace {

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

// Of /proc/meminfo; `name` with its colon.
std::uint64_t MachineBytes(const std::string& name) {
  std::ifstream file("/proc/meminfo");
  std::string found;
  std::uint64_t kilobytes = 0;
  std::string unit;
  while (file >> found >> kilobytes) {
    if (found == name) return kilobytes << 10;
    std::getline(file, unit);
  }
  return kNoLimit;
}

std::uint64_t ContainerBytes(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? value : kNoLimit;  // "max" and absent files mean no limit
}

std::uint64_t ContainerLimit() { return ContainerBytes("/sys/fs/cgroup/memory.max"); }

std::uint64_t InactiveFileBytes() {
  std::ifstream file("/sys/fs/cgroup/memory.stat");
  std::string name;
  std::uint64_t bytes = 0;
  while (file >> name >> bytes) {
    if (name == "inactive_file") return bytes;
  }
  return 0;
}

std::uint64_t AddressSpaceLimit() {
  rlimit limit{};
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : kNoLimit;
}

std::uint64_t AddressSpaceLeft() {
  const std::uint64_t limit = AddressSpaceLimit();
  if (limit == kNoLimit) return kNoLimit;
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  file >> pages;
  return limit - std::min(limit, pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

// As threads have it that are started without saying more.
std::uint64_t StackBytes() {
  pthread_attr_t attributes;
  std::size_t bytes = 0;
  if (pthread_attr_init(&attributes) != 0) return 0;
  pthread_attr_getstacksize(&attributes, &bytes);
  pthread_attr_destroy(&attributes);
  return bytes;
}

}  // namespace

std::uint64_t MemoryBytes() {
  return std::min({MachineBytes("MemTotal:"), ContainerLimit(), AddressSpaceLimit()});
}

std::uint64_t AvailableMemoryBytes() {
  const std::uint64_t available = std::min(MachineBytes("MemAvailable:"), AddressSpaceLeft());
  const std::uint64_t limit = ContainerLimit();
  const std::uint64_t used = ContainerBytes("/sys/fs/cgroup/memory.current");
  if (limit == kNoLimit || used == kNoLimit) return available;
  // Files that were read or written count as used until somebody needs the memory.
  const std::uint64_t taken = used - std::min(used, InactiveFileBytes());
  return std::min(available, limit > taken ? limit - taken : 0);
}

absl::Status CheckRoomForStacks(std::size_t threads_count) {
  const std::uint64_t needed = threads_count * StackBytes();
  const std::uint64_t left = AddressSpaceLeft();
  if (needed <= left) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("address space: expected at least ", MebibytesText(needed), " left for the stacks of ",
                   threads_count, " threads, found ", MebibytesText(left),
                   ": allow more (ulimit -v), or less for each stack (ulimit -s), or use fewer threads"));
}

}  // namespace lawine
