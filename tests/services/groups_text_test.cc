// Results by group and by person, as told and as text.
#include "services/cli/text/groups_text.h"

#include <string>
#include <tuple>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/text/text.h"
#include "services/coordinator/runs/group_result.h"

namespace lawine::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

std::vector<GroupRow> Rows(const GroupSpec& spec) {
  std::vector<GroupRow> rows(GroupsCount(spec));
  rows[kGroupNetworks + 1] = {
      .members = 20, .deliveries = 9, .reach = 6, .forwards = 2, .first_met = 4, .last_met = 1};
  rows[kGroupAccountKinds + 4] = {.members = 20, .deliveries = 9, .reach = 6, .forwards = 2};
  rows[kGroupCommunities + 1] = {.members = 8, .deliveries = 3, .reach = 4, .forwards = 1};
  rows[kGroupCommunities + 2] = {.members = 2, .deliveries = 0, .reach = 0, .forwards = 0};
  rows[kGroupCommunities + 3] = {.members = 10, .deliveries = 6, .reach = 2, .forwards = 1};
  return rows;
}

TEST(GroupResults, AreThoseWithMembersByName) {
  const GroupSpec spec{.communities = {5, 17}};
  const auto groups = GroupResults(Rows(spec), spec, 2, false);
  ASSERT_EQ(groups.size(), 5);
  EXPECT_EQ(groups[0].kind(), v1::GROUP_KIND_NETWORK);
  EXPECT_EQ(groups[0].name(), "hyves");
  EXPECT_EQ(groups[0].members(), 10u) << "of one replica";
  EXPECT_EQ(groups[0].unreached(), 14u) << "of both";
  EXPECT_FALSE(groups[0].has_first_met());
  EXPECT_EQ(groups[1].name(), "organisation");
  EXPECT_EQ(groups[2].name(), "17");
  EXPECT_EQ(groups[3].name(), "none");
  EXPECT_EQ(groups[4].name(), "others");
  EXPECT_EQ(GroupResults(Rows(spec), spec, 2, true)[0].last_met(), 1u);
}

v1::RunResult GroupsOfTwo() {
  const GroupSpec spec{.communities = {5, 17}};
  v1::RunResult result;
  result.mutable_scenario()->set_replicas(2);
  *result.mutable_groups() = GroupResults(Rows(spec), spec, 2, true);
  for (const char* const name : {"rumour", "answer"}) {
    v1::MessageResult& message = *result.add_messages();
    message.set_name(name);
    *message.mutable_groups() = result.groups();
  }
  return result;
}

TEST(GroupTables, HaveATableAKindAndFit) {
  const std::string text = GroupTables(GroupsOfTwo(), false);
  EXPECT_THAT(text, HasSubstr("sums over 2 replicas"));
  EXPECT_THAT(text,
              ContainsRegex("network +members +reached +reached % +deliveries +forwards +never reached\n"));
  EXPECT_THAT(text, ContainsRegex("hyves +10 +6 +30\\.00 +9 +2 +14\n"));
  EXPECT_THAT(text, ContainsRegex("met first, by network +rumour +answer\nhyves +4 +4\n"));
  EXPECT_THAT(text, ContainsRegex("met last, by network +rumour +answer\nhyves +1 +1\n"));
  for (const absl::string_view line : absl::StrSplit(text, '\n')) EXPECT_LE(line.size(), kTextWidth) << line;
  EXPECT_EQ(GroupTables(v1::RunResult(), false), "");
}

TEST(BesideReach, TellsPeopleFromAccountsAndLinksWonFromLost) {
  v1::RunResult result;
  EXPECT_EQ(BesideReach(result), "");
  result.mutable_totals()->set_reach(1'200);
  result.mutable_totals()->set_people(1'000);
  EXPECT_EQ(BesideReach(result), "The 1,200 accounts reached are 1,000 people's.");
  result.mutable_totals()->clear_people();
  result.mutable_totals()->set_follows(1);
  result.mutable_totals()->set_unfollows(5);
  EXPECT_EQ(BesideReach(result), "It won 1 follower and lost 5 links.");
}

TEST(BesideReach, TellsLinksOfEveryMessageAndTogether) {
  v1::RunResult result;
  result.mutable_scenario()->set_replicas(2);
  for (const auto& [name, follows, unfollows] : {std::tuple("post 1", 4, 37), std::tuple("post 2", 1, 30)}) {
    v1::MessageResult& message = *result.add_messages();
    message.set_name(name);
    message.mutable_totals()->set_follows(static_cast<std::uint64_t>(follows));
    message.mutable_totals()->set_unfollows(static_cast<std::uint64_t>(unfollows));
  }
  result.add_messages()->set_name("answer");  // to which nobody reacts
  EXPECT_EQ(
      BesideReach(result),
      "post 1 won 4 followers and lost 37 links; post 2 won 1 follower and lost 30 links; together they won "
      "5 followers and lost 67 links in all replicas together.");
}

TEST(NetworkRules, SayWhatChanges) {
  v1::Scenario scenario;
  EXPECT_EQ(NetworkRules(scenario), "");
  scenario.mutable_message()->set_kind("news");
  scenario.mutable_growth()->set_new_links(0.01);
  scenario.mutable_growth()->set_mutual(true);
  scenario.mutable_growth()->set_members_at_start(0.1);
  scenario.mutable_growth()->set_joining(0.05);
  scenario.mutable_model()->mutable_reactions()->set_unfollow(0.02);
  EXPECT_EQ(
      NetworkRules(scenario),
      "10% of members are there at first. At every step 1% of members get a new friend, 5% of those not yet "
      "there join. Because of news 2% of deliveries make the receiver unfollow.");
}

TEST(NetworkRules, TellOnceWhatMessagesHaveInCommon) {
  v1::Scenario scenario;
  scenario.mutable_message()->set_kind("news");
  scenario.mutable_model()->mutable_reactions()->set_unfollow(0.02);
  for (const auto& [name, unfollow] : {std::pair("more", 0.02), std::pair("most", 0.03)}) {
    v1::FurtherMessage& message = *scenario.add_messages();
    message.set_name(name);
    message.mutable_model()->mutable_reactions()->set_unfollow(unfollow);
  }
  EXPECT_EQ(
      NetworkRules(scenario),
      "Because of each of news, more 2% of deliveries make the receiver unfollow. Because of most 3% of "
      "deliveries make the receiver unfollow.");
}

}  // namespace
}  // namespace lawine::cli
