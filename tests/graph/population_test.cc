// Populations of several networks: who owns what, and the links between accounts of one person.
#include "engine/graph/population.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/thread_pool.h"
#include "engine/graph/generator.h"
#include "engine/graph/generator_block.h"
#include "engine/graph/link_kind.h"
#include "engine/graph/preset.h"
#include "engine/graph/profile.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using testing::HasSubstr;

TEST(KeyedOrderTest, IsABijectionWithItsInverse) {
  for (const std::uint32_t size : {1u, 2u, 3u, 4u, 64u, 97u, 1'000u, 30'030u}) {
    const KeyedOrder order(GeneratorLane(5, GeneratorCoin::kPersons).ForSource(size), size);
    std::vector<bool> seen(size);
    for (std::uint32_t i = 0; i < size; ++i) {
      const std::uint32_t value = order.At(i);
      ASSERT_LT(value, size);
      EXPECT_FALSE(seen[value]);
      seen[value] = true;
      EXPECT_EQ(order.IndexOf(value), i);
    }
  }
  const KeyedOrder large(GeneratorLane(5, GeneratorCoin::kPersons), 4'294'967'295u);
  for (const std::uint32_t i : {0u, 1u, 4'000'000'000u, 4'294'967'294u})
    EXPECT_EQ(large.IndexOf(large.At(i)), i);
}

PersonPlanOptions Options() {
  return {.graph_seed = 3,
          .base_accounts = 10'000,
          .active_ppm = 400'000,
          .others = {{.accounts = 2'000, .in_base_ppm = 700'000}, {.accounts = 500, .in_base_ppm = 600'000}}};
}

TEST(PersonPlanTest, AllAccountsOfAPersonAgree) {
  const PersonPlan plan = PersonPlan::Make(Options()).value();
  std::map<std::size_t, std::uint32_t> persons_by_accounts;
  for (std::uint32_t a = 0; a < 12'500; ++a) {
    const PersonPlan::Accounts accounts = plan.AccountsOf(MemberId(a));
    const auto span = accounts.span();
    EXPECT_TRUE(std::is_sorted(span.begin(), span.end()));
    EXPECT_EQ(std::count(span.begin(), span.end(), MemberId(a)), 1);
    for (const MemberId other : span) {
      const PersonPlan::Accounts theirs = plan.AccountsOf(other);
      EXPECT_TRUE(std::equal(span.begin(), span.end(), theirs.span().begin(), theirs.span().end()));
    }
    persons_by_accounts[span.size()] += span[0].value == a;
  }
  // 1,400 and 300 accounts belong to members of the base; some persons have both.
  const std::uint32_t both = persons_by_accounts[3];
  EXPECT_EQ(persons_by_accounts[2] + 2 * both, 1'700u);
  EXPECT_NEAR(both, 300 * 1'400 / 4'000.0, 75);  // as many as chance gives within the active part
}

TEST(PersonPlanTest, OverlapsOfNothingAndOfEverything) {
  PersonPlanOptions options = Options();
  for (auto& network : options.others) network.in_base_ppm = 0;
  const PersonPlan none = PersonPlan::Make(options).value();
  for (std::uint32_t a = 0; a < 12'500; ++a) EXPECT_EQ(none.AccountsOf(MemberId(a)).count, 1u);
  options.active_ppm = 200'000;  // 2,000, all of whom are in the first network
  for (auto& network : options.others) network.in_base_ppm = kMillion;
  const PersonPlan all = PersonPlan::Make(options).value();
  for (std::uint32_t a = 10'000; a < 12'000; ++a) EXPECT_GE(all.AccountsOf(MemberId(a)).count, 2u);
  for (std::uint32_t a = 12'000; a < 12'500; ++a) EXPECT_EQ(all.AccountsOf(MemberId(a)).count, 3u);
  options.active_ppm = 199'000;
  EXPECT_EQ(PersonPlan::Make(options).status().code(), absl::StatusCode::kInvalidArgument);
}

class PopulationTest : public testing::Test {
 protected:
  PopulationTest() {
    ThreadPool pool(2);
    source_ =
        MakeGenerator(
            {.preset = "nl-2009", .members = 30'000, .links_per_member_milli = 15'000, .graph_seed = 2}, pool)
            .value();
    source_->Profiles({MemberId(0), source_->members_count()}, members_);
  }
  struct Link {
    std::uint32_t from = 0, to = 0;
    std::uint8_t kind = 0;
    friend auto operator<=>(const Link&, const Link&) = default;
  };
  std::vector<Link> LinksInside(MemberRange receivers) const {
    std::vector<Link> links;
    FollowerLists lists;
    for (std::uint32_t c = 0; c < source_->chunks_count(); ++c) {
      const MemberRange sources = source_->chunk(c);
      EXPECT_EQ(sources.first.value % limits::kSourcesPerBlock, 0u);
      EXPECT_TRUE(source_->FollowersInside(c, receivers, lists).ok());
      EXPECT_EQ(lists.counts.size(), sources.count);
      std::size_t at = 0;
      for (std::uint32_t i = 0; i < sources.count; ++i) {
        for (std::uint32_t f = 0; f < lists.counts[i]; ++f, ++at) {
          links.push_back(
              {sources.first.value + i, receivers.first.value + lists.followers[at], lists.kinds[at]});
        }
      }
      EXPECT_EQ(at, lists.followers.size());
    }
    return links;
  }

  std::shared_ptr<const LinkSource> source_;
  MemberColumns members_;
};

TEST_F(PopulationTest, LinksStayInTheirNetworkButForThoseOfOnePerson) {
  const std::vector<Link> links = LinksInside({MemberId(0), source_->members_count()});
  EXPECT_TRUE(std::is_sorted(links.begin(), links.end()));
  EXPECT_TRUE(std::adjacent_find(links.begin(), links.end()) == links.end());
  std::set<std::pair<std::uint32_t, std::uint32_t>> same_person;
  for (const Link& link : links) {
    if (link.kind == kLinkSamePerson) {
      EXPECT_EQ(members_.person[link.from], members_.person[link.to]);
      EXPECT_NE(members_.network[link.from], members_.network[link.to]);
      same_person.insert({link.from, link.to});
    } else {
      EXPECT_EQ(link.kind, kLinkFollow);
      EXPECT_EQ(members_.network[link.from], members_.network[link.to]);
    }
  }
  std::map<std::uint32_t, std::vector<std::uint32_t>> accounts;
  for (std::uint32_t m = 0; m < members_.size(); ++m) accounts[members_.person[m]].push_back(m);
  std::size_t expected = 0;
  for (const auto& [person, owned] : accounts) {
    EXPECT_EQ(person, owned.front());
    expected += owned.size() * (owned.size() - 1);
    for (const std::uint32_t a : owned) {
      for (const std::uint32_t b : owned) EXPECT_TRUE(a == b || same_person.contains({a, b}));
    }
  }
  EXPECT_EQ(same_person.size(), expected);
}

TEST_F(PopulationTest, RangesOfReceiversTakeTheLinksApart) {
  const std::uint32_t count = source_->members_count();
  std::vector<Link> together;
  for (const auto& [first, end] :
       {std::pair{0u, 5'000u}, {5'000u, 5'000u}, {5'000u, 22'001u}, {22'001u, count}}) {
    const std::vector<Link> part = LinksInside({MemberId(first), end - first});
    together.insert(together.end(), part.begin(), part.end());
  }
  std::sort(together.begin(), together.end());
  EXPECT_EQ(together, LinksInside({MemberId(0), count}));
}

TEST_F(PopulationTest, NetworksAndOverlapsHaveTheirShares) {
  std::map<std::uint8_t, std::uint32_t> accounts, in_hyves;
  for (std::uint32_t m = 0; m < members_.size(); ++m) {
    ++accounts[members_.network[m]];
    in_hyves[members_.network[m]] += members_.network[members_.person[m]] == kNetworkHyves;
  }
  EXPECT_NEAR(accounts[kNetworkHyves], 30'000 * 6.0 / 8.461, 64);
  EXPECT_NEAR(accounts[kNetworkFacebook], 30'000 * 1.3 / 8.461, 64);
  EXPECT_NEAR(accounts[kNetworkLinkedIn], 30'000 * .911 / 8.461, 64);
  EXPECT_NEAR(accounts[kNetworkTwitter], 30'000 * .25 / 8.461, 192);
  EXPECT_NEAR(in_hyves[kNetworkFacebook], accounts[kNetworkFacebook] * .7, 1);
  EXPECT_NEAR(in_hyves[kNetworkLinkedIn], accounts[kNetworkLinkedIn] * .6, 1);
  EXPECT_NEAR(in_hyves[kNetworkTwitter], accounts[kNetworkTwitter] * .6, 1);
  EXPECT_EQ(members_.person.size(), members_.size());
  // Communities of different networks are different ones.
  std::map<std::uint32_t, std::set<std::uint8_t>> networks;
  for (std::uint32_t m = 0; m < members_.size(); ++m)
    networks[members_.community[m]].insert(members_.network[m]);
  for (const auto& [community, of] : networks) EXPECT_EQ(of.size(), 1u) << community;
}

TEST_F(PopulationTest, ProfilesCoverAnyRange) {
  const std::uint32_t first = 21'000, count = 3'000;  // across networks
  MemberColumns some;
  source_->Profiles({MemberId(first), count}, some);
  ASSERT_EQ(some.size(), count);
  EXPECT_TRUE(std::equal(some.person.begin(), some.person.end(), members_.person.begin() + first));
  EXPECT_TRUE(std::equal(some.network.begin(), some.network.end(), members_.network.begin() + first));
  EXPECT_TRUE(std::equal(some.community.begin(), some.community.end(), members_.community.begin() + first));
}

TEST(PopulationSpecTest, OverlapsAreCheckedAndTold) {
  ThreadPool pool(1);
  const auto code = [&](const GeneratorSpec& spec) { return MakeGenerator(spec, pool).status().code(); };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code({.preset = "hyves", .members = 1'000, .overlaps = {.active_ppm = 1}}), kInvalid);
  EXPECT_EQ(code({.preset = "nl-2009", .members = 9'999}), kInvalid);
  EXPECT_EQ(code({.preset = "nl-2009", .members = 20'000, .overlaps = {.twitter_ppm = kMillion + 1}}),
            kInvalid);
  EXPECT_EQ(code({.preset = "nl-2009", .members = 20'000, .overlaps = {.active_ppm = 1'000}}), kInvalid);
  const GeneratorSpec spec = ResolveSpec({.preset = "nl-2009",
                                          .members = 20'000,
                                          .overlaps = {.facebook_ppm = 123'456, .active_ppm = 999'999}})
                                 .value();
  EXPECT_EQ(SpecOfOrigin(OriginOf(spec)), spec) << OriginOf(spec);
}

// What is accepted when a graph is made can be made.
TEST(PopulationSpecTest, ANetworkThatCannotBeIsRefusedBeforeAnybodyMakesIt) {
  const auto told = [](GeneratorSpec spec) {
    spec.preset = "nl-2009";
    const auto resolved = ResolveSpec(spec);
    EXPECT_TRUE(resolved.ok() || absl::IsInvalidArgument(resolved.status())) << resolved.status();
    return std::string(resolved.status().message());
  };
  EXPECT_EQ(told({}), "");
  EXPECT_EQ(told({.members = 10'000, .links_per_member_milli = 5'000}), "");
  EXPECT_THAT(
      told({.links_per_member_milli = 200}),
      HasSubstr("in 'nl-2009', twitter-nl: expected a mean of 0.1 to 10000 links per member, found 0.071"));
  EXPECT_THAT(told({.members = 10'000, .links_per_member_milli = 1'000'000}),
              HasSubstr("in 'nl-2009', facebook-nl: expected a mean of at most half of the other members"));
  EXPECT_THAT(told({.members = 20'000, .overlaps = {.active_ppm = 1'000}}),
              HasSubstr("expected an active part of the base"));
}

}  // namespace
}  // namespace lawine
