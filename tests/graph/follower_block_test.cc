#include "engine/graph/follower_block.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr LinkColumns kPlain{}, kKinds{.kinds = true}, kWeights{.weights = true},
    kBoth{.kinds = true, .weights = true};

std::string Encoded(const FollowerLists& lists) {
  std::string out = "left over from an earlier block";
  EncodeFollowerBlock({lists.counts, lists.followers, lists.kinds, lists.weights}, out);
  return out;
}

void AddColumns(TestRandom& random, LinkColumns columns, FollowerLists& lists) {
  for (std::size_t i = 0; i < lists.followers.size(); ++i) {
    if (columns.kinds) lists.kinds.push_back(static_cast<std::uint8_t>(random.Next()));
    if (columns.weights) lists.weights.push_back(random.U32() % (kLinkWeightOne + 1));
  }
}

// Up to 64 sources, of which some have no followers, most a few, and now and then one nearly everybody.
FollowerLists RandomLists(TestRandom& random, std::uint32_t receivers_count, LinkColumns columns) {
  FollowerLists lists;
  const std::uint64_t sources = 1 + random.Below(64);
  for (std::uint64_t s = 0; s < sources; ++s) {
    const std::uint64_t chance = random.OneIn(20) ? 900 : random.OneIn(3) ? 0 : random.Below(40);
    const auto list = random.Subset(receivers_count, chance, 1000);
    lists.counts.push_back(static_cast<std::uint32_t>(list.size()));
    lists.followers.insert(lists.followers.end(), list.begin(), list.end());
  }
  AddColumns(random, columns, lists);
  return lists;
}

FollowerLists SmallLists(LinkColumns columns) {
  FollowerLists lists{.counts = {2, 0, 1, 3}, .followers = {0, 9, 5, 2, 3, 4}, .kinds = {}, .weights = {}};
  TestRandom random(6);
  AddColumns(random, columns, lists);
  return lists;
}

void ExpectSameLinks(FollowerLists expected, const FollowerLists& decoded) {
  expected.counts.resize(limits::kSourcesPerBlock);
  EXPECT_EQ(decoded.counts, expected.counts);
  EXPECT_EQ(decoded.followers, expected.followers);
  EXPECT_EQ(decoded.kinds, expected.kinds);
  EXPECT_EQ(decoded.weights, expected.weights);
}

void ExpectRefused(std::string_view bytes, std::uint32_t receivers_count, LinkColumns columns) {
  FollowerLists lists;
  ASSERT_EQ(DecodeFollowerBlock(bytes, receivers_count, columns, lists).code(), absl::StatusCode::kDataLoss);
}

// What a decoder may let through when even the checksum fits: lists as promised, or a refusal.
void ExpectValidOrRefused(std::string_view bytes, std::uint32_t receivers_count, LinkColumns columns) {
  FollowerLists lists;
  const absl::Status status = DecodeFollowerBlock(bytes, receivers_count, columns, lists);
  if (!status.ok()) {
    ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss);
    return;
  }
  ASSERT_EQ(lists.counts.size(), limits::kSourcesPerBlock);
  ASSERT_EQ(std::accumulate(lists.counts.begin(), lists.counts.end(), std::size_t{0}),
            lists.followers.size());
  ASSERT_EQ(lists.kinds.size(), columns.kinds ? lists.followers.size() : 0);
  ASSERT_EQ(lists.weights.size(), columns.weights ? lists.followers.size() : 0);
  auto next = lists.followers.begin();
  for (const std::uint32_t count : lists.counts) {
    ASSERT_TRUE(std::is_sorted(next, next + count));
    const auto twice = std::adjacent_find(next, next + count);
    // With kinds, a follower may come again, of a higher kind.
    if (columns.kinds && twice != next + count) {
      const auto at = static_cast<std::size_t>(twice - lists.followers.begin());
      ASSERT_LT(lists.kinds[at], lists.kinds[at + 1]);
    } else {
      ASSERT_EQ(twice, next + count);
    }
    ASSERT_TRUE(count == 0 || *(next + count - 1) < receivers_count);
    next += count;
  }
}

TEST(FollowerBlock, WithoutLinksIsNotStored) {
  EXPECT_EQ(Encoded({}), "");
  EXPECT_EQ(Encoded({.counts = {0, 0, 0}, .followers = {}, .kinds = {}, .weights = {}}), "");
}

TEST(FollowerBlock, WritesTheDocumentedBytes) {
  std::string expected("\x01\x00\x0D\0\0\0\0\0\0\0", 10);      // version, flags, presence of sources 0, 2, 3
  expected += std::string("\x00\x01\x00\x02", 4);              // counts - 1
  expected += std::string("\x00\x00\x00\x08\x05\x02\0\0", 8);  // first followers and gaps
  ByteWriter(expected).U32(Crc32c(expected));
  EXPECT_EQ(Encoded(SmallLists(kPlain)), expected);
}

TEST(FollowerBlock, RoundTripsWithEveryColumn) {
  for (const LinkColumns columns : {kPlain, kKinds, kWeights, kBoth}) {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, ", kinds ", columns.kinds, ", weights ", columns.weights));
      TestRandom random(seed);
      const auto receivers = static_cast<std::uint32_t>(1 + random.AnySize(12));
      const FollowerLists lists = RandomLists(random, receivers, columns);
      const std::string bytes = Encoded(lists);
      if (bytes.empty()) continue;
      FollowerLists decoded;
      WithExactCopy(bytes, [&](std::string_view copy) {
        const absl::Status status = DecodeFollowerBlock(copy, receivers, columns, decoded);
        ASSERT_TRUE(status.ok()) << status.ToString();
      });
      ExpectSameLinks(lists, decoded);
    }
  }
}

TEST(FollowerBlock, IsAppendedToWhatIsThere) {
  const std::string bytes = Encoded(SmallLists(kBoth));
  FollowerLists lists;
  ASSERT_TRUE(DecodeFollowerBlock(bytes, 10, kBoth, lists).ok());
  ASSERT_TRUE(DecodeFollowerBlock(bytes, 10, kBoth, lists).ok());
  EXPECT_EQ(lists.counts.size(), 128u);
  EXPECT_EQ(lists.counts[64 + 3], 3u);
  EXPECT_THAT(lists.followers, ElementsAre(0, 9, 5, 2, 3, 4, 0, 9, 5, 2, 3, 4));
  EXPECT_EQ(lists.kinds.size(), 12u);
  EXPECT_EQ(lists.weights.size(), 12u);
}

TEST(FollowerBlock, HoldsAHubFollowedByEverybody) {
  constexpr std::uint32_t kReceivers = 1'500'000;
  FollowerLists lists;
  lists.counts.assign(64, 1);
  lists.counts[63] = kReceivers;
  lists.followers.assign(63, kReceivers - 1);
  for (std::uint32_t i = 0; i < kReceivers; ++i) lists.followers.push_back(i);
  const std::string bytes = Encoded(lists);
  EXPECT_LT(bytes.size(), kReceivers * 5 / 4 + 400) << "gaps of 0 take a byte and two bits";
  FollowerLists decoded;
  ASSERT_TRUE(DecodeFollowerBlock(bytes, kReceivers, kPlain, decoded).ok());
  ExpectSameLinks(lists, decoded);
}

TEST(FollowerBlock, HoldsTheLargestIds) {
  const FollowerLists lists{.counts = {3}, .followers = {0, 1, 0xFFFFFFFD}, .kinds = {}, .weights = {}};
  FollowerLists decoded;
  ASSERT_TRUE(DecodeFollowerBlock(Encoded(lists), 0xFFFFFFFE, kPlain, decoded).ok());
  ExpectSameLinks(lists, decoded);
  ExpectRefused(Encoded(lists), 0xFFFFFFFD, kPlain);
}

TEST(FollowerBlock, ThatIsTooLargeToBeStoredIsRefused) {
  EXPECT_TRUE(CheckFollowerBlockBytes(limits::kBlockBytesMax).ok());
  const absl::Status status = CheckFollowerBlockBytes(limits::kBlockBytesMax + 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(status.message()), HasSubstr("use more shards"));
}

TEST(FollowerBlock, RefusesFollowersOutsideTheShard) {
  const std::string bytes = Encoded(SmallLists(kPlain));
  FollowerLists lists;
  EXPECT_TRUE(DecodeFollowerBlock(bytes, 10, kPlain, lists).ok());
  const absl::Status status = DecodeFollowerBlock(bytes, 9, kPlain, lists);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("outside the shard's range"));
}

TEST(FollowerBlock, RefusesColumnsTheGraphDoesNotHave) {
  const LinkColumns all[] = {kPlain, kKinds, kWeights, kBoth};
  for (const LinkColumns written : all) {
    for (const LinkColumns expected : all) {
      if (written == expected) continue;
      ExpectRefused(Encoded(SmallLists(written)), 10, expected);
    }
  }
}

TEST(FollowerBlock, RefusesEveryTruncationAndEveryChangedByte) {
  for (const LinkColumns columns : {kPlain, kKinds, kWeights, kBoth}) {
    TestRandom random(21);
    for (const FollowerLists& lists : {SmallLists(columns), RandomLists(random, 30, columns)}) {
      const std::string bytes = Encoded(lists);
      ForEachTruncation(bytes, [&](std::string_view part) { ExpectRefused(part, 30, columns); });
      ForEachByteChange(bytes, [&](std::string_view damaged) { ExpectRefused(damaged, 30, columns); });
      ExpectRefused(bytes + '\0', 30, columns);
    }
  }
}

TEST(FollowerBlock, NeverYieldsBrokenListsWhenTheChecksumFits) {
  for (const LinkColumns columns : {kPlain, kBoth}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      SCOPED_TRACE(absl::StrCat("seed ", seed));
      TestRandom random(seed);
      const std::string bytes = Encoded(RandomLists(random, 40, columns));
      if (bytes.empty()) continue;
      const auto check = [&](std::string_view damaged) {
        if (damaged.size() < 4) return;
        std::string block(damaged);
        RepairChecksum(block);
        WithExactCopy(block, [&](std::string_view copy) { ExpectValidOrRefused(copy, 40, columns); });
      };
      ForEachTruncation(bytes, check);
      ForEachBitFlip(bytes, check);
    }
  }
}

TEST(FollowerBlock, HoldsSeveralKindsOfLinkBetweenOnePair) {
  const FollowerLists lists{.counts = {3}, .followers = {4, 4, 9}, .kinds = {1, 2, 1}, .weights = {}};
  FollowerLists decoded;
  ASSERT_TRUE(DecodeFollowerBlock(Encoded(lists), 10, kKinds, decoded).ok());
  EXPECT_EQ(decoded.followers, lists.followers);
  EXPECT_EQ(decoded.kinds, lists.kinds);
  const FollowerLists twice{.counts = {2}, .followers = {4, 4}, .kinds = {2, 2}, .weights = {}};
  ExpectRefused(Encoded(twice), 10, kKinds);
}

// A weight of more would be a probability above 1.
TEST(FollowerBlock, RefusesWeightsAboveOne) {
  FollowerLists lists{.counts = {2}, .followers = {4, 9}, .kinds = {}, .weights = {0, kLinkWeightOne}};
  FollowerLists decoded;
  ASSERT_TRUE(DecodeFollowerBlock(Encoded(lists), 10, kWeights, decoded).ok());
  EXPECT_EQ(decoded.weights, lists.weights);
  ++lists.weights[1];
  ExpectRefused(Encoded(lists), 10, kWeights);
  EXPECT_THAT(DecodeFollowerBlock(Encoded(lists), 10, kWeights, decoded).ToString(),
              HasSubstr("at most 2147483648, found 2147483649"));
}

TEST(FollowerBlock, DoesNotTrustACountOfBillions) {
  std::string block("\x01\x00\x01\0\0\0\0\0\0\0", 10);
  block += std::string("\x03\xFF\xFF\xFF\xFF", 5);  // 2^32 followers of one source
  block += std::string(40, '\0');
  RepairChecksum(block);
  ExpectRefused(block, 1000, kPlain);
}

TEST(FollowerBlock, SaysWhatIsWrong) {
  FollowerLists lists;
  std::string bytes = Encoded(SmallLists(kPlain));
  bytes[4] = static_cast<char>(bytes[4] ^ 1);
  EXPECT_THAT(DecodeFollowerBlock(bytes, 10, kPlain, lists).ToString(), HasSubstr("checksum"));
  bytes[0] = 2;
  RepairChecksum(bytes);
  EXPECT_THAT(DecodeFollowerBlock(bytes, 10, kPlain, lists).ToString(),
              HasSubstr("expected version 1, found 2"));
  EXPECT_THAT(DecodeFollowerBlock("short", 10, kPlain, lists).ToString(), HasSubstr("only 5 bytes"));
}

}  // namespace
}  // namespace lawine
