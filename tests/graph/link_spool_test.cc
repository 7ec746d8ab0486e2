#include "engine/graph/link_spool.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include "engine/base/thread_pool.h"
#include "engine/graph/edge_reader.h"
#include "gtest/gtest.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using Rows = std::vector<KeyedLink>;
constexpr LinkColumns kBoth{.kinds = true, .weights = true};

Rows RandomRows(std::size_t count, std::uint64_t seed) {
  TestRandom random(seed);
  Rows rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back({random.Below(500) << random.Below(50), random.Below(500),
                    static_cast<std::uint32_t>(random.Below(2)), static_cast<std::uint8_t>(random.Below(2))});
  }
  return rows;
}

// The specification: a sorted set without self-links.
Rows SortedSet(Rows rows) {
  std::erase_if(rows, [](const KeyedLink& link) { return link.from == link.to; });
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

Rows Merged(LinkSpool& spool, std::uint64_t& duplicates) {
  Rows merged;
  const absl::Status status = spool.Merge(
      [&merged](std::span<const KeyedLink> links) {
        EXPECT_FALSE(links.empty());
        EXPECT_TRUE(merged.empty() || merged.back().from < links.front().from) << "a source comes twice";
        merged.insert(merged.end(), links.begin(), links.end());
        return absl::OkStatus();
      },
      duplicates);
  EXPECT_TRUE(status.ok()) << status;
  return merged;
}

// Runs so small that they are merged several times before the last merge, and memory enough for all.
TEST(LinkSpoolTest, AgreesWithASortedSetWhateverItsMemory) {
  TempDirectory directory;
  ThreadPool threads(2);
  const Rows rows = RandomRows(40'000, 1);
  const Rows expected = SortedSet(rows);
  for (const std::uint64_t memory_bytes : {2'000ull, 100'000ull, 4'000'000ull, 100'000'000ull}) {
    LinkSpool spool(kBoth, {.directory = directory.path(), .memory_bytes = memory_bytes}, threads);
    for (const KeyedLink& link : rows) ASSERT_TRUE(spool.Add(link).ok());
    ASSERT_TRUE(spool.Finish().ok());
    EXPECT_LE(spool.runs_count(), 256u);
    EXPECT_EQ(spool.runs_count() > 1, memory_bytes < 1'000'000) << memory_bytes;
    std::uint64_t duplicates = 0;
    EXPECT_EQ(Merged(spool, duplicates), expected) << memory_bytes;
    EXPECT_EQ(expected.size() + duplicates + spool.self_links(), rows.size()) << memory_bytes;
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  }
}

TEST(LinkSpoolTest, RowsThatComeAgainTakeNothing) {
  TempDirectory directory;
  InlineExecutor executor;
  // 2,000 links at a time.
  LinkSpool spool(kBoth, {.directory = directory.path(), .memory_bytes = 96'000}, executor);
  constexpr std::uint64_t kRows = 100'000;
  for (std::uint64_t i = 0; i < kRows; ++i) ASSERT_TRUE(spool.Add({.from = 1, .to = 2 + i % 3}).ok());
  ASSERT_TRUE(spool.Finish().ok());
  EXPECT_EQ(spool.runs_count(), 50u);
  EXPECT_EQ(spool.run_links_count(), 3 * spool.runs_count());
  std::uint64_t duplicates = 0;
  EXPECT_EQ(Merged(spool, duplicates), (Rows{{1, 2}, {1, 3}, {1, 4}}));
  EXPECT_EQ(duplicates, kRows - 3);
}

// Few members, so that most rows come again, in other runs and on other threads' parts.
TEST(LinkSpoolTest, RepeatedRowsOfAllKindsAndWeightsAreThoseOfMemory) {
  TempDirectory directory;
  ThreadPool threads(2);
  TestRandom random(11);
  Rows rows;
  for (int i = 0; i < 300'000; ++i) {
    rows.push_back({random.Below(30), random.Below(60), static_cast<std::uint32_t>(random.Below(2)),
                    static_cast<std::uint8_t>(random.Below(3))});
  }
  LinkSpool in_memory(rows);
  ASSERT_TRUE(in_memory.Finish().ok());
  std::uint64_t expected_duplicates = 0;
  const Rows expected = Merged(in_memory, expected_duplicates);
  EXPECT_EQ(expected, SortedSet(rows));
  for (const std::uint64_t memory_bytes : {50'000ull, 8'000'000ull}) {
    LinkSpool spool(kBoth, {.directory = directory.path(), .memory_bytes = memory_bytes}, threads);
    for (const KeyedLink& link : rows) ASSERT_TRUE(spool.Add(link).ok());
    ASSERT_TRUE(spool.Finish().ok());
    EXPECT_GT(spool.runs_count(), 1u);
    EXPECT_LE(spool.run_links_count(), spool.runs_count() * expected.size());
    std::uint64_t duplicates = 0;
    EXPECT_EQ(Merged(spool, duplicates), expected) << memory_bytes;
    EXPECT_EQ(duplicates, expected_duplicates) << memory_bytes;
    EXPECT_EQ(spool.self_links(), in_memory.self_links()) << memory_bytes;
  }
}

TEST(GatheredLinksTest, HoldTwiceWhatIsDifferentHoweverOftenItComes) {
  constexpr std::size_t kPiece = 4'096;
  for (const std::uint64_t receivers : {1ull, 100ull, 30'000ull}) {
    TestRandom random(receivers);
    GatheredLinks links;
    Rows added;
    for (int i = 0; i < 100; ++i) {
      Rows piece;
      while (piece.size() < kPiece) piece.push_back({.from = 5, .to = 10 + random.Below(receivers)});
      links.Add(piece);
      ASSERT_LE(links.held(), std::max<std::size_t>(GatheredLinks::kHeldMin, 2 * receivers) + kPiece);
      added.insert(added.end(), piece.begin(), piece.end());
    }
    const auto gathered = links.Finish();
    EXPECT_EQ(Rows(gathered.begin(), gathered.end()), SortedSet(added));
    EXPECT_EQ(links.duplicates(), added.size() - gathered.size());
  }
}

// They are refused by whoever takes them; a file must not fill the memory with them.
TEST(GatheredLinksTest, HoldTwoWeightsOfALink) {
  constexpr std::uint32_t kWeights = 100'000;
  GatheredLinks links;
  for (std::uint32_t weight = kWeights; weight > 0; --weight) {
    const KeyedLink link{.from = 1, .to = 2, .weight = weight};
    links.Add({&link, 1});
    ASSERT_LE(links.held(), GatheredLinks::kHeldMin);
  }
  const auto gathered = links.Finish();
  EXPECT_EQ(Rows(gathered.begin(), gathered.end()), (Rows{{1, 2, 1}, {1, 2, 2}}));
}

TEST(LinkSpoolTest, KnowsTheKeysOfAllLinksAlsoOfSelfLinks) {
  TempDirectory directory;
  InlineExecutor executor;
  LinkSpool spool({}, {.directory = directory.path(), .memory_bytes = 200}, executor);
  for (MemberKey key = 0; key < 100; ++key) ASSERT_TRUE(spool.Add({.from = 3 * key, .to = 3 * key}).ok());
  ASSERT_TRUE(spool.Add({.from = 1, .to = ~MemberKey{0}}).ok());
  ASSERT_TRUE(spool.Finish().ok());
  const std::vector<MemberKey> keys = spool.TakeKeys().Sorted();
  EXPECT_EQ(keys.size(), 102u);
  EXPECT_EQ(keys[1], 1u);
  EXPECT_EQ(keys.back(), ~MemberKey{0});
  EXPECT_EQ(spool.self_links(), 100u);
}

TEST(LinkSpoolTest, NothingIsNothing) {
  LinkSpool spool;
  ASSERT_TRUE(spool.Finish().ok());
  std::uint64_t duplicates = 0;
  EXPECT_TRUE(Merged(spool, duplicates).empty());
  EXPECT_EQ(spool.TakeKeys().count(), 0u);
}

TEST(LinkSpoolTest, ADiskThatTakesNothingIsAnError) {
  InlineExecutor executor;
  LinkSpool spool({}, {.directory = "/proc/nothing", .memory_bytes = 100}, executor);
  absl::Status status;
  for (MemberKey key = 0; key < 10 && status.ok(); ++key) status = spool.Add({.from = key, .to = key + 1});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

TEST(KeySetTest, AgreesWithASortedSetWhereverKeysAre) {
  TestRandom random(7);
  for (const int bits : {4, 20, 27, 40, 64}) {
    KeySet set;
    std::vector<MemberKey> keys;
    for (int i = 0; i < 5'000; ++i) {
      keys.push_back(random.Next() >> (64 - bits));
      set.Add(keys.back());
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    EXPECT_EQ(set.count(), keys.size()) << bits;
    EXPECT_EQ(set.Sorted(), keys) << bits;
    const KeyIndex index(std::move(set));
    EXPECT_EQ(index.keys(), keys) << bits;
    for (std::uint32_t i = 0; i < keys.size(); ++i) ASSERT_EQ(index.IdOf(keys[i]), i) << bits;
  }
}

// Small keys first, then one far away: the bitmap is given up.
TEST(KeySetTest, AKeyFarAwayKeepsThoseBefore) {
  KeySet set;
  for (MemberKey key = 0; key < 1'000; ++key) set.Add(key * 2);
  set.Add(~MemberKey{0});
  set.Add(5);
  EXPECT_EQ(set.count(), 1'002u);
  EXPECT_EQ(set.Sorted()[3], 5u);
  EXPECT_EQ(set.Sorted().back(), ~MemberKey{0});
}

constexpr MemberKey kFar = 70'000'000;  // beyond small bitmaps: its word is the 1,093,751st

// A file that is sorted by sources names large keys in its first rows.
TEST(KeySetTest, ALargeKeyAmongTheFirstSaysNothingOfThoseThatFollow) {
  KeySet set;
  set.Add(kFar);
  constexpr MemberKey kMembers = 2'400'000;
  for (MemberKey key = 0; key < kMembers; ++key) set.Add(key * 29);  // a key in every 29: two a word
  EXPECT_EQ(set.count(), kMembers + 1);
  EXPECT_LT(set.bytes(), 10u << 20) << "35 bits a key";
  set.Add(kFar);
  EXPECT_EQ(set.count(), kMembers + 1);
  const KeyIndex index(std::move(set));
  EXPECT_LT(index.bytes(), 15u << 20);
  EXPECT_EQ(index.members_count(), kMembers + 1);
  for (std::uint32_t i = 0; i < kMembers; i += 1'001) ASSERT_EQ(index.IdOf(MemberKey{29} * i), i);
  EXPECT_EQ(index.IdOf(kFar), kMembers);
}

// Too few for the set to become a bitmap while more may come; when none do, the index is one.
TEST(KeySetTest, TheIndexIsABitmapWhereverThatIsSmaller) {
  KeySet set;
  set.Add(kFar);
  constexpr std::uint32_t kMembers = 1'200'000;
  for (MemberKey key = 0; key < kMembers; ++key) set.Add(key * 58);
  const KeyIndex index(std::move(set));
  EXPECT_LT(index.bytes(), 15u << 20);
  for (std::uint32_t i = 0; i < kMembers; i += 1'001) ASSERT_EQ(index.IdOf(MemberKey{58} * i), i);
  EXPECT_EQ(index.IdOf(kFar), kMembers);
}

TEST(KeySetTest, KeysThatComeAgainAllowNoLargerBitmap) {
  KeySet set;
  for (int i = 0; i < 3'000'000; ++i) set.Add(static_cast<MemberKey>(i % 2));
  set.Add(kFar * 2);
  EXPECT_EQ(set.count(), 3u);
  EXPECT_LT(set.bytes(), 1'000u);
  EXPECT_EQ(set.Sorted(), (std::vector<MemberKey>{0, 1, kFar * 2}));
}

// A reader's spool is moved before its first row, and after its last one.
TEST(LinkSpoolTest, OfAReaderWithLittleMemoryGoesToDisk) {
  const TempDirectory directory;
  const std::filesystem::path spool = directory.path() / "spool";
  InlineExecutor executor;
  EdgeReader reader({.columns = ParseEdgeColumns("from,to", false).value()},
                    {.directory = spool.string(), .memory_bytes = 1'000}, executor);
  reader.BeginFile("edges.txt");
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(reader.Append(std::to_string(i * 7 % 1'000) + " 1000\n").ok());
  }
  ASSERT_TRUE(reader.EndFile().ok());
  EXPECT_TRUE(std::filesystem::exists(spool)) << "it is made when something is written";
  EdgeList edges = reader.TakeEdges();
  ASSERT_TRUE(edges.links.Finish().ok());
  EXPECT_GT(edges.links.runs_count(), 10u);
  std::uint64_t duplicates = 0;
  EXPECT_EQ(Merged(edges.links, duplicates).size(), 1'000u);
}

}  // namespace
}  // namespace lawine
