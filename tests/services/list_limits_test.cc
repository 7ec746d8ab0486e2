// Lists of a scenario that are too long are refused by its words alone, with their path.
#include "services/coordinator/plan/list_limits.h"

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/coordinator/plan/scenario_plan.h"

namespace lawine {
namespace {

using ::testing::HasSubstr;

v1::Scenario Plain() {
  v1::Scenario scenario;
  scenario.set_graph("g");
  return scenario;
}

// What a scenario is told that has `count` of a list, put in by add(scenario, index).
template <class Add>
std::string Told(int count, const Add& add) {
  v1::Scenario scenario = Plain();
  for (int i = 0; i < count; ++i) add(scenario, i);
  const absl::Status status = CompleteScenario(scenario).status();
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
  return std::string(status.message());
}

void AddMessage(v1::Scenario& scenario, int i) { scenario.add_messages()->set_name(absl::StrCat("m", i)); }

template <class Holder>
void AddInjection(Holder& holder, std::uint32_t members = 1) {
  v1::Injection& injection = *holder.add_injections();
  injection.set_step(1);
  injection.mutable_members()->set_random(true);
  injection.mutable_members()->set_count(members);
}

TEST(ListLimitsTest, MessagesAreAtMost64) {
  EXPECT_EQ(Told(63, AddMessage), "");
  EXPECT_THAT(Told(64, AddMessage), HasSubstr("messages: expected at most 63, found 64"));
  const auto later = [](v1::Scenario& scenario, int i) {
    if (i < 60) AddMessage(scenario, i);
    scenario.mutable_later()->set_after_step(1);
    if (i >= 60) scenario.mutable_later()->mutable_change()->add_messages()->set_name(absl::StrCat("l", i));
  };
  EXPECT_EQ(Told(63, later), "");
  EXPECT_THAT(Told(64, later), HasSubstr("later.change.messages: expected at most 3, found 4"));
}

TEST(ListLimitsTest, InterventionsAreAtMost256) {
  const auto add = [](v1::Scenario& scenario, int) { scenario.add_interventions()->set_forward_factor(0.5); };
  EXPECT_EQ(Told(256, add), "");
  EXPECT_THAT(Told(257, add), HasSubstr("interventions: expected at most 256, found 257"));
}

TEST(ListLimitsTest, InjectionsOfAllMessagesAreCountedTogether) {
  const auto add = [](v1::Scenario& scenario, int) { AddInjection(scenario); };
  EXPECT_EQ(Told(4095, add), "");
  EXPECT_THAT(Told(4096, add), HasSubstr("injections: expected at most 4095, found 4096"));
  const auto shared = [](v1::Scenario& scenario, int i) {
    if (i == 0) AddMessage(scenario, i);
    if (i < 4000) {
      AddInjection(scenario);
    } else {
      AddInjection(*scenario.mutable_messages(0));
    }
  };
  EXPECT_EQ(Told(4094, shared), "");
  EXPECT_THAT(Told(4095, shared), HasSubstr("messages[0].injections: expected at most 94, found 95"));
}

TEST(ListLimitsTest, MembersOfAMessageAreCountedTogether) {
  const auto add = [](v1::Scenario& scenario, int) { AddInjection(scenario, 10'000); };
  EXPECT_EQ(Told(4, add), "");
  EXPECT_THAT(Told(5, add), HasSubstr("injections[4].members: expected at most 9999, found 10000"));
  const auto further = [](v1::Scenario& scenario, int i) {
    if (i == 0) AddMessage(scenario, i);
    AddInjection(*scenario.mutable_messages(0), 30'000);
  };
  EXPECT_EQ(Told(1, further), "");
  EXPECT_THAT(Told(2, further), HasSubstr("messages[0].injections[1].members: expected at most 19999"));
}

// A message has counts of every step through its last injection.
TEST(ListLimitsTest, LastInjectionsOfAllMessagesAreCountedTogether) {
  const auto told = [](const v1::Scenario& scenario) {
    return std::string(CompleteScenario(scenario).status().message());
  };
  v1::Scenario scenario = Plain();
  AddInjection(scenario);
  scenario.mutable_injections(0)->set_step(limits::kStepsMax - 10);
  AddMessage(scenario, 0);
  scenario.mutable_messages(0)->mutable_start()->set_from_step(10);
  EXPECT_EQ(told(scenario), "");
  scenario.mutable_messages(0)->mutable_start()->set_from_step(11);
  EXPECT_THAT(told(scenario), HasSubstr("messages[0].start.from_step: expected the last injections"));
  AddInjection(*scenario.mutable_messages(0));
  scenario.mutable_messages(0)->mutable_start()->set_from_step(10);
  EXPECT_THAT(told(scenario), HasSubstr("messages[0].injections[0].step: expected the last injections"));
  scenario.mutable_messages(0)->mutable_start()->set_from_step(~0u);
  EXPECT_EQ(told(scenario), "") << "it never starts";
}

TEST(ListLimitsTest, StepsAreSharedByMessages) {
  for (const int messages : {1, 2, 3, 64}) {
    v1::Scenario scenario = Plain();
    for (int i = 1; i < messages; ++i) AddMessage(scenario, i);
    const std::uint32_t most = limits::kStepsMax / static_cast<std::uint32_t>(messages);
    scenario.mutable_stop()->set_max_steps(most);
    EXPECT_TRUE(CompleteScenario(scenario).ok()) << messages;
    scenario.mutable_stop()->set_max_steps(most + 1);
    EXPECT_THAT(std::string(CompleteScenario(scenario).status().message()),
                HasSubstr(absl::StrCat("stop.max_steps: expected at most ", most)));
  }
}

TEST(ListLimitsTest, OfAModel) {
  const auto ages = [](v1::Scenario& s, int) {
    s.mutable_model()->mutable_forward()->mutable_factors()->add_ages(1);
  };
  EXPECT_EQ(Told(65'536, ages), "");
  EXPECT_THAT(Told(65'537, ages),
              HasSubstr("model.forward.factors.ages: expected at most 65536, found 65537"));
  const auto kinds = [](v1::Scenario& s, int i) {
    s.mutable_model()->mutable_forward();
    s.mutable_model()->add_link_kinds(static_cast<std::uint32_t>(i % 256));
  };
  EXPECT_EQ(Told(256, kinds), "");
  EXPECT_THAT(Told(257, kinds), HasSubstr("model.link_kinds: expected at most 256, found 257"));
}

TEST(RefusalsTest, SayWhatWasFoundAsItIs) {
  const auto told = [](const auto& change) { return Told(1, change); };
  EXPECT_EQ(
      told([](v1::Scenario& s, int) { s.mutable_model()->mutable_forward()->set_probability(1.0000001); }),
      "model.forward.probability: expected a probability between 0 and 1, found 1.0000001");
  EXPECT_EQ(told([](v1::Scenario& s, int) { s.add_injections(); }),
            "injections[0].step: expected a step up to 1048576, found none");
  EXPECT_EQ(told([](v1::Scenario& s, int) { s.mutable_costs()->set_post(1'000'000'000'001); }),
            "costs.post: expected a cost of at most 1000000000000, found 1000000000001");
  EXPECT_EQ(told([](v1::Scenario& s, int) {
              s.mutable_later()->mutable_change()->mutable_stop()->set_max_steps(3);
            }),
            "later.after_step: expected a step below 1048576, found none");
  EXPECT_EQ(told([](v1::Scenario& s, int) {
              s.mutable_model()->mutable_forward();
              s.mutable_model()->mutable_delay()->mutable_gamma()->set_mean(2);
              s.mutable_model()->mutable_delay()->mutable_gamma()->set_shape(0);
            }),
            "model.delay.gamma.shape: expected 1e-06 to 1e+06, found 0");
}

}  // namespace
}  // namespace lawine
