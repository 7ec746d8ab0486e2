#include "engine/store/source_index.h"

#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

// Every place is where the offsets say, dense or packed.
void ExpectFinds(const std::vector<std::uint32_t>& offsets, bool packed) {
  HugeArray<std::uint32_t> copy(offsets.size());
  for (std::size_t i = 0; i < offsets.size(); ++i) copy[i] = offsets[i];
  HugeArray<std::uint16_t> skips(offsets.size() - 1);
  for (std::size_t m = 0; m + 1 < offsets.size(); ++m)
    skips[m] = static_cast<std::uint16_t>((offsets[m + 1] - offsets[m]) / 3);
  const SourceIndex index(std::move(copy), std::move(skips));
  for (std::uint32_t m = 0; m + 1 < offsets.size(); ++m) {
    const SourceIndex::Place place = index.Find(MemberId(m));
    ASSERT_EQ(place.end - place.begin, offsets[m + 1] - offsets[m]) << m;
    ASSERT_TRUE(place.begin == place.end || place.begin == offsets[m]) << m;
    ASSERT_EQ(place.links, place.end - place.begin - (place.end - place.begin) / 3) << m;
  }
  EXPECT_EQ(
      index.bytes() < offsets.size() * sizeof(std::uint32_t) + (offsets.size() - 1) * sizeof(std::uint16_t),
      packed);
}

std::vector<std::uint32_t> Offsets(TestRandom& random, std::uint32_t members, std::uint64_t one_in) {
  std::vector<std::uint32_t> offsets = {0};
  for (std::uint32_t m = 0; m < members; ++m) {
    const bool present = one_in != 0 && random.OneIn(one_in);
    offsets.push_back(offsets.back() + (present ? static_cast<std::uint32_t>(1 + random.Below(5)) : 0));
  }
  return offsets;
}

TEST(SourceIndexTest, FewSourcesArePackedAndFound) {
  TestRandom random(1);
  for (const std::uint32_t members : {511u, 512u, 513u, 1'000u, 20'000u, 65'536u}) {
    ExpectFinds(Offsets(random, members, 20), true);
    ExpectFinds(Offsets(random, members, 0), true);
  }
}

TEST(SourceIndexTest, ManySourcesStayAsTheyAre) {
  TestRandom random(2);
  for (const std::uint32_t members : {1u, 2u, 64u, 513u, 20'000u})
    ExpectFinds(Offsets(random, members, 1), false);
}

TEST(SourceIndexTest, AGraphWithoutMembersHasAnIndex) { ExpectFinds({0}, false); }

}  // namespace
}  // namespace lawine
