// The memory that a process may take: the machine's, that of its container, or its address space (ulimit -v),
// whichever is least.
#ifndef LAWINE_SERVICES_COMMON_MEMORY_H_
#define LAWINE_SERVICES_COMMON_MEMORY_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace lawine {

// All of it.
std::uint64_t MemoryBytes();
// What this process may still take of it.
std::uint64_t AvailableMemoryBytes();
// RESOURCE_EXHAUSTED when the address space has no room for the stacks of so many further threads: starting
// them would end the process.
absl::Status CheckRoomForStacks(std::size_t threads_count);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_MEMORY_H_
