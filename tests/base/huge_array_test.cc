#include "engine/base/huge_array.h"

#include <algorithm>
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
