// Changes as lines of text.
#include "services/cli/files/change_lines.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine::cli {
namespace {

using testing::HasSubstr;

std::string Problem(std::string_view text) { return std::string(ParseChanges(text).status().message()); }

TEST(ChangeLinesTest, EveryKindOfLineIsRead) {
  const auto changes = ParseChanges(
      "# Monday\n"
      "\n"
      "add 900 network=hyves account_kind=page community=3\r\n"
      "follow 900 17 mutual kind=group probability=0.25\n"
      "unfollow  17   4711\n"
      "follow\tJan de Wit\tPiet\n");
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_EQ(changes->size(), 4u);
  const v1::AddMember& added = (*changes)[0].add_member();
  EXPECT_EQ(added.id(), "900");
  EXPECT_EQ(added.network(), "hyves");
  EXPECT_EQ(added.account_kind(), "page");
  EXPECT_EQ(added.community(), 3u);
  const v1::Follow& follow = (*changes)[1].follow();
  EXPECT_EQ(follow.follower(), "900");
  EXPECT_EQ(follow.followee(), "17");
  EXPECT_TRUE(follow.mutual());
  EXPECT_EQ(follow.kind(), "group");
  EXPECT_EQ(follow.probability(), 0.25);
  EXPECT_EQ((*changes)[2].unfollow().follower(), "17");
  EXPECT_EQ((*changes)[2].unfollow().followee(), "4711");
  EXPECT_FALSE((*changes)[2].unfollow().mutual());
  EXPECT_EQ((*changes)[3].follow().follower(), "Jan de Wit");
  EXPECT_FALSE((*changes)[3].follow().has_probability());
}

TEST(ChangeLinesTest, WhatIsNoLineIsNamed) {
  EXPECT_THAT(Problem("add 1\nfolow 1 2\n"),
              HasSubstr("line 2: expected follow, unfollow or add, found 'folow'"));
  EXPECT_THAT(Problem("follow 1\n"), HasSubstr("line 1: expected two members"));
  EXPECT_THAT(Problem("add"), HasSubstr("expected a member"));
  EXPECT_THAT(Problem("follow 1 2 mutual=yes"), HasSubstr("did not expect 'mutual=yes'"));
  EXPECT_THAT(Problem("follow 1 2 mutual mutual"), HasSubstr("did not expect 'mutual'"));
  EXPECT_THAT(Problem("unfollow 1 2 probability=0.5"), HasSubstr("did not expect 'probability=0.5'"));
  EXPECT_THAT(Problem("follow 1 2 probability=half"), HasSubstr("expected a probability, found 'half'"));
  EXPECT_THAT(Problem("add 1 community=x"), HasSubstr("expected the number of a community"));
}

}  // namespace
}  // namespace lawine::cli
