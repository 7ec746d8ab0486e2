// What a batch comes to, and what is refused.
#include "engine/store/graph_change.h"

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using testing::HasSubstr;

// Members 0 .. 9 with their ids for keys, in two shards; 3 follows 2, with a quarter where there are weights.
constexpr std::uint32_t kQuarter = 1u << 29;

GraphInfo Graph(LinkColumns columns = {}) {
  GraphInfo graph;
  graph.name = std::string("test");
  graph.links = 1;
  graph.columns = columns;
  graph.partition = PartitionMap::Even(10, 2);
  return graph;
}

ChangePlan Plan(LinkColumns columns = {}) {
  const std::uint32_t weight = columns.weights ? kQuarter : 0;
  return ChangePlan(Graph(columns), {{{MemberId(2), MemberId(3), 0}, {.there = true, .weight = weight}}});
}

MemberRef Member(std::uint32_t id) { return {id, MemberId(id)}; }

LinkEdit Follow(std::uint32_t source, std::uint32_t receiver) {
  return {.source = Member(source), .receiver = Member(receiver)};
}
LinkEdit Unfollow(std::uint32_t source, std::uint32_t receiver) {
  return {.source = Member(source), .receiver = Member(receiver), .there = false};
}

std::string Refusal(ChangePlan& plan, const LinkEdit& edit, absl::StatusCode code,
                    RefusedEdit::Part part = RefusedEdit::Part::kEnds) {
  std::optional<RefusedEdit> refused;
  const auto counts = plan.Add({.members = {}, .links = {Follow(7, 8), edit}}, &refused);
  EXPECT_EQ(counts.status().code(), code) << counts.status();
  EXPECT_TRUE(refused.has_value());
  EXPECT_EQ(refused.value_or(RefusedEdit()).place, 1u);
  EXPECT_EQ(refused.value_or(RefusedEdit()).part, part);
  EXPECT_TRUE(plan.empty()) << "what is refused leaves nothing behind";
  return std::string(counts.status().message());
}

TEST(GraphChangeTest, ChangesThatChangeNothingAreCounted) {
  ChangePlan plan = Plan();
  const auto counts =
      plan.Add({.members = {}, .links = {Follow(2, 3), Unfollow(3, 2), Follow(4, 5), Unfollow(4, 5)}});
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->unchanged, 2u);
  EXPECT_EQ(counts->links_added, 1u);
  EXPECT_EQ(counts->links_removed, 1u);
  EXPECT_TRUE(plan.empty());
}

TEST(GraphChangeTest, RecordsGoToWhomTheyConcern) {
  ChangePlan plan = Plan();
  const AddedMember member{.key = 900};
  const LinkEdit to_new{.source = Member(1), .receiver = {900, std::nullopt}};
  ASSERT_TRUE(plan.Add({.members = {member}, .links = {to_new, Unfollow(2, 3)}}).ok());
  const GraphInfo after = plan.After();
  EXPECT_EQ(after.graph_version, 2u);
  EXPECT_EQ(after.links, 1u);
  EXPECT_EQ(after.members(), 11u);
  EXPECT_EQ(after.added_members, 1u);
  EXPECT_EQ(after.identity(), Graph().digest);
  EXPECT_FALSE(plan.KeepsDenseKeys());
  const std::vector<ChangeRecord> records = plan.Records(5);
  ASSERT_EQ(records.size(), 2u);
  Digest sum = Graph().digest;
  for (const ChangeRecord& record : records) {
    EXPECT_EQ(record.members, std::vector<AddedMember>{member});
    EXPECT_EQ(record.graph_digest, after.digest);
    EXPECT_EQ(record.ticket, 5u);
    sum += record.shard_digest_added;
  }
  EXPECT_EQ(sum, after.digest);
  // Members 0 to 4 are the first shard's, 5 to 10 the second's.
  ASSERT_EQ(records[0].links.size(), 1u);
  EXPECT_EQ(records[0].links[0], (ChangedLink{MemberId(2), 3, 0, false, 0}));
  EXPECT_EQ(records[0].audiences, (std::vector<ChangedAudience>{{1, 1}, {2, -1}}));
  ASSERT_EQ(records[1].links.size(), 1u);
  EXPECT_EQ(records[1].links[0], (ChangedLink{MemberId(1), 5, 0, true, 0}));
  EXPECT_TRUE(records[1].audiences.empty());
}

TEST(GraphChangeTest, WhatAGraphCannotHoldIsRefused) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  ChangePlan plain = Plan();
  EXPECT_THAT(Refusal(plain, Follow(4, 4), kInvalid), HasSubstr("expected a link between two members"));
  EXPECT_THAT(Refusal(plain, {.source = {77, std::nullopt}, .receiver = Member(1)}, kInvalid),
              HasSubstr("no member with key 77"));
  LinkEdit kind = Follow(1, 2), weight = Follow(1, 2);
  kind.kind = 2;
  weight.weight = 5;
  EXPECT_THAT(Refusal(plain, kind, kInvalid, RefusedEdit::Part::kKind), HasSubstr("found kind group"));
  EXPECT_THAT(Refusal(plain, weight, kInvalid, RefusedEdit::Part::kWeight),
              HasSubstr("without a probability"));
  ChangePlan weighted = Plan({.weights = true});
  const auto refused = weighted.Add({.members = {}, .links = {Follow(1, 2)}});
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("expected a probability"));
}

TEST(GraphChangeTest, ConflictingWeightsAreRefused) {
  ChangePlan plan = Plan({.weights = true});
  LinkEdit same = Follow(2, 3), other = Follow(2, 3), again = Follow(2, 3);
  same.weight = kQuarter;
  other.weight = again.weight = kQuarter + 1;
  ASSERT_TRUE(plan.Add({.members = {}, .links = {same}}).ok());
  EXPECT_TRUE(plan.empty());
  const auto conflict = plan.Add({.members = {}, .links = {other}});
  EXPECT_EQ(conflict.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(conflict.status().message(),
            "the link is there with probability 0.25, found 0.2500000005: unfollow first to change it");
  const auto both = plan.Add({.members = {}, .links = {Unfollow(2, 3), again}});
  EXPECT_EQ(both.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(both.status().message()), HasSubstr("in a batch of its own"));
}

TEST(GraphChangeTest, MembersAreAddedOnce) {
  ChangePlan plan = Plan();
  ASSERT_TRUE(plan.Add({.members = {{.key = 10}}, .links = {}}).ok());
  EXPECT_TRUE(plan.KeepsDenseKeys());
  EXPECT_TRUE(plan.Adds(10));
  EXPECT_FALSE(plan.Add({.members = {{.key = 10}}, .links = {}}).ok());
  EXPECT_EQ(plan.After().members(), 11u);
}

}  // namespace
}  // namespace lawine
