// Random models: that everything comes up, and what holds of every judgement.
#include "tests/support/random_model.h"

#include <algorithm>
#include <functional>
#include <map>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/model_text.h"

namespace lawine {
namespace {

using Pair = std::pair<std::string, std::string>;

// Pairs that no valid message has.
bool MayStandTogether(const std::string& a, const std::string& b) {
  static const std::vector<std::set<std::string>> kOneOf = {
      {"links alike", "links by kind", "links by weight", "links by followees"},
      {"first", "linear", "linear by weight", "fraction", "count"},
      {"start at a step", "start by reach", "start by monitors"},
  };
  static const std::map<std::string, std::set<std::string>> kRefused = {
      {"epidemic",
       {"seen", "linear", "linear by weight", "fraction", "count", "delay", "rhythm", "link delay"}},
      {"link delay", {"linear", "linear by weight", "fraction", "count", "unfollow"}},
      {"links by weight", {"new links", "follow"}},
      {"linear by weight", {"new links", "follow"}},
      {"cross-posting", {"epidemic", "onset", "susceptible again"}},
  };
  for (const auto& choices : kOneOf) {
    if (choices.contains(a) && choices.contains(b)) return false;
  }
  const auto refused = [&](const std::string& one, const std::string& other) {
    const bool epidemic = one == "epidemic" || one == "onset" || one == "susceptible again";
    const auto found = kRefused.find(epidemic ? "epidemic" : one);
    return found != kRefused.end() && found->second.contains(other);
  };
  return !refused(a, b) && !refused(b, a);
}

TEST(RandomModelTest, EveryPairOfFeaturesComesUpAndNoOther) {
  std::map<Pair, int> found;
  std::set<std::string> all;
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    TestRandom random(seed);
    const RandomModel model = MakeRandomModel(random);
    for (std::uint32_t m = 0; m < model.spec.messages.size(); ++m) {
      const std::set<std::string> features = FeaturesOf(model.spec, m);
      all.insert(features.begin(), features.end());
      for (const std::string& a : features) {
        for (const std::string& b : features) ++found[{a, b}];
      }
    }
  }
  EXPECT_EQ(all.size(), 47u);
  for (const std::string& a : all) {
    for (const std::string& b : all) {
      if (a == b) continue;
      EXPECT_EQ(found[Pair(a, b)] > 0, MayStandTogether(a, b)) << a << " and " << b;
    }
  }
}

TEST(RandomModelTest, JudgementsAddUp) {
  std::uint64_t steps = 0, members = 0, recoveries = 0, ignored = 0, unseen = 0, again = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    TestRandom random(seed);
    const RandomModel model = MakeRandomModel(random);
    SCOPED_TRACE(absl::StrCat("seed ", seed, "\n", Told(model.spec)));
    for (const MessageVerdict& verdict : model.Judged()) {
      ModelStep sum;
      for (const ModelStep& step : verdict.steps) {
        EXPECT_TRUE(step.step == 0 || step.step > sum.step);
        EXPECT_TRUE(!model.max_steps.has_value() || step.step <= *model.max_steps);
        EXPECT_LE(step.first_receipts - step.injected - step.cross_posts, step.deliveries);
        EXPECT_LE(step.seen, step.deliveries);
        EXPECT_LE(step.forwards, step.acting);
        EXPECT_LE(step.injected + step.cross_posts, step.forwards);
        sum.step = step.step;
        sum.first_receipts += step.first_receipts;
        sum.forwards += step.forwards;
        sum.recoveries += step.recoveries;
        ignored += step.ignored;
        unseen += step.deliveries - step.seen;
      }
      EXPECT_EQ(sum.first_receipts, verdict.receipt_steps.size());
      std::uint64_t forwards = 0, recovered = 0;
      for (const auto& [member, at] : verdict.forward_steps) {
        forwards += at.size();
        EXPECT_GE(at.front(), verdict.receipt_steps.at(member));
      }
      for (const auto& [member, at] : verdict.recovery_steps) {
        recovered += at.size();
        EXPECT_LE(at.size(), verdict.forward_steps.at(member).size());
      }
      EXPECT_EQ(sum.forwards, forwards);
      EXPECT_EQ(sum.recoveries, recovered);
      steps += verdict.steps.size();
      members += verdict.receipt_steps.size();
      recoveries += sum.recoveries;
      again += forwards - verdict.forward_steps.size();
    }
  }
  // They are no empty runs.
  EXPECT_GT(steps, 5 * 1000u);
  EXPECT_GT(members, 8 * 1000u);
  EXPECT_GT(recoveries, 1000u);
  EXPECT_GT(again, 500u);
  EXPECT_GT(ignored, 100u);
  EXPECT_GT(unseen, 1000u);
}

// Ways to do without something that a message has.
const std::map<std::string, std::function<void(MessageSpec&)>>& Without() {
  static const std::map<std::string, std::function<void(MessageSpec&)>> kWithout = {
      {"chances of links", [](MessageSpec& m) { m.link = {}; }},
      {"kinds of links", [](MessageSpec& m) { m.link_kinds.clear(); }},
      {"seen", [](MessageSpec& m) { m.seen.reset(); }},
      {"acceptance", [](MessageSpec& m) { m.acceptance = {}; }},
      {"forward", [](MessageSpec& m) { m.forward = Threshold::FromFixed(Threshold::kOne); }},
      {"account kinds", [](MessageSpec& m) { m.factors.by_account_kind.clear(); }},
      {"communities", [](MessageSpec& m) { m.factors.by_community.clear(); }},
      {"age", [](MessageSpec& m) { m.factors.by_age.clear(); }},
      {"influences", [](MessageSpec& m) { m.influences.clear(); }},
      {"epidemic", [](MessageSpec& m) { m.epidemic.reset(); }},
      {"onset",
       [](MessageSpec& m) {
         if (m.epidemic.has_value()) m.epidemic->onset.reset();
       }},
      {"susceptible again",
       [](MessageSpec& m) {
         if (m.epidemic.has_value()) m.epidemic->susceptible_again = false;
       }},
      {"delay", [](MessageSpec& m) { m.delay = {}; }},
      {"rhythm", [](MessageSpec& m) { m.rhythm = {}; }},
      {"link delay", [](MessageSpec& m) { m.link_delay = {}; }},
      {"start", [](MessageSpec& m) { m.start = {}; }},
      {"follow", [](MessageSpec& m) { m.reactions.follow = {}; }},
      {"unfollow", [](MessageSpec& m) { m.reactions.unfollow = {}; }},
      {"injections", [](MessageSpec& m) { m.injections.resize(1); }},
  };
  return kWithout;
}
const std::map<std::string, std::function<void(Intervention&)>>& WithoutIntervention() {
  static const std::map<std::string, std::function<void(Intervention&)>> kWithout = {
      {"trigger", [](Intervention& i) { i.trigger = {}; }},
      {"messages", [](Intervention& i) { i.messages.clear(); }},
      {"factor", [](Intervention& i) { i.forward = {}; }},
      {"carry", [](Intervention& i) { i.carry = Threshold::FromFixed(Threshold::kOne); }},
      {"delay", [](Intervention& i) { i.delay = 0; }},
      {"immune", [](Intervention& i) { i.immune.reset(); }},
      {"removed", [](Intervention& i) { i.removed.reset(); }},
      {"kinds of immune",
       [](Intervention& i) {
         if (i.immune.has_value()) i.immune->account_kinds.clear();
       }},
      {"share of removed",
       [](Intervention& i) {
         if (i.removed.has_value()) i.removed->share = {};
       }},
  };
  return kWithout;
}

const std::map<std::string, std::function<void(ModelSpec&)>>& WithoutOfNetwork() {
  static const auto growth = [](auto change) {
    return [change](ModelSpec& spec) {
      if (spec.growth.has_value()) change(*spec.growth);
    };
  };
  static const std::map<std::string, std::function<void(ModelSpec&)>> kWithout = {
      {"one decision",
       [](ModelSpec& spec) {
         if (spec.people.has_value()) spec.people->one_decision = false;
       }},
      {"cross-posting",
       [](ModelSpec& spec) {
         if (spec.people.has_value()) spec.people->networks.clear();
       }},
      {"new links", growth([](GrowthSpec& g) { g.new_links = {}; })},
      {"mutual", growth([](GrowthSpec& g) { g.mutual = false; })},
      {"lost links", growth([](GrowthSpec& g) { g.lost_links = {}; })},
      {"start", growth([](GrowthSpec& g) { g.start = Threshold::FromFixed(Threshold::kOne); })},
      {"joining", growth([](GrowthSpec& g) { g.joining = {}; })},
      {"leaving", growth([](GrowthSpec& g) { g.leaving = {}; })},
      {"first met only", [](ModelSpec& spec) { spec.first_met_only = false; }},
      {"later rules", [](ModelSpec& spec) { spec.later.reset(); }},
      {"later triggers",
       [](ModelSpec& spec) {
         for (MessageSpec& message : spec.messages) message.start.not_before = 0;
         for (Intervention& intervention : spec.interventions) intervention.trigger.not_before = 0;
       }},
  };
  return kWithout;
}

bool IsDifferentWith(const RandomModel& model, const ModelSpec& spec) {
  RandomModel other = model;
  other.spec = spec;
  const std::vector<MessageVerdict> a = model.Judged(), b = other.Judged();
  return !std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.digest == y.digest; });
}

TEST(RandomModelTest, EverythingMatters) {
  std::map<std::string, int> matters;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    TestRandom random(seed);
    RandomModel model = MakeRandomModel(random);
    if (!model.max_steps.has_value()) model.max_steps = 100;
    for (const auto& [what, leave_out] : Without()) {
      ModelSpec spec = model.spec;
      for (MessageSpec& message : spec.messages) leave_out(message);
      if (spec.later.has_value() && what != "injections") {
        for (MessageSpec& message : spec.later->messages) leave_out(message);
      }
      matters[what] += IsDifferentWith(model, spec) ? 1 : 0;
    }
    for (const auto& [what, leave_out] : WithoutIntervention()) {
      ModelSpec spec = model.spec;
      for (Intervention& intervention : spec.interventions) leave_out(intervention);
      matters["intervention: " + what] += IsDifferentWith(model, spec) ? 1 : 0;
    }
    for (const auto& [what, leave_out] : WithoutOfNetwork()) {
      ModelSpec spec = model.spec;
      leave_out(spec);
      matters["network: " + what] += IsDifferentWith(model, spec) ? 1 : 0;
    }
  }
  for (const auto& [what, count] : matters) EXPECT_GE(count, 2) << what;
}

TEST(RandomModelTest, TheOrderOfLinksMakesNoDifference) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    TestRandom random(seed);
    RandomModel model = MakeRandomModel(random);
    SCOPED_TRACE(absl::StrCat("seed ", seed, "\n", Told(model.spec)));
    const std::vector<MessageVerdict> before = model.Judged();
    std::ranges::reverse(model.graph.links);
    const std::vector<MessageVerdict> after = model.Judged();
    for (std::size_t m = 0; m < before.size(); ++m) {
      EXPECT_EQ(before[m].digest, after[m].digest);
      EXPECT_EQ(before[m].steps, after[m].steps);
    }
  }
}

}  // namespace
}  // namespace lawine
