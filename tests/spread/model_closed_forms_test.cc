// Every model in the engine against closed forms and published values: means of samples within four standard
// errors.
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/local_cluster.h"
#include "gtest/gtest.h"
#include "tests/support/edge_file.h"
#include "tests/support/graphs.h"
#include "tests/support/mean.h"
#include "tests/support/model_link_source.h"
#include "tests/support/shards.h"

namespace lawine {
namespace {

Threshold P(double p) { return Threshold::FromProbability(p).value(); }

double Size(const LaneOutcome& lane) { return static_cast<double>(lane.forwards); }

// A graph in four shards of two workers.
class Network {
 public:
  explicit Network(const TestGraph& links)
      : start_(links.start),
        graph_(ForModels(links)),
        source_(graph_),
        shards_(Shards::InMemory(source_, BalancedPartition(source_, 4))) {}

  MessageSpec Message(const std::set<MemberKey>& seeds) const { return MessageFrom(graph_, seeds); }
  // From the graph's start.
  MessageSpec Message() const { return Message({start_}); }
  MessageSpec Cascade(const std::set<MemberKey>& seeds, double p) const {
    MessageSpec message = Message(seeds);
    message.link.same = P(p);
    return message;
  }

  ClusterOutcome Run(std::vector<MessageSpec> messages, std::uint32_t replicas,
                     std::uint64_t run_seed) const {
    RunSpec spec;
    spec.run_seed = run_seed;
    spec.replicas = replicas;
    spec.lanes = LanesFor(source_.members_count(), replicas);
    auto model = std::make_shared<ModelSpec>();
    model->messages = std::move(messages);
    spec.model = std::move(model);
    ThreadPool pool(2);
    auto outcome = LocalCluster(shards_.images(), 2).Run(spec, pool);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return *std::move(outcome);
  }
  Mean MeanSize(const MessageSpec& message, std::uint32_t replicas, std::uint64_t run_seed) const {
    Mean mean;
    for (const LaneOutcome& lane : Run({message}, replicas, run_seed).lanes) mean.Add(Size(lane));
    return mean;
  }

 private:
  MemberKey start_;
  ModelGraph graph_;
  ModelLinkSource source_;
  Shards shards_;
};

Mean MeanCascade(const TestGraph& links, double p, std::uint32_t replicas, std::uint64_t run_seed) {
  const Network network(links);
  return network.MeanSize(network.Cascade({links.start}, p), replicas, run_seed);
}

TEST(ModelClosedFormsTest, PathsStarsAndTrees) {
  ExpectNear(MeanCascade(Path(101), .9, 10'000, 1), 9.99976094741, "path");
  TestGraph star = FriendlyStar(1000);
  ExpectNear(MeanCascade(star, .1, 2000, 2), 101, "star, from the hub");
  star.start = 20;
  ExpectNear(MeanCascade(star, .1, 10'000, 3), 11.09, "star, from a leaf");
  ExpectNear(MeanCascade(Tree(2, 10), .5, 10'000, 4), 11, "binary tree");
  ExpectNear(MeanCascade(Tree(3, 8), .3, 10'000, 5), 6.12579511, "ternary tree");
  ExpectNear(MeanCascade(Tree(5, 7), .3, 2000, 6), 49.2578125, "5-ary tree");
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
    const Network network(links);
    const auto lanes = network.Run({network.Cascade({links.start}, c.p)}, 10'000, 6).lanes;
    Mean sizes, squares;
    double alone = 0;
    for (const LaneOutcome& lane : lanes) {
      sizes.Add(Size(lane));
      squares.Add(Size(lane) * Size(lane));
      alone += lane.forwards == 1 ? 1 : 0;
    }
    ExpectNear(sizes, c.mean, "mean");
    ExpectNear(squares, c.deviation * c.deviation + c.mean * c.mean, "second moment");
    ExpectShare(alone, sizes.count, std::pow(1 - c.p, c.members - 1), "nobody else");
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
    const Network network(links);
    MessageSpec message = network.Message();
    message.acceptance.kind = Acceptance::Kind::kLinearEqual;
    ExpectNear(network.MeanSize(message, 10'000, 7), c.mean, links.name.c_str());
  }
}

// An epidemic on a tree away from its root: each child is infected with the transmissibility of its link.
TEST(ModelClosedFormsTest, EpidemicsOnTreesGrowWithTheirTransmissibility) {
  struct Case {
    double infection, recovery, transmissibility;
  };
  for (const Case& c :
       {Case{.5, .2, .8333333}, Case{.05, .5, .0952381}, Case{.02, .1, .1694915}, Case{.1, 1, .1}}) {
    const TestGraph links = Tree(3, 5);
    const Network network(links);
    for (const bool with_onset : {false, true}) {
      MessageSpec message = network.Cascade({links.start}, c.infection);
      message.epidemic.emplace();
      message.epidemic->recovery = P(c.recovery);
      if (with_onset) message.epidemic->onset = P(.3);
      double expected = 0;
      for (int level = 0; level <= 5; ++level) expected += std::pow(3 * c.transmissibility, level);
      ExpectNear(network.MeanSize(message, 2000, 8), expected,
                 absl::StrCat("infection ", c.infection).c_str());
    }
  }
}

// Large sparse random graphs: each member infects a Poisson number of others, so sizes are Borel-distributed.
TEST(ModelClosedFormsTest, SmallCascadesInLargeGraphsAreBorel) {
  constexpr std::uint32_t kMembers = 40'000, kMessages = 50, kRuns = 100;
  TestRandom random(1);
  const Network network(ErdosRenyi(random, kMembers, 4));
  Mean sizes, squares;
  double counts[6] = {};
  for (std::uint32_t run = 0; run < kRuns; ++run) {
    std::vector<MessageSpec> messages;
    for (std::uint32_t i = 0; i < kMessages; ++i) {
      messages.push_back(
          network.Cascade({MemberKey{run * kMessages + i} * (kMembers / kMessages / kRuns)}, .125));
    }
    for (const LaneOutcome& lane : network.Run(messages, 1, run).lanes) {
      sizes.Add(Size(lane));
      squares.Add(Size(lane) * Size(lane));
      if (lane.forwards <= 5) ++counts[lane.forwards];
    }
  }
  ExpectNear(sizes, 2, "mean");
  ExpectNear(squares, 4 + 2 * 2, "second moment");
  const double expected[] = {0, .60653066, .18393972, .08367381, .04511176, .02672038};
  for (int size = 1; size <= 5; ++size) {
    ExpectShare(counts[size], sizes.count, expected[size], absl::StrCat("size ", size).c_str());
  }
}

// Not only how many, but when: new members at each step, for a million members of whom 5,000 begin.
TEST(ModelClosedFormsTest, CascadesTakeTheTimeThatTheoryGivesThem) {
  const std::vector<double> expected = {5000,    7928.2,  12442.1, 19210.5, 28919.8, 41893.9,
                                        57351.7, 72532.3, 82695.4, 83286.2, 73451.6, 57134.9,
                                        40025.2, 25937.6, 15942.9, 9476.2};
  constexpr std::uint32_t kMembers = 20'000;
  std::vector<Mean> found(expected.size());
  Mean reached;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TestRandom random(seed);
    const Network network(ErdosRenyi(random, kMembers, 4));
    std::set<MemberKey> seeds;
    while (seeds.size() < kMembers / 200) seeds.insert(random.Below(kMembers));
    const ClusterOutcome outcome = network.Run({network.Cascade(seeds, .4)}, 1, seed);
    reached.Add(Size(outcome.lanes[0]));
    ASSERT_GE(outcome.steps.size(), expected.size());
    for (std::size_t t = 0; t < expected.size(); ++t) {
      found[t].Add(static_cast<double>(outcome.steps[t].forwards));
    }
  }
  ExpectNear(reached, .6461258 * kMembers, "reached");
  for (std::size_t t = 0; t < expected.size(); ++t) {
    ExpectNear(found[t], expected[t] / 1e6 * kMembers, absl::StrCat("step ", t).c_str());
  }
}

// Random friendships between members who have 3, 6, 3, 6 or 20 each.
TestGraph ByNumbersOfFriends(TestRandom& random, std::uint32_t members) {
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
  return graph;
}

TEST(ModelClosedFormsTest, LargeCascadesReachTheGiantComponent) {
  constexpr std::uint32_t kMembers = 20'000;
  Mean reached;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    TestRandom random(seed);
    const Network network(ByNumbersOfFriends(random, kMembers));
    Mean large;
    for (const LaneOutcome& lane : network.Run({network.Cascade({4}, 1.0 / 6)}, 30, seed).lanes) {
      if (Size(lane) > kMembers / 10.0) large.Add(Size(lane) / kMembers);
    }
    reached.Add(large.mean());
  }
  // A few in ten thousand friendships are doubles, which are left out.
  ExpectNear(reached, .48438187, "of all, by large cascades", .001);
}

// NetHEPT, every link with probability .1: spreads of the first seed members that CELF chose, each the mean
// of 10,000 runs. CELF's own estimates are a little high, for it chooses by them: 0.3% are allowed for this.
TEST(ModelClosedFormsTest, SpreadsInNetHeptAreAsPublished) {
  const char* const folder = std::getenv("LAWINE_TEST_DATA");
  if (folder == nullptr || *folder == '\0') GTEST_SKIP() << "skipped: no data";
  const absl::StatusOr<EdgeList> edges =
      ReadEdgeFile(std::filesystem::path(folder) / "nethept_ic_0.1.inf.gz",
                   {.columns = ParseEdgeColumns("from,to,probability", false).value()});
  ASSERT_TRUE(edges.ok()) << edges.status();
  TestGraph links{.name = "NetHEPT", .links = {}};
  for (const KeyedLink& link : edges->links.unsorted()) {
    if (link.from != link.to) links.links.emplace_back(link.from, link.to);
  }
  const Network network(links);
  const std::set<MemberKey> ten = {100, 9994, 559, 9273, 7858, 13245, 66, 639, 192, 412};
  ExpectNear(network.MeanSize(network.Cascade({100}, .1), 2000, 9), 643.95, "the first", .003 * 643.95);
  ExpectNear(network.MeanSize(network.Cascade(ten, .1), 2000, 10), 783.51, "the first ten", .003 * 783.51);
}

}  // namespace
}  // namespace lawine
