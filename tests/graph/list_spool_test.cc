#include "engine/graph/list_spool.h"

#include "gtest/gtest.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

struct Link {
  std::uint32_t source = 0;
  std::uint32_t follower = 0;
  std::uint8_t kind = 0;
  std::uint32_t weight = 0;
};

// Most sources have no followers, some have many: whole blocks are empty.
std::vector<Link> RandomLinks(std::uint32_t sources_count, std::uint32_t receivers_count) {
  TestRandom random(1);
  std::vector<Link> links;
  for (std::uint32_t source = 0; source < sources_count; ++source) {
    if (!random.OneIn(40)) continue;
    for (std::uint32_t follower = 0; follower < receivers_count; ++follower) {
      if (!random.OneIn(3)) continue;
      links.push_back({source, follower, static_cast<std::uint8_t>(random.Below(5)),
                       static_cast<std::uint32_t>(random.Below(100))});
    }
  }
  return links;
}

TEST(ListSpoolTest, GivesBackTheListsOfAnyRangeOfBlocks) {
  constexpr std::uint32_t kSources = 3'000;
  constexpr std::uint32_t kReceivers = 90;
  constexpr LinkColumns kBoth{.kinds = true, .weights = true};
  const std::vector<Link> links = RandomLinks(kSources, kReceivers);
  TempDirectory directory;
  for (const std::uint64_t memory_bytes : {std::uint64_t{100}, std::uint64_t{1} << 30}) {
    ListSpool spool(kSources, kReceivers, kBoth,
                    {.directory = directory.path(), .memory_bytes = memory_bytes});
    for (const Link& link : links)
      ASSERT_TRUE(spool.Add(link.source, link.follower, link.kind, link.weight).ok());
    ASSERT_TRUE(spool.Finish().ok());
    EXPECT_EQ(spool.links_count(), links.size());
    for (const auto& [first, end] :
         {std::pair{0u, kSources}, {64u, 128u}, {128u, 1'024u}, {2'944u, kSources}, {640u, 640u}}) {
      FollowerLists lists;
      ASSERT_TRUE(spool.Read(first, end, lists).ok());
      ASSERT_EQ(lists.counts.size(), end - first);
      std::vector<std::uint32_t> counts(end - first);
      std::size_t at = 0;
      for (const Link& link : links) {
        if (link.source < first || link.source >= end) continue;
        ++counts[link.source - first];
        ASSERT_LT(at, lists.followers.size());
        ASSERT_EQ(lists.followers[at], link.follower);
        ASSERT_EQ(lists.kinds[at], link.kind);
        ASSERT_EQ(lists.weights[at], link.weight);
        ++at;
      }
      EXPECT_EQ(lists.counts, counts);
      EXPECT_EQ(lists.followers.size(), at);
    }
  }
}

TEST(ListSpoolTest, WithoutLinksAllListsAreEmpty) {
  ListSpool spool(100, 10, {}, {});
  ASSERT_TRUE(spool.Finish().ok());
  FollowerLists lists;
  ASSERT_TRUE(spool.Read(0, 100, lists).ok());
  EXPECT_EQ(lists.counts, std::vector<std::uint32_t>(100));
  EXPECT_TRUE(lists.followers.empty());
}

}  // namespace
}  // namespace lawine
