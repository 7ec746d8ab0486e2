#include "engine/base/digest.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

constexpr std::uint64_t kWordMax = ~std::uint64_t{0};

Digest Sum(const std::vector<Digest>& terms) {
  Digest sum;
  for (const Digest& term : terms) sum += term;
  return sum;
}

std::vector<Digest> TermsOf(const DigestLane& lane, std::uint64_t first, std::uint64_t count) {
  std::vector<Digest> terms;
  for (std::uint64_t key = first; key < first + count; ++key) terms.push_back(lane.Term(key));
  return terms;
}

std::pair<std::uint64_t, std::uint64_t> Words(const Digest& digest) { return {digest.high, digest.low}; }

TEST(DigestVectors, AreThoseOfTheReference) {
#define TRANSITION_TERM(message, replica, step, event, value, key, high, low)                         \
  EXPECT_EQ(DigestLane(message, replica, step, static_cast<TransitionEvent>(event), value).Term(key), \
            (Digest{high, low}));
#define LINK_TERM(kind, weight, source, receiver, high, low) \
  EXPECT_EQ(DigestLane::ForLinks(kind, weight).ForSource(source).Term(receiver), (Digest{high, low}));
#define MEMBER_TERM(key, high, low) EXPECT_EQ(DigestLane::ForMembers().Term(key), (Digest{high, low}));
#define MEMBERS_SUM(count, hex) EXPECT_EQ(Sum(TermsOf(DigestLane::ForMembers(), 0, count)).ToHex(), hex);
#include "tests/base/reference_vectors.inc"
}

TEST(DigestSum, CarriesIntoTheHighWordAndWrapsAround) {
  Digest digest{.high = 0, .low = kWordMax};
  digest += {.high = 0, .low = 1};
  EXPECT_EQ(digest, (Digest{.high = 1, .low = 0}));
  digest += {.high = 0, .low = kWordMax};
  EXPECT_EQ(digest, (Digest{.high = 1, .low = kWordMax}));
  digest += {.high = kWordMax, .low = kWordMax};
  EXPECT_EQ(digest, (Digest{.high = 1, .low = kWordMax - 1}));
  digest += {.high = kWordMax - 1, .low = 2};
  EXPECT_EQ(digest, (Digest{.high = 0, .low = 0}));
}

TEST(DigestSum, AgreesWith128BitIntegers) {
  TestRandom random(128);
  Digest digest;
  unsigned __int128 expected = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Digest term{.high = random.Next(), .low = random.Next()};
    digest += term;
    expected += static_cast<unsigned __int128>(term.high) << 64 | term.low;
    ASSERT_EQ(digest,
              (Digest{static_cast<std::uint64_t>(expected >> 64), static_cast<std::uint64_t>(expected)}))
        << "seed 128, case " << i;
  }
}

TEST(DigestSum, IsTheSameInAnyOrderAndAnyParts) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    TestRandom random(seed);
    std::vector<Digest> terms = TermsOf(DigestLane(seed, 1, 2, TransitionEvent::kReceipt), 0, 3000);
    const Digest in_order = Sum(terms);
    for (std::size_t i = terms.size(); i > 1; --i) std::swap(terms[i - 1], terms[random.Below(i)]);
    EXPECT_EQ(Sum(terms), in_order);
    std::vector<Digest> parts(7);
    for (const Digest& term : terms) parts[random.Below(parts.size())] += term;
    EXPECT_EQ(Sum(parts), in_order);
  }
}

TEST(DigestSum, SeesEveryMissingAddedOrChangedTransition) {
  const DigestLane lane(1, 2, 3, TransitionEvent::kForward);
  const Digest whole = Sum(TermsOf(lane, 0, 1000));
  std::set<std::pair<std::uint64_t, std::uint64_t>> others = {Words(whole)};
  for (std::uint64_t dropped = 0; dropped < 1000; ++dropped) {
    std::vector<Digest> terms = TermsOf(lane, 0, 1000);
    terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(dropped));
    EXPECT_TRUE(others.insert(Words(Sum(terms))).second) << "without " << dropped;
    terms.push_back(lane.Term(1000 + dropped));
    EXPECT_TRUE(others.insert(Words(Sum(terms))).second) << "another member for " << dropped;
  }
}

TEST(DigestLanes, EveryPartOfATransitionCounts) {
  constexpr auto kReceipt = TransitionEvent::kReceipt;
  std::set<std::pair<std::uint64_t, std::uint64_t>> terms;
  terms.insert(Words(DigestLane(1, 2, 3, kReceipt, 4).Term(5)));
  terms.insert(Words(DigestLane(9, 2, 3, kReceipt, 4).Term(5)));
  terms.insert(Words(DigestLane(1, 9, 3, kReceipt, 4).Term(5)));
  terms.insert(Words(DigestLane(1, 2, 9, kReceipt, 4).Term(5)));
  terms.insert(Words(DigestLane(1, 2, 3, TransitionEvent::kForward, 4).Term(5)));
  terms.insert(Words(DigestLane(1, 2, 3, kReceipt, 9).Term(5)));
  terms.insert(Words(DigestLane(1, 2, 3, kReceipt, 4).Term(9)));
  terms.insert(Words(DigestLane(2, 1, 3, kReceipt, 4).Term(5)));
  terms.insert(Words(DigestLane::ForMembers().Term(5)));
  EXPECT_EQ(terms.size(), 9u);
}

TEST(DigestLanes, LinksHaveADirectionAKindAndAWeight) {
  const auto term = [](std::uint64_t kind, std::uint64_t weight, std::uint64_t from, std::uint64_t to) {
    return Words(DigestLane::ForLinks(kind, weight).ForSource(from).Term(to));
  };
  const std::set<std::pair<std::uint64_t, std::uint64_t>> terms = {
      term(0, 0, 1, 2), term(0, 0, 2, 1), term(1, 0, 1, 2), term(0, 1, 1, 2), term(0, 0, 1, 3)};
  EXPECT_EQ(terms.size(), 5u);
}

TEST(DigestHex, RoundTrips) {
  EXPECT_EQ(Digest{}.ToHex(), std::string(32, '0'));
  EXPECT_EQ((Digest{.high = 0x0123456789ABCDEF, .low = 0xFEDC}).ToHex(), "0123456789abcdef000000000000fedc");
  TestRandom random(3);
  for (int i = 0; i < 1000; ++i) {
    const Digest digest{.high = random.AnySize(64), .low = random.AnySize(64)};
    const auto parsed = Digest::FromHex(digest.ToHex());
    ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
    ASSERT_EQ(*parsed, digest) << "seed 3, case " << i;
  }
}

TEST(DigestHex, RefusesAnythingElse) {
  const std::string good = "0123456789abcdef0123456789abcdef";
  ASSERT_TRUE(Digest::FromHex(good).ok());
  for (const std::string& bad :
       {std::string(), good.substr(1), good + "0", absl::StrCat("0x", good.substr(2)),
        absl::StrCat("-", good.substr(1)), absl::StrCat(" ", good.substr(1)), good.substr(0, 31) + "g",
        good.substr(0, 15) + "+" + good.substr(16), std::string(32, '\0')}) {
    const auto parsed = Digest::FromHex(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(parsed.status().message()), testing::HasSubstr("32 hex digits"));
  }
}

}  // namespace
}  // namespace lawine
