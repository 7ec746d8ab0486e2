#include "services/common/memory.h"

#include <unistd.h>

#include "gtest/gtest.h"

namespace lawine {
namespace {

TEST(MemoryTest, IsNoMoreThanTheMachinesAndSomeIsLeft) {
  const auto pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  EXPECT_LE(MemoryBytes(), pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  EXPECT_GE(MemoryBytes(), std::uint64_t{64} << 20);
  EXPECT_GT(AvailableMemoryBytes(), 0u);
  EXPECT_LE(AvailableMemoryBytes(), MemoryBytes());
}

}  // namespace
}  // namespace lawine
