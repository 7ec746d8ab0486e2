// The judge of all models against expectations that are known exactly, by going through all worlds of small
// graphs.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "gtest/gtest.h"
#include "tests/support/edge_file.h"
#include "tests/support/graphs.h"
#include "tests/support/model_judge.h"
#include "tests/support/worlds.h"

namespace lawine {
namespace {

constexpr double kExact = 1e-12;

Threshold P(double p) { return Threshold::FromProbability(p).value(); }
std::uint32_t Weight(double w) { return static_cast<std::uint32_t>(std::lround(std::ldexp(w, 31))); }

ModelGraph Weighted(const TestGraph& graph, double weight) {
  ModelGraph result = ForModels(graph);
  for (ModelLink& link : result.links) link.weight = Weight(weight);
  return result;
}

MessageSpec IndependentCascade(MessageSpec spec, double p) {
  spec.link.same = P(p);
  return spec;
}
MessageSpec ByWeight(MessageSpec spec) {
  spec.link.kind = LinkChance::Kind::kByWeight;
  return spec;
}
MessageSpec LinearThreshold(MessageSpec spec, Acceptance::Kind kind = Acceptance::Kind::kLinearByWeight) {
  spec.acceptance.kind = kind;
  return spec;
}
MessageSpec Forward(MessageSpec spec, double p) {
  spec.forward = P(p);
  return spec;
}

// Every sum of weights of links to a member.
std::vector<Threshold> WeightSums(const ModelGraph& graph, MemberKey member) {
  std::set<std::uint64_t> sums = {0};
  for (const ModelLink& link : graph.links) {
    if (link.receiver != member) continue;
    for (const std::uint64_t sum : std::set<std::uint64_t>(sums)) sums.insert(sum + link.weight);
  }
  std::vector<Threshold> bounds;
  for (const std::uint64_t sum : sums)
    bounds.push_back(Threshold::FromFixed(std::min(sum << 32, Threshold::kOne)));
  return bounds;
}

std::uint64_t Followees(const ModelGraph& graph, MemberKey member) {
  std::uint64_t count = 0;
  for (const ModelLink& link : graph.links) count += link.receiver == member ? 1 : 0;
  return count;
}

// n / followees for every n, rounded up: the smallest coins that n deliveries are not enough for.
std::vector<Threshold> EqualShares(const ModelGraph& graph, MemberKey member) {
  const unsigned __int128 followees = Followees(graph, member), one = Threshold::kOne;
  std::vector<Threshold> bounds;
  for (unsigned n = 1; n <= followees; ++n) {
    bounds.push_back(Threshold::FromFixed(static_cast<std::uint64_t>((n * one + followees - 1) / followees)));
  }
  return bounds;
}

std::uint32_t LinkWeight(const ModelGraph& graph, const CoinName& name) {
  for (const ModelLink& link : graph.links) {
    if (link.source == name.key1 && link.receiver == name.key2) return link.weight;
  }
  return 0;
}

// What the coins of models without delays, triggers and interventions can be.
std::vector<CoinOutcome> OutcomesOf(const ModelGraph& graph, const MessageSpec& spec, const CoinName& name) {
  switch (name.purpose) {
    case CoinPurpose::kForward:
      return PassingOrNot(spec.forward);
    case CoinPurpose::kSeen:
      return PassingOrNot(*spec.seen);
    case CoinPurpose::kRecovery:
      return PassingOrNot(spec.epidemic->recovery);
    case CoinPurpose::kOnset:
      return PassingOrNot(*spec.epidemic->onset);
    case CoinPurpose::kThreshold:
      return OutcomesBetween(spec.acceptance.kind == Acceptance::Kind::kLinearEqual
                                 ? EqualShares(graph, name.key1)
                                 : WeightSums(graph, name.key1));
    default:
      break;
  }
  switch (spec.link.kind) {
    case LinkChance::Kind::kByWeight:
      return PassingOrNot(Threshold::FromFixed(std::uint64_t{LinkWeight(graph, name)} << 32));
    case LinkChance::Kind::kByFollowees: {
      const std::uint64_t followees = Followees(graph, *name.key2);
      return PassingOrNot(Threshold::FromFixed((Threshold::kOne + followees / 2) / followees));
    }
    default:
      return PassingOrNot(spec.link.same);
  }
}

using Measure = double (*)(const MessageVerdict&);
double Reached(const MessageVerdict& verdict) { return static_cast<double>(verdict.receipt_steps.size()); }
double Forwarders(const MessageVerdict& verdict) { return static_cast<double>(verdict.forward_steps.size()); }

double Expect(const ModelGraph& graph, const MessageSpec& spec, Measure measure = Forwarders,
              std::optional<std::uint32_t> max_steps = {}) {
  const ModelSpec model{.messages = {spec}, .interventions = {}, .monitors = {}};
  return Expected([&](const CoinName& name) { return OutcomesOf(graph, spec, name); },
                  [&](Luck& luck) { return measure(JudgeModel(graph, model, luck, max_steps)[0]); });
}

struct Spreads {
  double cascade, threshold;
};
// Independent cascade with probability p for every link, and linear threshold with weights of p.
Spreads Both(const TestGraph& graph, double p) {
  const ModelGraph weighted = Weighted(graph, p);
  const MessageSpec from = MessageFrom(weighted, {graph.start});
  return {.cascade = Expect(weighted, IndependentCascade(from, p)),
          .threshold = Expect(weighted, LinearThreshold(from))};
}

TEST(ModelExpectationsTest, CascadesAndThresholdsOnSmallGraphs) {
  EXPECT_NEAR(Both(Cycle(3), 0.5).cascade, 9.0 / 4, kExact);
  EXPECT_NEAR(Both(Cycle(3), 0.5).threshold, 5.0 / 2, kExact);
  EXPECT_NEAR(Both(Cycle(5), 0.5).cascade, 11.0 / 4, kExact);
  EXPECT_NEAR(Both(Cycle(5), 0.5).threshold, 23.0 / 8, kExact);
  EXPECT_NEAR(Both(Path(5), 0.5).cascade, 31.0 / 16, kExact);
  EXPECT_NEAR(Both(Path(5), 0.5).threshold, 31.0 / 16, kExact);
  EXPECT_NEAR(Both(Complete(4), 0.25).cascade, 4223.0 / 2048, kExact);
  EXPECT_NEAR(Both(Tree(2, 3), 0.5).cascade, 4, kExact);
}

TEST(ModelExpectationsTest, ForwardOnSmallGraphs) {
  const auto expect = [](const TestGraph& graph, double received, double forwarders) {
    SCOPED_TRACE(graph.name);
    const ModelGraph links = ForModels(graph);
    const MessageSpec spec = Forward(MessageFrom(links, {graph.start}), 0.5);
    EXPECT_NEAR(Expect(links, spec, Reached), received, kExact);
    EXPECT_NEAR(Expect(links, spec, Forwarders), forwarders, kExact);
  };
  expect(Complete(4), 4, 5.0 / 2);
  expect(Cycle(5), 17.0 / 4, 21.0 / 8);
  expect(Path(5), 23.0 / 8, 31.0 / 16);
  expect(Tree(2, 3), 7, 4);
}

// 1 + Ramanujan's Q(n - 1).
TEST(ModelExpectationsTest, LinearThresholdsWhereEveryoneFollowsEveryone) {
  for (const auto& [members, expected] : {std::pair{3u, 2.5}, std::pair{5u, 3.21875}}) {
    const ModelGraph graph = ForModels(Complete(members));
    const MessageSpec from = MessageFrom(graph, {10});
    EXPECT_NEAR(Expect(graph, LinearThreshold(from, Acceptance::Kind::kLinearEqual)), expected, kExact);
  }
}

// Weights of 1 / followees, or equal weights without any: three ways to the same law.
TEST(ModelExpectationsTest, EqualWeightsAreWeightsOfOneInAsManyAsFollow) {
  for (const TestGraph& graph : {Cycle(3), Cycle(5), Diamond(), Complete(4), InStar(5)}) {
    SCOPED_TRACE(graph.name);
    ModelGraph weighted = ForModels(graph);
    for (ModelLink& link : weighted.links) {
      link.weight = Weight(1.0 / static_cast<double>(Followees(weighted, link.receiver)));
    }
    const MessageSpec from = MessageFrom(weighted, {graph.start});
    const double equal = Expect(weighted, LinearThreshold(from, Acceptance::Kind::kLinearEqual));
    EXPECT_NEAR(Expect(weighted, LinearThreshold(from)), equal, 1e-8);
    MessageSpec cascade = from;
    cascade.link.kind = LinkChance::Kind::kByFollowees;
    EXPECT_NEAR(Expect(weighted, cascade), Expect(weighted, ByWeight(from)), 1e-8);
  }
}

// Kempe, Kleinberg, Tardos (2003): a linear threshold reaches who is reached when every member keeps at most
// one of the links that lead to it, each as often as it weighs.
double ExpectLiveLinks(const ModelGraph& graph, MemberKey start) {
  std::map<MemberKey, std::vector<ModelLink>> followees;
  for (const ModelLink& link : graph.links) followees[link.receiver].push_back(link);
  const auto kept = [&](const CoinName& name) {
    std::vector<CoinOutcome> outcomes;
    double left = 1;
    for (const ModelLink& link : followees[name.key1]) {
      outcomes.push_back({.coin = link.source, .probability = std::ldexp(link.weight, -31)});
      left -= outcomes.back().probability;
    }
    outcomes.push_back({.coin = name.key1, .probability = left});  // none
    return outcomes;
  };
  return Expected(kept, [&](Luck& luck) {
    std::set<MemberKey> reached = {start};
    for (std::size_t before = 0; before < reached.size();) {
      before = reached.size();
      for (const auto& [member, profile] : graph.members) {
        if (reached.contains(luck.Coin({.purpose = CoinPurpose::kThreshold, .key1 = member}))) {
          reached.insert(member);
        }
      }
    }
    return static_cast<double>(reached.size());
  });
}

TEST(ModelExpectationsTest, LinearThresholdsAreWhatLiveLinksReach) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    TestRandom random(seed);
    const TestGraph drawn = RandomGraph(random, 5, 3, 5);
    ModelGraph graph = ForModels(drawn);
    for (ModelLink& link : graph.links) {
      link.weight = static_cast<std::uint32_t>(random.Below(Weight(1)) / Followees(graph, link.receiver));
    }
    const double expected = ExpectLiveLinks(graph, drawn.start);
    EXPECT_GT(expected, 1);
    EXPECT_NEAR(Expect(graph, LinearThreshold(MessageFrom(graph, {drawn.start}))), expected, 1e-9);
  }
}

// Away from the root of a tree: received - 1 = (activated - 1) / p.
TEST(ModelExpectationsTest, OnTreesForwardReachesAsManyAsACascadeActivatesForEachThatForwards) {
  for (const double p : {0.25, 0.5, 0.9}) {
    const ModelGraph tree = ForModels(Tree(3, 2));
    const MessageSpec from = MessageFrom(tree, {10});
    const double activated = Expect(tree, IndependentCascade(from, p));
    EXPECT_NEAR(Expect(tree, Forward(from, p), Reached) - 1, (activated - 1) / p, 1e-9);
  }
}

TEST(ModelExpectationsTest, WeightedCascade) {
  const ModelGraph diamond = ForModels(Diamond());
  MessageSpec spec = MessageFrom(diamond, {10});
  spec.link.kind = LinkChance::Kind::kByFollowees;
  // Only 40 has two followees: it is missed by one in four, and 50 with it.
  EXPECT_NEAR(Expect(diamond, spec), 3 + 2 * 0.75, kExact);
}

TEST(ModelExpectationsTest, SeenProbability) {
  const ModelGraph path = ForModels(Path(4));
  MessageSpec spec = MessageFrom(path, {10});
  spec.seen = P(0.25);
  // Everyone who sees it forwards it: the next one has it, seen or not.
  EXPECT_NEAR(Expect(path, spec, Forwarders), 1 + 1.0 / 4 + 1.0 / 16 + 1.0 / 64, kExact);
  EXPECT_NEAR(Expect(path, spec, Reached), 2 + 1.0 / 4 + 1.0 / 16, kExact);
  EXPECT_NEAR(
      Expect(path, spec, [](const MessageVerdict& v) { return static_cast<double>(v.seen_steps.size()); }),
      1.0 / 4 + 1.0 / 16 + 1.0 / 64, kExact);
}

// Epidemics

MessageSpec Sir(MessageSpec spec, double infection, double recovery) {
  spec.link.same = P(infection);
  spec.epidemic = Epidemic{.recovery = P(recovery), .onset = {}};
  return spec;
}

// Who is infected acts until it recovers: of one link the chance to carry at all is b / (1 - (1-b)(1-g)), of
// which
// ((1-b)(1-g))^T is missing after T steps.
TEST(ModelExpectationsTest, OneLinkOfAnEpidemicCarriesWithItsTransmissibility) {
  struct Case {
    double b, g, transmissibility;
  };
  for (const auto& [b, g, transmissibility] :
       {Case{.5, .2, .8333333}, Case{.05, .5, .0952381}, Case{.02, .1, .1694915}, Case{.1, 1, .1}}) {
    const ModelGraph link = ForModels(Path(2));
    // The receiver's own course, which branches as well, changes nothing.
    const MessageSpec spec = Sir(MessageFrom(link, {10}), b, g);
    const ModelSpec model{.messages = {spec}, .interventions = {}, .monitors = {}};
    constexpr std::uint32_t kSteps = 10;
    const double carried = Expected(
        [&](const CoinName& name) {
          return name.purpose == CoinPurpose::kRecovery && name.key1 == 20 ? PassingOrNot(P(1))
                                                                           : OutcomesOf(link, spec, name);
        },
        [&](Luck& luck) { return Reached(JudgeModel(link, model, luck, kSteps)[0]) - 1; });
    const double missed = (1 - b) * (1 - g);
    EXPECT_NEAR(carried / (1 - std::pow(missed, kSteps)), transmissibility, 5e-8) << b << " " << g;
  }
}

TEST(ModelExpectationsTest, AnEpidemicOfOneStepIsAnIndependentCascade) {
  for (const TestGraph& graph : {Cycle(3), Cycle(5), Path(5), Diamond(), Complete(4)}) {
    SCOPED_TRACE(graph.name);
    const ModelGraph links = ForModels(graph);
    const MessageSpec from = MessageFrom(links, {graph.start});
    EXPECT_NEAR(Expect(links, Sir(from, 0.25, 1)), Expect(links, IndependentCascade(from, 0.25)), kExact);
  }
}

// Published

class SampleTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const folder = std::getenv("LAWINE_TEST_DATA");
    if (folder == nullptr || *folder == '\0') GTEST_SKIP() << "skipped: no data";
    folder_ = folder;
  }

  ModelGraph Read(const char* name) const {
    const absl::StatusOr<EdgeList> edges =
        ReadEdgeFile(folder_ / name, {.columns = ParseEdgeColumns("from,to,probability", false).value()});
    EXPECT_TRUE(edges.ok()) << edges.status();
    ModelGraph graph;
    for (const KeyedLink& link : edges->links.unsorted()) {
      graph.members[link.from];
      graph.members[link.to];
      graph.links.push_back({.source = link.from, .receiver = link.to, .weight = link.weight});
    }
    return graph;
  }
  double Cascade(const ModelGraph& graph, const std::set<MemberKey>& seeds) const {
    return Expect(graph, ByWeight(MessageFrom(graph, seeds)));
  }
  std::filesystem::path folder_;
};

// Probabilities in the files have one or two decimals, and are rounded to 31 bits as weights.
constexpr double kRounded = 1e-8;

TEST_F(SampleTest, CascadesAndThresholds) {
  const ModelGraph tree = Read("sample0.txt");
  EXPECT_NEAR(Cascade(tree, {0}), 3.0625, kRounded);
  EXPECT_NEAR(Expect(tree, LinearThreshold(MessageFrom(tree, {0}))), 3.0625, kRounded);
  const ModelGraph graph = Read("sample1.txt");
  EXPECT_NEAR(Cascade(graph, {0}), 1.4452, kRounded);
  EXPECT_NEAR(Expect(graph, LinearThreshold(MessageFrom(graph, {0}))), 1.458, kRounded);
}

TEST_F(SampleTest, TheBestPair) {
  const ModelGraph graph = Read("sample_celfpp.txt");
  EXPECT_NEAR(Cascade(graph, {0}), 3.9, kRounded);
  EXPECT_NEAR(Cascade(graph, {1}), 3.5, kRounded);
  EXPECT_NEAR(Cascade(graph, {2}), 3.0, kRounded);
  for (const auto& [a, profile_a] : graph.members) {
    for (const auto& [b, profile_b] : graph.members) {
      EXPECT_LE(Cascade(graph, {a, b}), 6.7 + kRounded) << a << " " << b;
    }
  }
  EXPECT_NEAR(Cascade(graph, {0, 1}), 6.7, kRounded);
}

}  // namespace
}  // namespace lawine
