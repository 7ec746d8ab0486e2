// The judge of all models against closed forms and published values: means of samples within four standard
// errors.
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/edge_file.h"
#include "tests/support/graphs.h"
#include "tests/support/mean.h"
#include "tests/support/model_judge.h"

namespace lawine {
namespace {

Threshold P(double p) { return Threshold::FromProbability(p).value(); }

using Visit = std::function<void(const MessageVerdict&)>;

// As many messages, each with coins of its own; `message` says which the i-th is.
void Sample(const ModelGraph& graph, std::uint32_t samples, std::uint64_t run_seed,
            const std::function<MessageSpec(std::uint32_t)>& message, const Visit& visit) {
  constexpr std::uint32_t kMessages = 100;
  for (std::uint32_t first = 0; first < samples; first += kMessages) {
    ModelSpec spec;
    for (std::uint32_t i = first; i < std::min(samples, first + kMessages); ++i) {
      spec.messages.push_back(message(i));
    }
    RunLuck luck(run_seed, first / kMessages);
    for (const MessageVerdict& verdict : JudgeModel(graph, spec, luck)) visit(verdict);
  }
}

double Size(const MessageVerdict& verdict) { return static_cast<double>(verdict.forward_steps.size()); }

Mean MeanSize(const ModelGraph& graph, const MessageSpec& message, std::uint32_t samples,
              std::uint64_t run_seed) {
  Mean mean;
  Sample(
      graph, samples, run_seed, [&](std::uint32_t) { return message; },
      [&](const MessageVerdict& verdict) { mean.Add(Size(verdict)); });
  return mean;
}

MessageSpec Cascade(const ModelGraph& graph, const std::set<MemberKey>& seeds, double p) {
  MessageSpec message = MessageFrom(graph, seeds);
  message.link.same = P(p);
  return message;
}
Mean MeanCascade(const TestGraph& links, double p, std::uint32_t samples, std::uint64_t run_seed) {
  const ModelGraph graph = ForModels(links);
  return MeanSize(graph, Cascade(graph, {links.start}, p), samples, run_seed);
}

TEST(ModelClosedFormsTest, PathsStarsAndTrees) {
  ExpectNear(MeanCascade(Path(101), .9, 4000, 1), 9.99976094741, "path");
  TestGraph star = FriendlyStar(1000);
  ExpectNear(MeanCascade(star, .1, 300, 2), 101, "star, from the hub");
  star.start = 20;
  ExpectNear(MeanCascade(star, .1, 2000, 3), 11.09, "star, from a leaf");
  ExpectNear(MeanCascade(Tree(2, 10), .5, 2000, 4), 11, "binary tree");
  ExpectNear(MeanCascade(Tree(3, 8), .3, 2000, 5), 6.12579511, "ternary tree");
}

// Reed-Frost: everyone is everyone's follower.
TEST(ModelClosedFormsTest, CascadesWhereEveryoneFollowsEveryone) {
  struct Case {
    std::uint32_t members;
    double p, mean, deviation;
  };
  for (const Case& c : {Case{10, .1, 3.0269285933, 2.324935}, Case{50, .02, 5.6872330793, 6.892915}}) {
    SCOPED_TRACE(absl::StrCat(c.members, " members"));
    const TestGraph links = Complete(c.members);
    const ModelGraph graph = ForModels(links);
    const MessageSpec message = Cascade(graph, {links.start}, c.p);
    Mean sizes, squares;
    double alone = 0;
    constexpr std::uint32_t kSamples = 5000;
    Sample(
        graph, kSamples, 6, [&](std::uint32_t) { return message; },
        [&](const MessageVerdict& verdict) {
          sizes.Add(Size(verdict));
          squares.Add(Size(verdict) * Size(verdict));
          alone += Size(verdict) == 1 ? 1 : 0;
        });
    ExpectNear(sizes, c.mean, "mean");
    ExpectNear(squares, c.deviation * c.deviation + c.mean * c.mean, "second moment");
    ExpectShare(alone, kSamples, std::pow(1 - c.p, c.members - 1), "nobody else");
  }
}

// 1 + Ramanujan's Q(n - 1).
TEST(ModelClosedFormsTest, LinearThresholdsWhereEveryoneFollowsEveryone) {
  struct Case {
    std::uint32_t members;
    double mean;
  };
  for (const Case& c : {Case{3, 2.5}, Case{5, 3.21875}, Case{11, 4.66021568}, Case{101, 13.2099606302}}) {
    const TestGraph links = Complete(c.members);
    const ModelGraph graph = ForModels(links);
    MessageSpec message = MessageFrom(graph, {links.start});
    message.acceptance.kind = Acceptance::Kind::kLinearEqual;
    ExpectNear(MeanSize(graph, message, c.members > 100 ? 500 : 4000, 7), c.mean, links.name.c_str());
  }
}

// Large sparse random graphs: each member infects a Poisson number of others, so sizes are Borel-distributed.
TEST(ModelClosedFormsTest, SmallCascadesInLargeGraphsAreBorel) {
  constexpr std::uint32_t kMembers = 20'000, kSamples = 4000;
  TestRandom random(1);
  const ModelGraph graph = ForModels(ErdosRenyi(random, kMembers, 4));
  Mean sizes, squares;
  double counts[6] = {};
  Sample(
      graph, kSamples, 8,
      [&](std::uint32_t i) { return Cascade(graph, {MemberKey{i} * (kMembers / kSamples)}, .125); },
      [&](const MessageVerdict& verdict) {
        sizes.Add(Size(verdict));
        squares.Add(Size(verdict) * Size(verdict));
        if (Size(verdict) <= 5) ++counts[static_cast<int>(Size(verdict))];
      });
  ExpectNear(sizes, 2, "mean");
  ExpectNear(squares, 4 + 2 * 2, "second moment");
  const double expected[] = {0, .60653066, .18393972, .08367381, .04511176, .02672038};
  for (int size = 1; size <= 5; ++size) {
    ExpectShare(counts[size], kSamples, expected[size], absl::StrCat("size ", size).c_str());
  }
}

// Not only how many, but when: new members at each step, for a million members of whom 5,000 begin.
TEST(ModelClosedFormsTest, CascadesTakeTheTimeThatTheoryGivesThem) {
  const std::vector<double> expected = {5000,    7928.2,  12442.1, 19210.5, 28919.8, 41893.9,
                                        57351.7, 72532.3, 82695.4, 83286.2, 73451.6, 57134.9,
                                        40025.2, 25937.6, 15942.9, 9476.2};
  constexpr std::uint32_t kMembers = 10'000;
  std::vector<Mean> found(expected.size());
  Mean reached;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    TestRandom random(seed);
    const ModelGraph graph = ForModels(ErdosRenyi(random, kMembers, 4));
    std::set<MemberKey> seeds;
    while (seeds.size() < kMembers / 200) seeds.insert(random.Below(kMembers));
    Sample(
        graph, 1, seed, [&](std::uint32_t) { return Cascade(graph, seeds, .4); },
        [&](const MessageVerdict& verdict) {
          reached.Add(Size(verdict));
          ASSERT_GE(verdict.steps.size(), expected.size());
          for (std::size_t t = 0; t < expected.size(); ++t) {
            found[t].Add(static_cast<double>(verdict.steps[t].forwards));
          }
        });
  }
  ExpectNear(reached, 6461.258, "reached");
  for (std::size_t t = 0; t < expected.size(); ++t) {
    ExpectNear(found[t], expected[t] / 1e6 * kMembers, absl::StrCat("step ", t).c_str());
  }
}

// Random friendships between members who have 3, 6, 3, 6 or 20 each.
ModelGraph ByNumbersOfFriends(TestRandom& random, std::uint32_t members) {
  constexpr std::uint32_t kFriends[] = {3, 6, 3, 6, 20};
  std::vector<MemberKey> ends;
  for (std::uint32_t m = 0; m < members; ++m) ends.insert(ends.end(), kFriends[m % 5], m);
  for (std::size_t i = ends.size() - 1; i > 0; --i) std::swap(ends[i], ends[random.Below(i + 1)]);
  std::set<KeyPair> pairs;
  for (std::size_t i = 0; i + 1 < ends.size(); i += 2) {
    if (ends[i] != ends[i + 1]) pairs.emplace(std::minmax(ends[i], ends[i + 1]));
  }
  TestGraph graph{.name = "by numbers of friends", .links = {}};
  for (const auto& [a, b] : pairs) AddFriendship(graph, a, b);
  for (std::uint32_t m = 0; m < members; ++m) graph.extra_members.push_back(m);
  return ForModels(graph);
}

TEST(ModelClosedFormsTest, LargeCascadesReachTheGiantComponent) {
  constexpr std::uint32_t kMembers = 5000;
  Mean reached;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    TestRandom random(seed);
    const ModelGraph graph = ByNumbersOfFriends(random, kMembers);
    Mean large;
    Sample(
        graph, 20, seed, [&](std::uint32_t) { return Cascade(graph, {random.Below(kMembers)}, 1.0 / 6); },
        [&](const MessageVerdict& verdict) {
          if (Size(verdict) > kMembers / 10.0) large.Add(Size(verdict) / kMembers);
        });
    reached.Add(large.mean());
  }
  // A few of 19,000 friendships are doubles, which are left out.
  ExpectNear(reached, .48438187, "of those who can be reached", .003);
}

// NetHEPT, every link with probability .1: spreads of the first seed members that CELF chose, from 10,000
// runs each.
TEST(ModelClosedFormsTest, SpreadsInNetHeptAreAsPublished) {
  const char* const folder = std::getenv("LAWINE_TEST_DATA");
  if (folder == nullptr || *folder == '\0') GTEST_SKIP() << "skipped: no data";
  const absl::StatusOr<EdgeList> edges =
      ReadEdgeFile(std::filesystem::path(folder) / "nethept_ic_0.1.inf.gz",
                   {.columns = ParseEdgeColumns("from,to,probability", false).value()});
  ASSERT_TRUE(edges.ok()) << edges.status();
  TestGraph links{.name = "NetHEPT", .links = {}};
  for (const KeyedLink& link : edges->links) {
    if (link.from != link.to) links.links.emplace_back(link.from, link.to);
  }
  const ModelGraph graph = ForModels(links);
  const std::set<MemberKey> ten = {100, 9994, 559, 9273, 7858, 13245, 66, 639, 192, 412};
  ExpectNear(MeanSize(graph, Cascade(graph, {100}, .1), 300, 9), 643.95, "the first");
  ExpectNear(MeanSize(graph, Cascade(graph, ten, .1), 300, 10), 783.51, "the first ten");
}

}  // namespace
}  // namespace lawine
