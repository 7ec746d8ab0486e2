// Links turned round are the same links; counts that say otherwise are refused.
#include "engine/store/followee_index.h"

#include <algorithm>

#include "engine/base/thread_pool.h"
#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

// Lists of some sources of a graph of `members` members, and what they are the other way round.
struct Links {
  Links(TestRandom& random, std::uint32_t members, std::uint32_t range, std::uint32_t sources_count,
        std::uint32_t links_of_each = 20)
      : followees(range) {
    HugeArray<std::uint32_t> offsets(std::size_t{members} + 1);
    HugeArray<std::uint16_t> skips(members);
    const std::uint32_t stride = members / sources_count;
    for (std::uint32_t source = 0; source < members; ++source) {
      if (source % stride == stride - 1) {
        std::vector<std::uint32_t> ids;
        for (std::uint32_t i = 0; i < links_of_each; ++i) {
          ids.push_back(static_cast<std::uint32_t>(random.Below(range)));
        }
        std::sort(ids.begin(), ids.end());
        skips[source] = static_cast<std::uint16_t>(AppendGaps(ids, gaps, [](std::size_t) {}));
        for (const std::uint32_t id : ids) followees[id].push_back(source);
      }
      offsets[source + 1] = static_cast<std::uint32_t>(gaps.size());
    }
    sources = SourceIndex(std::move(offsets), std::move(skips));
    for (const auto& list : followees) counts.push_back(static_cast<std::uint32_t>(list.size()));
  }

  std::vector<std::uint16_t> gaps;
  SourceIndex sources;
  std::vector<std::vector<std::uint32_t>> followees;
  std::vector<std::uint32_t> counts;
};

void ExpectHolds(const FolloweeIndex& index, const Links& links) {
  for (std::uint32_t i = 0; i < links.followees.size(); ++i) {
    std::vector<std::uint32_t> found;
    bool stopped = false;
    const std::uint32_t visited = index.Find(LocalId(i), stopped, [&found](std::uint32_t id) {
      found.push_back(id);
      return false;
    });
    ASSERT_EQ(found, links.followees[i]) << i;
    ASSERT_EQ(visited, found.size());
  }
}

TEST(FolloweeIndexTest, HoldsTheLinksTurnedRound) {
  TestRandom random(1);
  for (const std::uint32_t range : {1u, 100u, 8'192u, 8'193u, 200'000u}) {
    const Links links(random, 300'000, range, 3'000);
    for (const std::size_t threads : {1, 3}) {
      ThreadPool pool(threads);
      const auto index = FolloweeIndex::Build(links.sources, links.gaps, 300'000, links.counts, pool);
      ASSERT_TRUE(index.ok()) << index.status();
      ExpectHolds(*index, links);
    }
  }
}

// Above 2^24 members ids take a fourth byte, and sources need several runs.
TEST(FolloweeIndexTest, LargeGraphsHaveWiderIds) {
  TestRandom random(2);
  constexpr std::uint32_t kMembers = (1u << 24) + 1'000;
  const Links links(random, kMembers, 500, 1'000);
  InlineExecutor executor;
  const auto index = FolloweeIndex::Build(links.sources, links.gaps, kMembers, links.counts, executor);
  ASSERT_TRUE(index.ok()) << index.status();
  ExpectHolds(*index, links);
  EXPECT_GT(links.followees[0].back(), 1u << 23);
}

// A task throws 8.4 million links at a time, and the list that takes it there whole.
TEST(FolloweeIndexTest, ManyLinksOfFewSourcesNeedSeveralRuns) {
  TestRandom random(4);
  constexpr std::uint32_t kMembers = 500;
  const Links links(random, kMembers, 9'000, kMembers, 20'000);
  for (const std::size_t threads : {1, 2}) {
    ThreadPool pool(threads);
    const auto index = FolloweeIndex::Build(links.sources, links.gaps, kMembers, links.counts, pool);
    ASSERT_TRUE(index.ok()) << index.status();
    ExpectHolds(*index, links);
  }
}

TEST(FolloweeIndexTest, OtherCountsAreRefused) {
  TestRandom random(3);
  Links links(random, 1'000, 50, 100);
  InlineExecutor executor;
  for (const std::size_t member : {0, 20, 49}) {
    auto counts = links.counts;
    ++counts[member];
    EXPECT_FALSE(FolloweeIndex::Build(links.sources, links.gaps, 1'000, counts, executor).ok());
    counts[member] -= 2;
    EXPECT_FALSE(FolloweeIndex::Build(links.sources, links.gaps, 1'000, counts, executor).ok());
    ++counts[(member + 1) % 50];
    EXPECT_FALSE(FolloweeIndex::Build(links.sources, links.gaps, 1'000, counts, executor).ok());
  }
}

}  // namespace
}  // namespace lawine
