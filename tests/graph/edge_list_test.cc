#include "engine/graph/edge_list.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include "engine/base/limits.h"
#include "engine/base/thread_pool.h"
#include "gtest/gtest.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using Rows = std::vector<KeyedLink>;

std::shared_ptr<const LinkSource> SourceOf(EdgeList edges, EdgeListCounts& counts) {
  auto source = MakeEdgeListSource(std::move(edges), counts);
  EXPECT_TRUE(source.ok()) << source.status();
  return source.ok() ? *source : nullptr;
}
std::shared_ptr<const LinkSource> SourceOf(EdgeList edges) {
  EdgeListCounts counts;
  return SourceOf(std::move(edges), counts);
}

std::string ErrorOf(EdgeList edges) {
  EdgeListCounts counts;
  const auto source = MakeEdgeListSource(std::move(edges), counts);
  EXPECT_EQ(source.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(source.status().message());
}

MemberColumns ProfilesOf(const LinkSource& source) {
  MemberColumns members;
  source.Profiles({MemberId(0), source.members_count()}, members);
  return members;
}

// All links into `receivers`, as keys, in the order of sources and followers.
Rows LinksInside(const LinkSource& source, MemberRange receivers) {
  const std::vector<MemberKey> keys = ProfilesOf(source).keys;
  Rows rows;
  FollowerLists lists;
  for (std::uint32_t c = 0; c < source.chunks_count(); ++c) {
    const MemberRange sources = source.chunk(c);
    EXPECT_EQ(sources.first.value % limits::kSourcesPerBlock, 0u);
    EXPECT_TRUE(source.FollowersInside(c, receivers, lists).ok());
    EXPECT_EQ(lists.counts.size(), sources.count);
    std::size_t at = 0;
    for (std::uint32_t s = 0; s < sources.count; ++s) {
      for (std::uint32_t f = 0; f < lists.counts[s]; ++f, ++at) {
        rows.push_back({keys[sources.first.value + s], keys[receivers.first.value + lists.followers[at]],
                        lists.weights.empty() ? 0 : lists.weights[at],
                        lists.kinds.empty() ? std::uint8_t{0} : lists.kinds[at]});
      }
    }
    EXPECT_EQ(lists.followers.size(), at);
  }
  return rows;
}
Rows LinksOf(const LinkSource& source) { return LinksInside(source, {MemberId(0), source.members_count()}); }

Rows RandomRows(std::size_t count, MemberKey keys_max, MemberKey stretch, std::uint64_t seed) {
  TestRandom random(seed);
  Rows rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back({random.Below(keys_max) * stretch, random.Below(keys_max) * stretch, 0});
  }
  return rows;
}

TEST(EdgeListTest, NumbersMembersByAscendingKey) {
  const auto source = SourceOf({.links = {{900, 5}, {5, 70}}});
  EXPECT_EQ(source->members_count(), 3u);
  EXPECT_EQ(ProfilesOf(*source).keys, (std::vector<MemberKey>{5, 70, 900}));
  EXPECT_EQ(LinksOf(*source), (Rows{{5, 70}, {900, 5}}));
}

TEST(EdgeListTest, KeysMayBeAnywhereIn64Bits) {
  constexpr MemberKey kLast = ~MemberKey{0};
  const auto source = SourceOf({.links = {{kLast, 0}, {0, kLast - 1}, {kLast - 1, kLast}}});
  EXPECT_EQ(ProfilesOf(*source).keys, (std::vector<MemberKey>{0, kLast - 1, kLast}));
  EXPECT_EQ(LinksOf(*source), (Rows{{0, kLast - 1}, {kLast - 1, kLast}, {kLast, 0}}));
}

TEST(EdgeListTest, DropsAndCountsSelfLinksAndDuplicates) {
  EdgeListCounts counts;
  const auto source = SourceOf({.links = {{1, 2}, {3, 3}, {1, 2}, {2, 1}, {1, 1}, {1, 2}}}, counts);
  EXPECT_EQ(LinksOf(*source), (Rows{{1, 2}, {2, 1}}));
  EXPECT_EQ(counts.self_links_dropped, 2u);
  EXPECT_EQ(counts.duplicates_dropped, 2u);
}

TEST(EdgeListTest, MembersThatOnlyLinkToThemselvesOrAreOnlyNamedRemain) {
  const auto source = SourceOf({.links = {{3, 3}, {1, 2}}, .extra_members = {9, 2, 9}});
  EXPECT_EQ(ProfilesOf(*source).keys, (std::vector<MemberKey>{1, 2, 3, 9}));
  EXPECT_EQ(SourceOf({.extra_members = {4}})->members_count(), 1u);
}

TEST(EdgeListTest, RefusesAnEmptyList) {
  EXPECT_EQ(ErrorOf({}), "expected at least one member, found none: the edge list has no rows");
}

TEST(EdgeListTest, WeightsStayWithTheirLinks) {
  EdgeListCounts counts;
  const auto source = SourceOf(
      {.links = {{2, 1, 7}, {1, 3, 0}, {1, 2, kLinkWeightOne}, {2, 1, 7}}, .columns = {.weights = true}},
      counts);
  EXPECT_TRUE(source->columns().weights);
  EXPECT_EQ(LinksOf(*source), (Rows{{1, 2, kLinkWeightOne}, {1, 3, 0}, {2, 1, 7}}));
  EXPECT_EQ(counts.duplicates_dropped, 1u);
}

TEST(EdgeListTest, RefusesConflictingWeightsNamingTheLink) {
  constexpr std::uint32_t kHalf = kLinkWeightOne / 2;
  EXPECT_EQ(ErrorOf({.links = {{17, 42, kLinkWeightOne}, {1, 2, kHalf}, {17, 42, kHalf}},
                     .columns = {.weights = true}}),
            "expected one probability a link, found 0.5 and 1 for the link 17 -> 42: keep one of the rows");
  EXPECT_EQ(ErrorOf({.links = {{17, 42, kLinkWeightOne}, {17, 42, kHalf}},
                     .columns = {.weights = true},
                     .names = {{17, "ann"}, {42, "bob"}}}),
            "expected one probability a link, found 0.5 and 1 for the link ann -> bob: keep one of the rows");
}

TEST(EdgeListTest, ProfilesHaveKeysAndNames) {
  const auto source =
      SourceOf({.links = {{30, 10}, {10, 20}}, .names = {{10, "ann"}, {20, "bob"}, {30, "cat"}}});
  MemberColumns members;
  source->Profiles({MemberId(1), 2}, members);
  EXPECT_EQ(members.keys, (std::vector<MemberKey>{20, 30}));
  EXPECT_EQ(members.names, (std::vector<std::string>{"bob", "cat"}));
  EXPECT_EQ(members.community, (std::vector<std::uint32_t>{0, 0}));
  EXPECT_EQ(members.network, (std::vector<std::uint8_t>{0, 0}));
  EXPECT_EQ(members.account_kind, (std::vector<std::uint8_t>{1, 1}));
  EXPECT_TRUE(members.audience.empty());
}

TEST(EdgeListTest, LinksOfSeveralKindsAreSeveralLinks) {
  EdgeListCounts counts;
  const auto source = SourceOf(
      {.links = {{1, 2, 0, 2}, {1, 2, 0, 1}, {1, 3, 0, 0}, {1, 2, 0, 2}}, .columns = {.kinds = true}},
      counts);
  EXPECT_EQ(source->columns(), (LinkColumns{.kinds = true}));
  EXPECT_EQ(LinksOf(*source), (Rows{{1, 2, 0, 1}, {1, 2, 0, 2}, {1, 3, 0, 0}}));
  EXPECT_EQ(counts.duplicates_dropped, 1u);
  EXPECT_EQ(source->InLinksOf(MemberId(1)), 2u);
}

TEST(EdgeListTest, EachKindHasAWeightOfItsOwn) {
  const LinkColumns both{.kinds = true, .weights = true};
  const auto source = SourceOf({.links = {{1, 2, 9, 1}, {1, 2, 8, 2}}, .columns = both});
  EXPECT_EQ(LinksOf(*source), (Rows{{1, 2, 9, 1}, {1, 2, 8, 2}}));
  EXPECT_NE(ErrorOf({.links = {{1, 2, 9, 1}, {1, 2, 8, 1}}, .columns = both}).find("for the link 1 -> 2"),
            std::string::npos);
}

TEST(EdgeListTest, ProfilesGoToTheirMembersAndAddThoseWithoutLinks) {
  const auto source = SourceOf(
      {.links = {{30, 10}},
       .profiles = {{.key = 30, .community = 7}, {.key = 20, .network = kNetworkHyves, .account_kind = 4}}});
  const MemberColumns members = ProfilesOf(*source);
  EXPECT_EQ(members.keys, (std::vector<MemberKey>{10, 20, 30}));
  EXPECT_EQ(members.community, (std::vector<std::uint32_t>{0, 0, 7}));
  EXPECT_EQ(members.network, (std::vector<std::uint8_t>{0, kNetworkHyves, 0}));
  EXPECT_EQ(members.account_kind, (std::vector<std::uint8_t>{1, 4, 1}));
  EXPECT_EQ(ErrorOf({.links = {{1, 2}}, .profiles = {{.key = 2}, {.key = 2}}}),
            "expected one profile a member, found two of member 2");
}

TEST(EdgeListTest, RefusesAMemberWithoutNameWhenOthersHaveOne) {
  EXPECT_EQ(ErrorOf({.links = {{1, 2}}, .names = {{1, "ann"}}}),
            "expected a name for every member, found none for the key 2: add it to the names");
}

TEST(EdgeListTest, OrderOfRowsMakesNoDifference) {
  Rows rows = RandomRows(20'000, 3'000, 1, 1);
  const Rows expected = LinksOf(*SourceOf({.links = rows}));
  for (unsigned seed = 0; seed < 3; ++seed) {
    std::shuffle(rows.begin(), rows.end(), std::mt19937_64(seed));
    EXPECT_EQ(LinksOf(*SourceOf({.links = rows})), expected);
  }
}

// The specification, in the simplest words there are: a sorted set without self-links.
TEST(EdgeListTest, AgreesWithASortedSet) {
  for (const MemberKey stretch : {MemberKey{1}, MemberKey{1} << 48}) {
    Rows rows = RandomRows(50'000, 10'000, stretch, 2);
    EdgeListCounts counts;
    const auto source = SourceOf({.links = rows}, counts);
    const std::size_t rows_count = rows.size();
    std::erase_if(rows, [](const KeyedLink& link) { return link.from == link.to; });
    EXPECT_EQ(counts.self_links_dropped, rows_count - rows.size());
    const std::size_t links_count = rows.size();
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    EXPECT_EQ(counts.duplicates_dropped, links_count - rows.size());
    EXPECT_EQ(LinksOf(*source), rows);
  }
}

TEST(EdgeListTest, RangesOfReceiversTakeTheLinksApart) {
  const auto source = SourceOf({.links = RandomRows(30'000, 9'000, 1, 3)});
  const std::uint32_t count = source->members_count();
  EXPECT_GT(source->chunks_count(), 1u);
  Rows together;
  for (const MemberRange range : {MemberRange{MemberId(0), 1000}, MemberRange{MemberId(1000), 0},
                                  MemberRange{MemberId(1000), count - 1000}}) {
    const Rows part = LinksInside(*source, range);
    together.insert(together.end(), part.begin(), part.end());
  }
  std::sort(together.begin(), together.end());
  EXPECT_EQ(together, LinksOf(*source));
}

TEST(EdgeListTest, InLinksAreExact) {
  const auto source = SourceOf({.links = RandomRows(30'000, 5'000, 1, 4)});
  std::vector<std::uint64_t> in_links(source->members_count());
  const std::vector<MemberKey> keys = ProfilesOf(*source).keys;
  for (const KeyedLink& link : LinksOf(*source)) {
    ++in_links[static_cast<std::size_t>(std::lower_bound(keys.begin(), keys.end(), link.to) - keys.begin())];
  }
  for (std::uint32_t m = 0; m < source->members_count(); ++m) {
    ASSERT_EQ(source->InLinksOf(MemberId(m)), in_links[m]) << "member " << m;
  }
}

// Rows with columns, repeated and with self-links, in much less memory than they take: all that is kept of
// them, and all that is said of them, is as with enough.
TEST(EdgeListTest, LittleMemoryMakesNoDifference) {
  TempDirectory directory;
  ThreadPool threads(2);
  constexpr LinkColumns kBoth{.kinds = true, .weights = true};
  for (const MemberKey stretch : {MemberKey{1}, MemberKey{1} << 48}) {
    Rows rows = RandomRows(300'000, 3'000, stretch, 5);
    for (KeyedLink& link : rows) {
      link.kind = static_cast<std::uint8_t>((link.from + link.to) / stretch % 3);
      link.weight = static_cast<std::uint32_t>((link.from ^ link.to) % kLinkWeightOne);
    }
    EdgeListCounts expected_counts;
    const auto expected = SourceOf({.links = rows, .columns = kBoth}, expected_counts);
    const SpillOptions little{.directory = directory.path() / "spill", .memory_bytes = 1 << 18};
    EdgeList edges{.links = LinkSpool(kBoth, little, threads), .columns = kBoth};
    for (const KeyedLink& link : rows) ASSERT_TRUE(edges.links.Add(link).ok());
    EdgeListCounts counts;
    const auto source = MakeEdgeListSource(std::move(edges), counts, little);
    ASSERT_TRUE(source.ok()) << source.status();
    EXPECT_EQ(LinksOf(**source), LinksOf(*expected));
    EXPECT_EQ(counts.duplicates_dropped, expected_counts.duplicates_dropped);
    EXPECT_EQ(counts.self_links_dropped, expected_counts.self_links_dropped);
    for (std::uint32_t m = 0; m < expected->members_count(); ++m) {
      ASSERT_EQ((*source)->InLinksOf(MemberId(m)), expected->InLinksOf(MemberId(m)));
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "spill")) << "temporary files have no names";
}

TEST(EdgeListTest, LittleMemoryRefusesTheSameWeights) {
  TempDirectory directory;
  InlineExecutor executor;
  constexpr LinkColumns kWeights{.kinds = false, .weights = true};
  const SpillOptions little{.directory = directory.path() / "spill", .memory_bytes = 4'800};
  EdgeList edges{.links = LinkSpool(kWeights, little, executor), .columns = kWeights};
  Rows rows;
  for (std::uint32_t i = 0; i < 5'000; ++i) rows.push_back({7, 8 + i % 10, kLinkWeightOne - i / 10});
  for (const KeyedLink& link : rows) ASSERT_TRUE(edges.links.Add(link).ok());
  EdgeListCounts counts;
  const absl::Status refused = MakeEdgeListSource(std::move(edges), counts, little).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_EQ(refused, MakeEdgeListSource({.links = rows, .columns = kWeights}, counts).status());
}

}  // namespace
}  // namespace lawine
