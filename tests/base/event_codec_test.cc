#include "engine/base/event_codec.h"

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

using Ids = std::vector<MemberId>;

constexpr MemberId kSentinel{123456};

// Ids of `range` from their places in it.
Ids Members(MemberRange range, const std::vector<std::uint32_t>& places) {
  Ids ids;
  for (const std::uint32_t place : places) ids.push_back(MemberId(range.first.value + place));
  return ids;
}

// What arrives when every payload of `ids` is decoded, in order.
Ids SentAndReceived(const Ids& ids, MemberRange range) {
  Ids received;
  std::uint64_t announced = 0;
  for (const EventPayload& payload : EncodeEvents(ids, range)) {
    EXPECT_LE(payload.bytes.size(), limits::kFramePayloadBytesMax);
    EXPECT_GT(payload.events_count, 0u);
    announced += payload.events_count;
    const absl::Status status = DecodeEvents(payload.bytes, range, payload.events_count, received);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  EXPECT_EQ(announced, ids.size());
  return received;
}

// Decoding gives `count` ascending ids of the range, or fails and leaves the output alone.
void ExpectValidOrRefused(std::string_view payload, MemberRange range, std::uint32_t count) {
  Ids ids = {kSentinel};
  const absl::Status status = DecodeEvents(payload, range, count, ids);
  ASSERT_EQ(ids.front(), kSentinel);
  if (!status.ok()) {
    ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss);
    ASSERT_EQ(ids.size(), 1u);
    return;
  }
  ids.erase(ids.begin());
  ASSERT_EQ(ids.size(), count);
  ASSERT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  ASSERT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
  ASSERT_TRUE(std::all_of(ids.begin(), ids.end(), [&](MemberId id) { return range.Contains(id); }));
}

void ExpectRefused(std::string_view payload, MemberRange range, std::uint32_t count) {
  Ids ids = {kSentinel};
  EXPECT_FALSE(DecodeEvents(payload, range, count, ids).ok());
  EXPECT_EQ(ids, Ids{kSentinel});
}

TEST(MemberRange, ContainsItsMembersOnly) {
  const MemberRange range{MemberId(100), 10};
  EXPECT_EQ(range.end(), 110u);
  EXPECT_TRUE(range.Contains(MemberId(100)));
  EXPECT_TRUE(range.Contains(MemberId(109)));
  EXPECT_FALSE(range.Contains(MemberId(99)));
  EXPECT_FALSE(range.Contains(MemberId(110)));
  EXPECT_FALSE(MemberRange().Contains(MemberId(0)));
}

TEST(EventCodec, SendsNothingForNothing) { EXPECT_TRUE(EncodeEvents({}, {MemberId(5), 100}).empty()); }

TEST(EventCodec, WritesTheDocumentedBytes) {
  const MemberRange range{MemberId(1000), 2000};
  const auto sorted = EncodeEvents(Members(range, {0, 1, 130}), range);
  ASSERT_EQ(sorted.size(), 1u);
  EXPECT_EQ(sorted[0].bytes, std::string("\0\0\0\x80\x01", 5));
  std::vector<std::uint32_t> all_of_second_word;
  for (std::uint32_t i = 64; i < 128; ++i) all_of_second_word.push_back(i);
  const auto bitmap = EncodeEvents(Members(range, all_of_second_word), range);
  ASSERT_EQ(bitmap.size(), 1u);
  EXPECT_EQ(bitmap[0].bytes, "\x01\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF");
}

TEST(EventCodec, RoundTripsAtEveryDensity) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    TestRandom random(seed);
    const auto count = static_cast<std::uint32_t>(1 + random.AnySize(17));
    const MemberRange range{MemberId(static_cast<std::uint32_t>(random.AnySize(31))), count};
    for (const std::uint64_t per_mille : {0, 1, 10, 60, 125, 300, 500, 900, 1000}) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, ", ", count, " members, ", per_mille, " per mille"));
      const Ids ids = Members(range, random.Subset(count, per_mille, 1000));
      ASSERT_EQ(SentAndReceived(ids, range), ids);
    }
  }
}

TEST(EventCodec, RoundTripsSingleMembersAtTheEdges) {
  for (const std::uint32_t first : {0u, 1u, 64u, 4'000'000'000u}) {
    for (const std::uint32_t count : {1u, 63u, 64u, 65u, 1'000'000u}) {
      const MemberRange range{MemberId(first), count};
      EXPECT_EQ(SentAndReceived(Members(range, {0}), range), Members(range, {0}));
      EXPECT_EQ(SentAndReceived(Members(range, {count - 1}), range), Members(range, {count - 1}));
    }
  }
  const MemberRange last{MemberId(limits::kMembersMax - 10), 10};
  EXPECT_EQ(SentAndReceived(Members(last, {0, 9}), last), Members(last, {0, 9}));
  const MemberRange everything{MemberId(0), limits::kMembersMax};
  const Ids ends = {MemberId(0), MemberId(limits::kMembersMax - 1)};
  EXPECT_EQ(SentAndReceived(ends, everything), ends);
}

TEST(EventCodec, UsesTheSmallerCode) {
  const MemberRange range{MemberId(0), 100'000};
  TestRandom random(4);
  const auto size_of = [&](std::uint64_t per_mille) {
    return EncodeEvents(Members(range, random.Subset(range.count, per_mille, 1000)), range)
        .front()
        .bytes.size();
  };
  EXPECT_LT(size_of(10), 1400u);               // about 1,000 events of one or two bytes
  EXPECT_LE(size_of(500), 100'000u / 8 + 16);  // a bit a member
  EXPECT_LE(size_of(1000), 100'000u / 8 + 16);
}

TEST(EventCodec, SplitsRangesLargerThanOneFrame) {
  const MemberRange range{MemberId(77), 20'000'000};
  for (const std::uint64_t per_mille : {1, 30, 125, 1000}) {
    SCOPED_TRACE(absl::StrCat("seed 8, ", per_mille, " per mille"));
    TestRandom random(8);
    const Ids ids = Members(range, random.Subset(range.count, per_mille, 1000));
    ASSERT_EQ(SentAndReceived(ids, range), ids);
  }
}

TEST(EventCodec, SplitsSetsThatAreDenseInOnePartAndSparseInAnother) {
  const MemberRange range{MemberId(3), 60'000'000};
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    TestRandom random(seed);
    std::vector<std::uint32_t> places;
    for (std::uint32_t place = 0; place < range.count;) {
      const std::uint64_t gap_max = random.OneIn(2) ? 1 : 1 + random.AnySize(14);
      for (int i = 0; i < 100'000 && place < range.count; ++i) {
        places.push_back(place);
        place += static_cast<std::uint32_t>(1 + random.Below(gap_max));
      }
    }
    const Ids ids = Members(range, places);
    ASSERT_EQ(SentAndReceived(ids, range), ids);
  }
}

TEST(EventCodec, AcceptsNoDamageThatIsNotAnotherValidSet) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    TestRandom random(seed);
    const MemberRange range{MemberId(static_cast<std::uint32_t>(random.AnySize(20))),
                            static_cast<std::uint32_t>(1 + random.Below(400))};
    const Ids ids = Members(range, random.Subset(range.count, 1 + random.Below(100), 100));
    for (const EventPayload& payload : EncodeEvents(ids, range)) {
      const std::uint32_t count = payload.events_count;
      ForEachTruncation(payload.bytes, [&](std::string_view part) { ExpectRefused(part, range, count); });
      ForEachBitFlip(payload.bytes,
                     [&](std::string_view bytes) { ExpectValidOrRefused(bytes, range, count); });
      ExpectRefused(payload.bytes, range, count + 1);
      ExpectRefused(payload.bytes, range, count - 1);
      ExpectRefused(payload.bytes, range, 0xFFFFFFFF);
      ExpectRefused(payload.bytes, {range.first, ids.back().value - range.first.value}, count);
    }
  }
}

TEST(EventCodec, RefusesHandMadeNonsense) {
  const MemberRange range{MemberId(10), 100};
  ExpectRefused("", range, 0);
  ExpectRefused("", range, 1);
  ExpectRefused("\x02\x01", range, 1);                    // no such code
  ExpectRefused(std::string("\0\x64", 2), range, 1);      // place 100 of 0..99
  ExpectRefused(std::string("\0\0\x63", 3), range, 2);    // the gap leads outside
  ExpectRefused(std::string("\0\x63\0", 3), range, 2);    // another after the last member
  ExpectRefused(std::string("\0\x01\x01", 3), range, 1);  // bytes left over
  ExpectRefused(std::string("\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11), range, 1);  // wraps around
  ExpectRefused(std::string("\x01\0\x01\0\0\0\0\0\0", 9), range, 1);       // seven of eight bytes
  ExpectRefused(std::string("\x01\x02\x01\0\0\0\0\0\0\0", 10), range, 1);  // words 0 and 1 are all there are
  ExpectRefused(std::string("\x01\x01\0\0\0\0\x10\0\0\0", 10), range, 1);  // bit 36 of word 1 is place 100
  ExpectRefused(std::string("\0\0", 2), {MemberId(10), 0}, 1);             // an empty range
}

TEST(EventCodec, SurvivesRandomBytes) {
  TestRandom random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = random.Bytes(random.Below(40));
    if (!bytes.empty()) bytes[0] = static_cast<char>(random.Below(3));
    const MemberRange range{MemberId(random.U32() >> 1), static_cast<std::uint32_t>(random.AnySize(31))};
    const auto count = static_cast<std::uint32_t>(random.Below(60));
    SCOPED_TRACE(absl::StrCat("seed 11, case ", i));
    WithExactCopy(bytes, [&](std::string_view copy) { ExpectValidOrRefused(copy, range, count); });
  }
}

}  // namespace
}  // namespace lawine
