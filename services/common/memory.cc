#include "services/common/memory.h"

#include <algorithm>
#include <fstream>
#include <string>

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

}  // namespace

std::uint64_t MemoryBytes() { return std::min(MachineBytes("MemTotal:"), ContainerLimit()); }

std::uint64_t AvailableMemoryBytes() {
  const std::uint64_t available = MachineBytes("MemAvailable:");
  const std::uint64_t limit = ContainerLimit();
  const std::uint64_t used = ContainerBytes("/sys/fs/cgroup/memory.current");
  if (limit == kNoLimit || used == kNoLimit) return available;
  // Files that were read or written count as used until somebody needs the memory.
  const std::uint64_t taken = used - std::min(used, InactiveFileBytes());
  return std::min(available, limit > taken ? limit - taken : 0);
}

}  // namespace lawine
