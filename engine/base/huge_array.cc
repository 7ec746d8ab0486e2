#include "engine/base/huge_array.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace lawine::internal {

void* MapHugePages(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* pages =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) {
    std::fprintf(
        stderr,
        "expected to map %zu bytes of memory, the system refused: raise the limit of addresses (ulimit -v), "
        "allow memory to be overcommitted (vm.overcommit_memory), or use a machine with more\n",
        bytes);
    std::abort();
  }
  // Advice only: without huge pages everything still works, slower.
  if (bytes >= (2u << 20)) madvise(pages, bytes, MADV_HUGEPAGE);
  return pages;
}

void UnmapHugePages(void* pages, std::size_t bytes) {
  if (pages != nullptr) munmap(pages, bytes);
}

void UnmapTail(void* pages, std::size_t bytes, std::size_t keep) {
  const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t kept = (keep + page - 1) / page * page;
  const std::size_t end = (bytes + page - 1) / page * page;
  if (pages != nullptr && kept < end) munmap(static_cast<char*>(pages) + kept, end - kept);
}

}  // namespace lawine::internal
