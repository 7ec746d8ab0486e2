#include "engine/base/huge_array.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "gtest/gtest.h"

namespace lawine {
namespace {

TEST(HugeArray, IsZeroAtFirst) {
  for (const std::size_t size : {1u, 4096u, 1u << 20}) {
    HugeArray<std::uint32_t> array(size);
    ASSERT_EQ(array.size(), size);
    EXPECT_EQ(array.bytes(), 4 * size);
    EXPECT_EQ(array.span().size(), size);
    EXPECT_TRUE(
        std::all_of(array.span().begin(), array.span().end(), [](std::uint32_t v) { return v == 0; }));
  }
}

TEST(HugeArray, MayBeEmpty) {
  const HugeArray<std::uint64_t> none, zero(0);
  EXPECT_EQ(none.size(), 0u);
  EXPECT_EQ(zero.size(), 0u);
  EXPECT_TRUE(none.span().empty());
  EXPECT_TRUE(zero.span().empty());
}

TEST(HugeArray, KeepsWhatIsWrittenFromEndToEnd) {
  constexpr std::size_t kSize = (5u << 20) / 8 + 1;  // more than two huge pages, and not a whole number
  HugeArray<std::uint64_t> array(kSize);
  for (std::size_t i = 0; i < kSize; ++i) array[i] = i * i;
  for (std::size_t i = 0; i < kSize; ++i) ASSERT_EQ(std::as_const(array)[i], i * i);
}

// Whether the page that `address` is in is this process's.
bool IsMapped(const void* address) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  unsigned char resident = 0;
  const auto begin = reinterpret_cast<std::uintptr_t>(address) / page * page;
  return mincore(reinterpret_cast<void*>(begin), 1, &resident) == 0 || errno != ENOMEM;
}

TEST(HugeArray, GivesThePagesBackThatAShrunkOneDoesNotNeed) {
  const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  // In the middle of a page, at its end, one byte behind it; of less than a huge page and of more.
  for (const std::size_t pages : {std::size_t{10}, (std::size_t{5} << 20) / page}) {
    for (const std::size_t kept : {3 * page - 100, 3 * page, 3 * page + 1, std::size_t{1}}) {
      HugeArray<unsigned char> array(pages * page - 7);
      for (std::size_t i = 0; i < array.size(); ++i) array[i] = static_cast<unsigned char>(i % 251);
      const unsigned char* const data = array.span().data();
      array.Shrink(kept);
      ASSERT_EQ(array.size(), kept);
      EXPECT_EQ(array.span().data(), data);
      for (std::size_t i = 0; i < kept; ++i) ASSERT_EQ(array[i], i % 251);
      const std::size_t kept_pages = (kept + page - 1) / page;
      EXPECT_TRUE(IsMapped(data + kept_pages * page - 1));
      EXPECT_FALSE(IsMapped(data + kept_pages * page)) << kept;
      EXPECT_FALSE(IsMapped(data + pages * page - 1)) << kept;
      { const HugeArray<unsigned char> last = std::move(array); }
      EXPECT_FALSE(IsMapped(data)) << "the rest goes with it";
    }
  }
}

TEST(HugeArray, MayShrinkToNothing) {
  HugeArray<std::uint64_t> array(10'000);
  array[9'999] = 1;
  const std::uint64_t* const data = array.span().data();
  array.Shrink(10'000);
  EXPECT_EQ(array[9'999], 1u) << "to what it is";
  array.Shrink(0);
  EXPECT_EQ(array.size(), 0u);
  EXPECT_TRUE(array.span().empty());
  EXPECT_FALSE(IsMapped(data));
  array.Shrink(0);
  HugeArray<std::uint64_t> none;
  none.Shrink(0);
  array = HugeArray<std::uint64_t>(5);
  EXPECT_EQ(array[4], 0u) << "it may have elements again";
}

TEST(HugeArray, MovesItsPages) {
  HugeArray<std::uint32_t> first(1000);
  first[999] = 7;
  const std::uint32_t* const pages = first.span().data();
  HugeArray<std::uint32_t> second = std::move(first);
  EXPECT_EQ(second.span().data(), pages);
  HugeArray<std::uint32_t> third(10);
  third = std::move(second);
  EXPECT_EQ(third.span().data(), pages);
  EXPECT_EQ(third.size(), 1000u);
  EXPECT_EQ(third[999], 7u);
}

}  // namespace
}  // namespace lawine
