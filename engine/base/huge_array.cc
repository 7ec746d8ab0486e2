#include "engine/base/huge_array.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>

namespace lawine::internal {

void* MapHugePages(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) {
    std::fprintf(
        stderr,
        "expected to map %zu bytes of memory, the system has none left; use a machine or a limit with more\n",
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

}  // namespace lawine::internal
