#include "tests/support/graphs.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"

namespace lawine {
namespace {

MemberKey Key(std::uint32_t number) { return 10 * (MemberKey{number} + 1); }

TestGraph Named(std::string name) { return {.name = std::move(name), .links = {}, .start = Key(0)}; }

}  // namespace

void AddFriendship(TestGraph& graph, MemberKey a, MemberKey b) {
  graph.links.emplace_back(a, b);
  graph.links.emplace_back(b, a);
}

//  10 -> 20 -> 30 -> 40 -> 50
TestGraph Path(std::uint32_t members) {
  TestGraph graph = Named(absl::StrCat("path of ", members));
  graph.extra_members = {Key(0)};
  for (std::uint32_t i = 1; i < members; ++i) graph.links.emplace_back(Key(i - 1), Key(i));
  return graph;
}

//  20 <- 10 -> 30
//         |
//         v
//         40
TestGraph OutStar(std::uint32_t leaves) {
  TestGraph graph = Named(absl::StrCat("star of ", leaves, ", outwards"));
  for (std::uint32_t i = 1; i <= leaves; ++i) graph.links.emplace_back(Key(0), Key(i));
  return graph;
}

//  20 -> 10 <- 30
//         ^
//         |
//         40
TestGraph InStar(std::uint32_t leaves) {
  TestGraph graph = Named(absl::StrCat("star of ", leaves, ", inwards"));
  for (std::uint32_t i = 1; i <= leaves; ++i) graph.links.emplace_back(Key(i), Key(0));
  graph.start = Key(1);
  return graph;
}

TestGraph FriendlyStar(std::uint32_t leaves) {
  TestGraph graph = Named(absl::StrCat("star of ", leaves, ", both ways"));
  for (std::uint32_t i = 1; i <= leaves; ++i) AddFriendship(graph, Key(0), Key(i));
  return graph;
}

//     10 --- 20
//    /         \      every line both ways
//  50           30
//    \         /
//     `-- 40 -'
TestGraph Cycle(std::uint32_t members) {
  TestGraph graph = Named(members == 3 ? "triangle" : absl::StrCat("cycle of ", members));
  for (std::uint32_t i = 0; i < members; ++i) AddFriendship(graph, Key(i), Key((i + 1) % members));
  return graph;
}

//  10 --- 20
//   | \ / |      every line both ways
//   | / \ |
//  30 --- 40
TestGraph Complete(std::uint32_t members) {
  TestGraph graph = Named(absl::StrCat("K", members));
  for (std::uint32_t a = 0; a < members; ++a) {
    for (std::uint32_t b = 0; b < a; ++b) AddFriendship(graph, Key(a), Key(b));
  }
  return graph;
}

//            10
//         v      v
//       20        30        children of member i of 0, 1, 2 ...: d i + 1 to d i + d
//      v  v      v  v
//     40  50    60  70
TestGraph Tree(std::uint32_t children, std::uint32_t depth) {
  TestGraph graph = Named(absl::StrCat(children, "-ary tree of depth ", depth));
  std::uint32_t inner = 0;
  for (std::uint32_t level = 0, width = 1; level < depth; ++level, width *= children) inner += width;
  for (std::uint32_t i = 0; i < inner; ++i) {
    for (std::uint32_t c = 1; c <= children; ++c) graph.links.emplace_back(Key(i), Key(children * i + c));
  }
  return graph;
}

//  10 -> 20 -> 30      40 <-> 50
//   ^__________/
TestGraph TwoComponents() {
  TestGraph graph = Named("two components");
  graph.links = {{10, 20}, {20, 30}, {30, 10}, {40, 50}, {50, 40}};
  return graph;
}

//  5   10 <-> 20   25   30   (5, 25 and 30 have no links)
TestGraph IsolatedMembers() {
  TestGraph graph = Named("isolated members");
  graph.links = {{10, 20}, {20, 10}};
  graph.extra_members = {5, 25, 30};
  return graph;
}

//       20
//      ^   v
//   10       40 -> 50      40 gets it twice in one step
//      v   ^
//       30
TestGraph Diamond() {
  TestGraph graph = Named("diamond");
  graph.links = {{10, 20}, {10, 30}, {20, 40}, {30, 40}, {40, 50}};
  return graph;
}

//  10 -> 20 -> HUB -> 1000 .. 1199, of whom every tenth also reaches the next; 1199 reaches HUB and 10
TestGraph Hub() {
  TestGraph graph = Named("hub");
  constexpr MemberKey kHub = 500;
  graph.links = {{10, 20}, {20, kHub}, {1199, kHub}, {1199, 10}};
  for (MemberKey leaf = 1000; leaf < 1200; ++leaf) {
    graph.links.emplace_back(kHub, leaf);
    if (leaf % 10 == 0) graph.links.emplace_back(leaf, leaf + 1);
  }
  return graph;
}

std::vector<TestGraph> NamedGraphs() {
  return {Path(1),   Path(5),     OutStar(7),   InStar(7),  FriendlyStar(7), Cycle(3),
          Cycle(5),  Complete(4), Tree(2, 3),   Tree(3, 5), TwoComponents(), IsolatedMembers(),
          Diamond(), Hub(),       Complete(40), Path(300)};
}

TestGraph RandomGraph(TestRandom& random, std::uint32_t members, std::uint64_t numerator,
                      std::uint64_t denominator) {
  TestGraph graph =
      Named(absl::StrCat("random, ", members, " members, density ", numerator, "/", denominator));
  const int key_bits = random.OneIn(2) ? 64 : 16;
  std::set<MemberKey> keys;
  while (keys.size() < members) keys.insert(random.Next() >> (64 - key_bits));
  graph.extra_members.assign(keys.begin(), keys.end());
  for (const MemberKey from : keys) {
    for (const std::uint32_t to : random.Subset(members, numerator, denominator)) {
      if (graph.extra_members[to] != from) graph.links.emplace_back(from, graph.extra_members[to]);
    }
  }
  graph.start = graph.extra_members[random.Below(members)];
  return graph;
}

TestGraph ErdosRenyi(TestRandom& random, std::uint32_t members, std::uint32_t mean) {
  TestGraph graph{.name = absl::StrCat("Erdos-Renyi, ", members, " members, mean ", mean), .links = {}};
  std::set<KeyPair> pairs;
  while (pairs.size() < std::uint64_t{members} * mean / 2) {
    const MemberKey a = random.Below(members), b = random.Below(members);
    if (a < b) pairs.emplace(a, b);
  }
  for (const auto& [a, b] : pairs) AddFriendship(graph, a, b);
  for (std::uint32_t m = 0; m < members; ++m) graph.extra_members.push_back(m);
  return graph;
}

JudgeGraph ForJudge(const TestGraph& graph) {
  JudgeGraph judged;
  for (const MemberKey key : graph.extra_members) judged[key];
  for (const auto& [from, to] : graph.links) {
    judged[from].push_back(to);
    judged[to];
  }
  return judged;
}

}  // namespace lawine
