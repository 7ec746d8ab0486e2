#include "engine/spread/run_spec.h"

#include <memory>

#include "engine/base/limits.h"
#include "engine/spread/group_counts.h"
#include "engine/spread/outcome.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using testing::HasSubstr;

RunSpec Good() {
  RunSpec spec;
  spec.seed_members = {MemberId(0), MemberId(9)};
  return spec;
}

void ExpectRefused(const RunSpec& spec, const char* field) {
  const absl::Status status = CheckRunSpec(spec, 10);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(field));
}

TEST(RunSpecTest, AGoodSpecPasses) {
  RunSpec spec = Good();
  EXPECT_TRUE(CheckRunSpec(spec, 10).ok());
  spec.max_steps = 0;
  spec.replicas = limits::kReplicasMax;
  EXPECT_TRUE(CheckRunSpec(spec, 10).ok());
}

TEST(RunSpecTest, SeedMembersAreMembersOnceEachAscending) {
  RunSpec spec = Good();
  ExpectRefused((spec.seed_members = {}, spec), "seed_members");
  ExpectRefused((spec.seed_members = {MemberId(10)}, spec), "seed_members");
  ExpectRefused((spec.seed_members = {MemberId(3), MemberId(3)}, spec), "seed_members");
  ExpectRefused((spec.seed_members = {MemberId(3), MemberId(1)}, spec), "seed_members");
}

TEST(RunSpecTest, NumbersHaveLimits) {
  RunSpec spec = Good();
  ExpectRefused((spec.replicas = 0, spec), "replicas");
  ExpectRefused((spec.replicas = limits::kReplicasMax + 1, spec), "replicas");
  spec = Good();
  ExpectRefused((spec.max_steps = limits::kStepsMax + 1, spec), "max_steps");
  ModelSpec two;
  two.messages.resize(2);
  for (MessageSpec& message : two.messages) message.injections = {{.members = {MemberId(1)}}};
  spec.model = std::make_shared<const ModelSpec>(two);
  EXPECT_TRUE(CheckRunSpec((spec.max_steps = limits::kStepsMax / 2, spec), 10).ok());
  ExpectRefused((spec.max_steps = limits::kStepsMax / 2 + 1, spec), "max_steps");
  spec = Good();
  ExpectRefused((spec.lanes = 0, spec), "lanes");
  ExpectRefused((spec.lanes = limits::kLanesMax + 1, spec), "lanes");
}

TEST(RunSpecTest, ShareOfTheReachIsAtMostAllOfIt) {
  RunSpec spec = Good();
  EXPECT_TRUE(CheckRunSpec((spec.steps_to_percent = 100, spec), 10).ok());
  ExpectRefused((spec.steps_to_percent = 101, spec), "steps_to_percent");
  ExpectRefused((spec.steps_to_percent = 0xFFFFFFFF, spec), "steps_to_percent");
}

ModelSpec OneMessage() {
  ModelSpec model;
  model.messages.emplace_back().injections = {{.step = 0, .members = {MemberId(1)}}};
  return model;
}

// Lists that are searched by halves, or that every member goes through.
TEST(RunSpecTest, ListsOfInterventionsAreInOrderAndWithinTheirLimits) {
  const auto expect_refused = [](auto change, std::string_view what) {
    ModelSpec model = OneMessage();
    model.messages.push_back(model.messages[0]);
    model.interventions.emplace_back();
    EXPECT_TRUE(CheckModelSpec(model, 10).ok());
    change(model);
    const absl::Status status = CheckModelSpec(model, 0xFFFFFF00);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(what)));
  };
  expect_refused([](ModelSpec& model) { model.interventions[0].messages = {1, 0}; }, "ascending");
  expect_refused([](ModelSpec& model) { model.interventions[0].messages = {0, 0}; }, "ascending");
  expect_refused([](ModelSpec& model) { model.interventions[0].messages = {1, 2}; }, "messages below 2");
  const auto kinds = [](std::optional<MemberChoice>& choice) {
    choice = {.members = {}, .share = {}, .account_kinds = {3, 1}};
  };
  expect_refused([&](ModelSpec& model) { kinds(model.interventions[0].immune); }, "account kinds");
  expect_refused([&](ModelSpec& model) { kinds(model.interventions[0].removed); }, "account kinds");
  std::vector<MemberId> many;
  for (std::uint32_t i = 0; i <= limits::kListedMembersMax; ++i) many.push_back(MemberId(i));
  expect_refused([&](ModelSpec& model) { model.interventions[0].immune.emplace().members = many; },
                 "at most");
  expect_refused([&](ModelSpec& model) { model.interventions[0].removed.emplace().members = many; },
                 "at most");
  expect_refused([&](ModelSpec& model) { model.monitors = many; }, "monitors: expected at most");
  expect_refused(
      [](ModelSpec& model) { model.messages[1].rhythm.activity.assign(limits::kRhythmStepsMax + 1, 1); },
      "message 1: expected a rhythm");
}

TEST(RunSpecTest, ListsOfInterventionsMayBeAsLongAsTheirLimits) {
  ModelSpec model = OneMessage();
  model.messages[0].rhythm.activity.assign(limits::kRhythmStepsMax, 1);
  for (std::uint32_t i = 0; i < limits::kListedMembersMax; ++i) model.monitors.push_back(MemberId(i));
  Intervention& intervention = model.interventions.emplace_back();
  intervention.messages = {0};
  intervention.immune = {.members = model.monitors, .share = {}, .account_kinds = {1, 1, 255}};
  const absl::Status status = CheckModelSpec(model, limits::kListedMembersMax);
  EXPECT_TRUE(status.ok()) << status;
}

// Tables that every lane has are counted before a run begins.
TEST(RunSpecTest, MemoryIsThatOfTablesAndGroupsToo) {
  constexpr std::uint64_t kMembers = 1'000'000, kShards = 4;
  RunSpec spec;
  spec.lanes = 32;
  const auto bytes = [&spec](const ModelSpec& model) {
    spec.model = std::make_shared<const ModelSpec>(model);
    return StateBytes(spec, kMembers, kMembers, kShards);
  };
  ModelSpec model = OneMessage();
  const std::uint64_t plain = bytes(model);
  model.messages[0].link.kind = LinkChance::Kind::kByFollowees;
  EXPECT_EQ(bytes(model), plain + spec.lanes * kMembers * sizeof(Threshold));
  model.messages[0].link.kind = LinkChance::Kind::kSame;
  model.groups.emplace();
  EXPECT_EQ(bytes(model),
            plain + spec.lanes * (kMembers * 3 + kShards * GroupsCount(*model.groups) * sizeof(GroupRow)));
}

TEST(RunSpecTest, ReplicasAreNumberedBelowTheirLimit) {
  RunSpec spec = Good();
  spec.first_replica = limits::kReplicasMax - 1;
  EXPECT_TRUE(CheckRunSpec(spec, 10).ok());
  spec.replicas = 2;
  ExpectRefused(spec, "first_replica");
  spec.replicas = 1;
  ExpectRefused((spec.first_replica = 0xFFFFFFFF, spec), "first_replica");
}

TEST(RunSpecTest, SmallGraphsHaveManyReplicasInFlight) {
  EXPECT_EQ(LanesFor(100, 10'000), limits::kLanesMax);
  EXPECT_EQ(LanesFor(100, 3), 3u);
  EXPECT_EQ(LanesFor(0, 1), 1u);
  EXPECT_EQ(LanesFor(6'000'000, 10'000), limits::kLanesMin);
  EXPECT_GE(LanesFor(200'000, 100), LanesFor(1'000'000, 100));
  EXPECT_EQ(LanesFor(0xFFFFFFFE, 10'000), limits::kLanesMin);
}

// Every message has a row of counts for each step up to its last one, at every worker.
TEST(RunSpecTest, MessagesThatBeginLateHaveALimitTogether) {
  const auto begin = [](std::uint64_t start, std::uint32_t step) {
    MessageSpec message;
    message.start.count = start;
    message.injections = {{.step = 0, .members = {MemberId(1)}}, {.step = step, .members = {MemberId(2)}}};
    return message;
  };
  const auto check = [](std::vector<MessageSpec> messages) {
    ModelSpec model;
    model.messages = std::move(messages);
    return CheckModelSpec(model, 10);
  };
  constexpr std::uint32_t kHalf = limits::kStepsMax / 2;
  EXPECT_TRUE(check({begin(0, limits::kStepsMax)}).ok());
  EXPECT_FALSE(check({begin(1, limits::kStepsMax)}).ok());
  EXPECT_TRUE(check({begin(0, kHalf), begin(kHalf - 1, 1)}).ok());
  const absl::Status late = check({begin(0, kHalf), begin(kHalf, 1)});
  EXPECT_EQ(late.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(late.message()), HasSubstr("message 1"));
  EXPECT_FALSE(check(std::vector<MessageSpec>(64, begin(0, limits::kStepsMax))).ok());
  EXPECT_TRUE(check({begin(~0ull, 0), begin(0, 1)}).ok()) << "the first one never starts";
  MessageSpec waits = begin(0, 1);
  waits.start = {.kind = Trigger::Kind::kReach, .count = 1, .not_before = limits::kStepsMax};
  EXPECT_FALSE(check({waits, begin(0, 1)}).ok());
}

// A run of several messages ends at their share of all steps: an injection after that would fail it, after
// half a million steps of work.
TEST(RunSpecTest, InjectionsComeWithinTheStepsOfARun) {
  constexpr std::uint32_t kMost = StepsMaxOf(2);
  RunSpec spec;
  const auto check = [&spec](const Trigger& start, std::uint32_t step,
                             std::optional<std::uint32_t> max_steps) {
    ModelSpec model = OneMessage();
    model.messages.push_back(model.messages[0]);
    model.messages[1].start = start;
    model.messages[1].injections.push_back({.step = step, .members = {MemberId(2)}});
    EXPECT_TRUE(CheckModelSpec(model, 10).ok()) << "their sum is within the limit of all";
    spec.model = std::make_shared<const ModelSpec>(model);
    spec.max_steps = max_steps;
    return CheckRunSpec(spec, 10);
  };
  EXPECT_TRUE(check({}, kMost, {}).ok());
  const absl::Status late = check({}, kMost + 1, {});
  EXPECT_TRUE(absl::IsInvalidArgument(late)) << late;
  EXPECT_THAT(
      std::string(late.message()),
      HasSubstr("message 1: expected its last injection by step 524288, the last one that a run of 2"));
  EXPECT_TRUE(absl::IsInvalidArgument(check({.count = 1}, kMost, {})));
  EXPECT_TRUE(check({}, kMost + 1, kMost).ok()) << "the run ends before";
  EXPECT_TRUE(check({.count = kNoStep}, 1, {}).ok()) << "it never starts";
  EXPECT_TRUE(check({.kind = Trigger::Kind::kReach, .count = 5, .not_before = kMost}, 1, {}).ok())
      << "it may never start";
}

TEST(RunSpecTest, ReceiptsAreOfSingleRuns) {
  RunSpec spec = Good();
  spec.record_receipts = true;
  EXPECT_TRUE(CheckRunSpec(spec, 10).ok());
  spec.replicas = 2;
  ExpectRefused(spec, "record_receipts");
}

}  // namespace
}  // namespace lawine
