#include "engine/graph/member_block.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using testing::HasSubstr;

enum class Keys { kCountUp, kListed };
enum class Names { kNone, kGiven };

MemberColumns RandomMembers(TestRandom& random, std::size_t count, Keys keys, Names names) {
  MemberColumns members;
  MemberKey key = random.AnySize(62);
  for (std::size_t i = 0; i < count; ++i) {
    members.keys.push_back(key);
    key += keys == Keys::kCountUp ? 1 : 1 + random.AnySize(52);
    members.audience.push_back(static_cast<std::uint32_t>(random.AnySize(32)));
    members.followees.push_back(static_cast<std::uint32_t>(random.AnySize(32)));
    members.community.push_back(static_cast<std::uint32_t>(random.AnySize(20)));
    members.network.push_back(static_cast<std::uint8_t>(random.Next()));
    members.account_kind.push_back(static_cast<std::uint8_t>(random.Next()));
    if (names == Names::kGiven) members.names.push_back(random.Bytes(random.Below(30)));
  }
  return members;
}

template <class T>
void AppendPart(const std::vector<T>& from, std::size_t first, std::size_t count, std::vector<T>& to) {
  if (from.empty()) return;
  const auto begin = from.begin() + static_cast<std::ptrdiff_t>(first);
  to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
}

MemberColumns Part(const MemberColumns& all, std::size_t first, std::size_t count) {
  MemberColumns part;
  AppendPart(all.keys, first, count, part.keys);
  AppendPart(all.audience, first, count, part.audience);
  AppendPart(all.followees, first, count, part.followees);
  AppendPart(all.community, first, count, part.community);
  AppendPart(all.network, first, count, part.network);
  AppendPart(all.account_kind, first, count, part.account_kind);
  AppendPart(all.names, first, count, part.names);
  return part;
}

void ExpectSame(const MemberColumns& a, const MemberColumns& b) {
  EXPECT_EQ(a.keys, b.keys);
  EXPECT_EQ(a.audience, b.audience);
  EXPECT_EQ(a.followees, b.followees);
  EXPECT_EQ(a.community, b.community);
  EXPECT_EQ(a.network, b.network);
  EXPECT_EQ(a.account_kind, b.account_kind);
  EXPECT_EQ(a.names, b.names);
  EXPECT_EQ(a.person, b.person);
}

void ExpectRefused(std::string_view bytes) {
  MemberColumns members;
  ASSERT_EQ(DecodeMemberBlock(bytes, members).code(), absl::StatusCode::kDataLoss);
}

void ExpectValidOrRefused(std::string_view bytes) {
  MemberColumns members;
  const absl::Status status = DecodeMemberBlock(bytes, members);
  if (!status.ok()) {
    ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss);
    return;
  }
  const std::size_t count = members.size();
  ASSERT_TRUE(std::is_sorted(members.keys.begin(), members.keys.end()));
  ASSERT_EQ(std::adjacent_find(members.keys.begin(), members.keys.end()), members.keys.end());
  for (const auto* column : {&members.audience, &members.followees, &members.community}) {
    ASSERT_EQ(column->size(), count);
  }
  ASSERT_EQ(members.network.size(), count);
  ASSERT_EQ(members.account_kind.size(), count);
  ASSERT_TRUE(members.names.empty() || members.names.size() == count);
}

// visit(seed, members) for random members of every shape, up to `count_max` of them.
template <class Visit>
void ForEachShape(std::size_t count_max, std::uint64_t seeds, Visit&& visit) {
  for (const Keys keys : {Keys::kCountUp, Keys::kListed}) {
    for (const Names names : {Names::kNone, Names::kGiven}) {
      for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(absl::StrCat("seed ", seed, ", listed ", keys == Keys::kListed, ", named ",
                                  names == Names::kGiven));
        TestRandom random(seed);
        visit(RandomMembers(random, 1 + random.Below(count_max), keys, names));
      }
    }
  }
}

TEST(MemberBlock, WritesTheDocumentedBytes) {
  const MemberColumns members{.keys = {200, 201},
                              .audience = {300, 1},
                              .followees = {2, 3},
                              .community = {4, 5},
                              .network = {6, 7},
                              .account_kind = {8, 9},
                              .names = {}};
  std::string expected("\x01\x00\x02\xC8\x01", 5);  // version, flags, 2 members, first key 200
  expected += std::string("\x01\x2C\x01\x01", 4);   // audience
  expected += std::string("\x00\x02\x03", 3);
  expected += std::string("\x00\x04\x05", 3);
  expected += "\x06\x07\x08\x09";
  ByteWriter(expected).U32(Crc32c(expected));
  EXPECT_EQ(EncodeMemberBlock(members, 0, 2), expected);
}

TEST(MemberBlock, RoundTripsEveryShape) {
  ForEachShape(limits::kMembersPerBlock, 10, [](const MemberColumns& members) {
    const std::string bytes = EncodeMemberBlock(members, 0, members.size());
    MemberColumns decoded;
    WithExactCopy(bytes, [&](std::string_view copy) {
      const absl::Status status = DecodeMemberBlock(copy, decoded);
      ASSERT_TRUE(status.ok()) << status.ToString();
    });
    ExpectSame(decoded, members);
  });
}

TEST(MemberBlock, PartsAppendToTheWhole) {
  ForEachShape(500, 5, [](const MemberColumns& members) {
    MemberColumns decoded;
    for (std::size_t first = 0; first < members.size(); first += 100) {
      const std::size_t count = std::min<std::size_t>(100, members.size() - first);
      const std::string bytes = EncodeMemberBlock(members, first, count);
      MemberColumns part;
      ASSERT_TRUE(DecodeMemberBlock(bytes, part).ok());
      ExpectSame(part, Part(members, first, count));
      ASSERT_TRUE(DecodeMemberBlock(bytes, decoded).ok());
    }
    ExpectSame(decoded, members);
  });
}

TEST(MemberBlock, PersonsFollowWhereSomeOwnSeveralAccounts) {
  ForEachShape(300, 3, [](MemberColumns members) {
    const std::string without = EncodeMemberBlock(members, 0, members.size());
    for (std::uint32_t i = 0; i < members.size(); ++i) members.person.push_back(i / 3);
    const std::string bytes = EncodeMemberBlock(members, 0, members.size());
    EXPECT_GT(bytes.size(), without.size());
    MemberColumns decoded;
    ASSERT_TRUE(DecodeMemberBlock(bytes, decoded).ok());
    ExpectSame(decoded, members);
    for (std::size_t size = 0; size < bytes.size(); ++size) ExpectRefused(bytes.substr(0, size));
  });
}

TEST(MemberBlock, StoresKeysThatCountUpInNoSpace) {
  TestRandom random(1);
  const MemberColumns up = RandomMembers(random, 1000, Keys::kCountUp, Names::kNone);
  MemberColumns listed = up;
  ++listed.keys.back();
  EXPECT_EQ(EncodeMemberBlock(up, 0, 1000).size() + 999, EncodeMemberBlock(listed, 0, 1000).size());
}

TEST(MemberBlock, KeysAloneAreABlockOfAnotherKind) {
  TestRandom random(8);
  for (const Keys keys : {Keys::kCountUp, Keys::kListed}) {
    const MemberColumns members = RandomMembers(random, 1 + random.Below(1024), keys, Names::kNone);
    const std::string block = EncodeKeyBlock(members.keys);
    std::vector<MemberKey> decoded;
    ASSERT_TRUE(DecodeKeyBlock(block, decoded).ok());
    EXPECT_EQ(decoded, members.keys);
    MemberColumns columns;
    EXPECT_FALSE(DecodeMemberBlock(block, columns).ok());
    EXPECT_FALSE(DecodeKeyBlock(EncodeMemberBlock(members, 0, members.size()), decoded).ok());
    for (std::size_t size = 0; size < std::min<std::size_t>(block.size(), 200); ++size)
      EXPECT_FALSE(DecodeKeyBlock(block.substr(0, size), decoded).ok());
  }
}

TEST(MemberBlock, HoldsTheLargestKeys) {
  MemberColumns members{.keys = {0, ~MemberKey{0}},
                        .audience = {0, ~0u},
                        .followees = {~0u, 0},
                        .community = {0, 0},
                        .network = {0, 255},
                        .account_kind = {255, 0},
                        .names = {"", std::string(256, 'x')}};
  MemberColumns decoded;
  ASSERT_TRUE(DecodeMemberBlock(EncodeMemberBlock(members, 0, 2), decoded).ok());
  ExpectSame(decoded, members);
}

TEST(MemberBlock, RefusesEveryTruncationAndEveryChangedByte) {
  ForEachShape(20, 2, [](const MemberColumns& members) {
    const std::string bytes = EncodeMemberBlock(members, 0, members.size());
    ForEachTruncation(bytes, ExpectRefused);
    ForEachByteChange(bytes, ExpectRefused);
    ExpectRefused(bytes + '\0');
  });
}

TEST(MemberBlock, NeverYieldsUnevenColumnsWhenTheChecksumFits) {
  const auto check = [](std::string_view damaged) {
    if (damaged.size() < 4) return;
    std::string block(damaged);
    RepairChecksum(block);
    WithExactCopy(block, ExpectValidOrRefused);
  };
  ForEachShape(20, 4, [&](const MemberColumns& members) {
    const std::string bytes = EncodeMemberBlock(members, 0, members.size());
    ForEachTruncation(bytes, check);
    ForEachBitFlip(bytes, check);
  });
}

TEST(MemberBlock, RefusesKeysThatWrapAround) {
  MemberColumns members{.keys = {5, 6},
                        .audience = {0, 0},
                        .followees = {0, 0},
                        .community = {0, 0},
                        .network = {0, 0},
                        .account_kind = {0, 0},
                        .names = {}};
  members.keys = {~MemberKey{0} - 1, ~MemberKey{0}};
  std::string block = EncodeMemberBlock(members, 0, 2);
  MemberColumns decoded;
  ASSERT_TRUE(DecodeMemberBlock(block, decoded).ok());
  block[3] = static_cast<char>(block[3] | 1);  // the first key is now the largest there is
  RepairChecksum(block);
  ExpectRefused(block);
}

TEST(MemberBlock, SaysWhatIsWrong) {
  TestRandom random(3);
  const MemberColumns members = RandomMembers(random, 3, Keys::kListed, Names::kNone);
  std::string block = EncodeMemberBlock(members, 0, 3);
  MemberColumns decoded;
  EXPECT_THAT(DecodeMemberBlock("short", decoded).ToString(), HasSubstr("only 5 bytes"));
  block[5] = static_cast<char>(block[5] ^ 1);
  EXPECT_THAT(DecodeMemberBlock(block, decoded).ToString(), HasSubstr("checksum"));
  block[0] = 9;
  RepairChecksum(block);
  EXPECT_THAT(DecodeMemberBlock(block, decoded).ToString(), HasSubstr("expected version 1, found 9"));
}

TEST(MemberBlock, RefusesUnknownFlags) {
  TestRandom random(3);
  std::string block = EncodeMemberBlock(RandomMembers(random, 3, Keys::kListed, Names::kNone), 0, 3);
  block[1] = static_cast<char>(block[1] | 4);
  RepairChecksum(block);
  ExpectRefused(block);
}

}  // namespace
}  // namespace lawine
