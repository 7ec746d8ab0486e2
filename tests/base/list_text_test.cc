#include "engine/base/list_text.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace lawine {
namespace {

TEST(ListTextTest, ShortListsAreWhole) {
  EXPECT_EQ(ListText(std::vector<std::string>{}), "");
  EXPECT_EQ(ListText(std::vector<std::string>{"a", "b"}), "a, b");
  EXPECT_EQ(ListText(std::vector<int>{1, 2, 3}, "; "), "1; 2; 3");
}

TEST(ListTextTest, LongListsSayHowManyMoreThereAre) {
  EXPECT_EQ(ListText(std::vector<std::string>{"one", "two", "three", "four"}, ", ", 8),
            "one, two and 2 more");
  EXPECT_EQ(ListText(std::vector<std::string>{"longer", "two"}, ", ", 3), "longer and 1 more");
  EXPECT_LT(ListText(std::vector<std::string>(10'000, "name")).size(), kListBytesMax + 30);
}

}  // namespace
}  // namespace lawine
