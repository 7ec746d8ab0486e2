// The memory that a process may take: the machine's, or that of its container, whichever is less.
#ifndef LAWINE_SERVICES_COMMON_MEMORY_H_
#define LAWINE_SERVICES_COMMON_MEMORY_H_

#include <cstdint>

namespace lawine {

// All of it.
std::uint64_t MemoryBytes();
// What this process may still take of it.
std::uint64_t AvailableMemoryBytes();

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_MEMORY_H_
