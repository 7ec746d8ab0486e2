#include "engine/base/member_set.h"

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using testing::ElementsAre;

TEST(MemberSet, StartsEmpty) {
  EXPECT_EQ(MemberSet().members_count(), 0u);
  EXPECT_EQ(MemberSet().Count(), 0u);
  const MemberSet set(1000);
  EXPECT_EQ(set.members_count(), 1000u);
  EXPECT_EQ(set.Count(), 0u);
  for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_FALSE(set.Contains(LocalId(i)));
}

TEST(MemberSet, HasJustEnoughWords) {
  for (const auto& [members, words] :
       {std::pair{0u, 0u}, {1u, 1u}, {63u, 1u}, {64u, 1u}, {65u, 2u}, {128u, 2u}}) {
    EXPECT_EQ(MemberSet(members).words().size(), words) << members;
  }
  const MemberSet largest_id_fits(129);
  EXPECT_FALSE(largest_id_fits.Contains(LocalId(128)));
}

TEST(MemberSet, HoldsWhatWasInserted) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    TestRandom random(seed);
    const auto members = static_cast<std::uint32_t>(1 + random.Below(500));
    MemberSet set(members);
    std::set<std::uint32_t> model;
    for (int i = 0; i < 200; ++i) {
      const auto id = static_cast<std::uint32_t>(random.Below(members));
      set.Insert(LocalId(id));
      model.insert(id);
    }
    for (std::uint32_t id = 0; id < members; ++id)
      ASSERT_EQ(set.Contains(LocalId(id)), model.contains(id)) << id;
    EXPECT_EQ(set.Count(), model.size());
    set.Clear();
    EXPECT_EQ(set.Count(), 0u);
  }
}

TEST(MemberSet, LacksWhatWasRemovedAndNothingElse) {
  MemberSet set(130);
  for (std::uint32_t id = 0; id < 130; ++id) set.Insert(LocalId(id));
  for (const std::uint32_t id : {0u, 63u, 64u, 100u, 129u}) {
    set.Remove(LocalId(id));
    EXPECT_FALSE(set.Contains(LocalId(id))) << id;
    set.Remove(LocalId(id));  // is not there any more
  }
  EXPECT_EQ(set.Count(), 125u);
  for (const std::uint32_t id : {1u, 62u, 65u, 99u, 101u, 128u}) EXPECT_TRUE(set.Contains(LocalId(id))) << id;
  set.Insert(LocalId(63));
  EXPECT_TRUE(set.Contains(LocalId(63)));
  EXPECT_EQ(set.Count(), 126u);
}

TEST(MemberSet, KeepsBitsPastTheLastMemberZero) {
  MemberSet set(70);
  for (std::uint32_t id = 0; id < 70; ++id) set.Insert(LocalId(id));
  EXPECT_THAT(set.words(), ElementsAre(~std::uint64_t{0}, std::uint64_t{0x3F}));
}

TEST(ForEachBit, VisitsAscendingWithTheBaseAdded) {
  std::vector<std::uint32_t> visited;
  const auto visit = [&](std::uint32_t i) { visited.push_back(i); };
  ForEachBit(0, 64, visit);
  EXPECT_TRUE(visited.empty());
  ForEachBit(1ull << 63 | 1ull << 5 | 1, 64, visit);
  EXPECT_THAT(visited, ElementsAre(64, 69, 127));
  visited.clear();
  ForEachBit(~0ull, 0, visit);
  ASSERT_EQ(visited.size(), 64u);
  for (std::uint32_t i = 0; i < 64; ++i) EXPECT_EQ(visited[i], i);
}

}  // namespace
}  // namespace lawine
