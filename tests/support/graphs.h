// Graphs for tests: small named ones, drawn, and random ones. Links are pairs of member keys: what the
// first sends reaches the second. Keys have gaps, so that a key taken for a dense id shows.
#ifndef LAWINE_TESTS_SUPPORT_GRAPHS_H_
#define LAWINE_TESTS_SUPPORT_GRAPHS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "tests/support/judge.h"
#include "tests/support/test_random.h"

namespace lawine {

using KeyPair = std::pair<MemberKey, MemberKey>;

struct TestGraph {
  std::string name;
  std::vector<KeyPair> links;                 // no self-links, each once
  std::vector<MemberKey> extra_members = {};  // beside those the links name
  MemberKey start = 0;                        // where a message starts unless a test says otherwise
};

// Adds both directions.
void AddFriendship(TestGraph& graph, MemberKey a, MemberKey b);

TestGraph Path(std::uint32_t members);                        // 10 -> 20 -> 30 -> ...
TestGraph OutStar(std::uint32_t leaves);                      // 10 -> each leaf
TestGraph InStar(std::uint32_t leaves);                       // each leaf -> 10
TestGraph FriendlyStar(std::uint32_t leaves);                 // 10 <-> each leaf
TestGraph Cycle(std::uint32_t members);                       // 10 <-> 20 <-> ... <-> 10
TestGraph Complete(std::uint32_t members);                    // everyone <-> everyone
TestGraph Tree(std::uint32_t children, std::uint32_t depth);  // away from the root, 10
TestGraph TwoComponents();
TestGraph IsolatedMembers();
TestGraph Diamond();
TestGraph Hub();
std::vector<TestGraph> NamedGraphs();

// Every ordered pair with probability numerator / denominator; keys random, up to 64 bits.
TestGraph RandomGraph(TestRandom& random, std::uint32_t members, std::uint64_t numerator,
                      std::uint64_t denominator);
// Friendships: Erdos-Renyi with `mean` friends on average, keys 0 .. members-1.
TestGraph ErdosRenyi(TestRandom& random, std::uint32_t members, std::uint32_t mean);

JudgeGraph ForJudge(const TestGraph& graph);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_GRAPHS_H_
