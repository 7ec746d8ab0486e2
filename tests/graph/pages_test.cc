// Pages and groups: who follows what is the same from either side, for any shards.
#include "engine/graph/pages.h"

#include <algorithm>
#include <set>

#include "engine/base/thread_pool.h"
#include "engine/graph/generator.h"
#include "engine/graph/profile.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

GeneratorSpec Spec() { return {.preset = "linkedin-nl", .members = 2'100, .pages = 70, .groups = 3}; }

std::shared_ptr<const LinkSource> Made(const GeneratorSpec& spec) {
  ThreadPool pool(1);
  return MakeGenerator(spec, pool).value();
}

// Followers of all members, asked of `shards` ranges.
std::vector<std::vector<std::uint32_t>> FollowersOf(const LinkSource& source, std::uint32_t shards) {
  std::vector<std::vector<std::uint32_t>> followers(source.members_count());
  for (std::uint32_t s = 0; s < shards; ++s) {
    const std::uint32_t first = source.members_count() * s / shards;
    const MemberRange range{MemberId(first), source.members_count() * (s + 1) / shards - first};
    for (std::uint32_t c = 0; c < source.chunks_count(); ++c) {
      FollowerLists lists;
      EXPECT_TRUE(source.FollowersInside(c, range, lists).ok());
      EXPECT_EQ(lists.counts.size(), source.chunk(c).count);
      std::size_t at = 0;
      for (std::uint32_t i = 0; i < lists.counts.size(); ++i) {
        auto& own = followers[source.chunk(c).first.value + i];
        for (std::uint32_t k = 0; k < lists.counts[i]; ++k) own.push_back(first + lists.followers[at++]);
      }
    }
  }
  return followers;
}

TEST(PagesTest, ComeAfterTheMembersOfWhomTheyHaveAShare) {
  const auto source = Made(Spec());
  EXPECT_EQ(source->members_count(), 2'048u + 73);
  const auto followers = FollowersOf(*source, 1);
  for (std::uint32_t page = 0; page < 70; ++page) {
    EXPECT_EQ(followers[2'048 + page].size(), std::max(2'048 / 50 / (page + 1), 10u)) << page;
  }
  EXPECT_EQ(followers[2'048 + 70].size(), 10u);
  for (std::uint32_t account = 2'048; account < source->members_count(); ++account) {
    const std::set<std::uint32_t> distinct(followers[account].begin(), followers[account].end());
    EXPECT_EQ(distinct.size(), followers[account].size());
    EXPECT_LT(*distinct.rbegin(), 2'048u) << "only members follow them";
  }
}

TEST(PagesTest, LeaveTheLinksOfMembersAsTheyAre) {
  GeneratorSpec without = Spec();
  without.members = 2'048;
  without.pages = without.groups = 0;
  auto all = FollowersOf(*Made(Spec()), 1);
  all.resize(2'048);
  EXPECT_EQ(all, FollowersOf(*Made(without), 1));
}

TEST(PagesTest, AreTheSameForAnyShards) {
  const auto source = Made(Spec());
  const auto followers = FollowersOf(*source, 1);
  for (const std::uint32_t shards : {2u, 5u, 9u}) EXPECT_EQ(FollowersOf(*source, shards), followers);
}

TEST(PagesTest, SayWhatTheyAre) {
  const auto source = Made(Spec());
  MemberColumns members;
  source->Profiles({MemberId(2'040), 81}, members);
  ASSERT_EQ(members.keys.size(), 81u);
  for (std::size_t i = 0; i < members.keys.size(); ++i) {
    const std::uint8_t kind = i < 8 ? kAccountPersonal : i < 78 ? kAccountPage : kAccountGroup;
    EXPECT_EQ(members.keys[i], 2'040 + i);
    EXPECT_EQ(members.account_kind[i], kind) << i;
    EXPECT_EQ(members.network[i], kNetworkLinkedIn);
  }
  EXPECT_EQ(members.community[80], kNoCommunity);
}

TEST(PagesTest, AreInTheOriginAndReadFromIt) {
  const GeneratorSpec spec = ResolveSpec(Spec()).value();
  EXPECT_EQ(spec.members, 2'048u);
  EXPECT_EQ(OriginOf(spec).substr(OriginOf(spec).size() - 20), ", 70 pages, 3 groups");
  EXPECT_EQ(SpecOfOrigin(OriginOf(spec)), spec);
  EXPECT_FALSE(SpecOfOrigin(" pages, ").has_value());
}

TEST(PagesTest, OfAPopulationOrTooManyAreRefused) {
  GeneratorSpec spec = Spec();
  spec.pages = kPagesMax + 1;
  EXPECT_EQ(ResolveSpec(spec).status().code(), absl::StatusCode::kInvalidArgument);
  spec = {.preset = "nl-2009", .pages = 1};
  EXPECT_EQ(ResolveSpec(spec).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace lawine
