// Networks that both a cluster and the judge are given, messages that spread over them, and what differs.
#ifndef LAWINE_TESTS_CLUSTER_SPREAD_H_
#define LAWINE_TESTS_CLUSTER_SPREAD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/generator.h"
#include "engine/graph/link_source.h"
#include "tests/cluster/client.h"
#include "tests/support/graphs.h"
#include "tests/support/judge.h"

namespace lawine {

struct Network {
  std::shared_ptr<const LinkSource> source;  // for an in-process cluster
  JudgeGraph judged;
  std::map<MemberKey, std::string> names;  // external ids; empty where an id is its key
  std::string edge_list;                   // "from to" rows; empty for generated networks
  std::optional<GeneratorSpec> generated;

  std::string IdOf(MemberKey key) const;
  // Members by falling audience, ties by key.
  std::vector<MemberKey> BestConnected(std::size_t count) const;
};

// The links of a test graph as an edge list; members without links are left out, rows cannot name them.
Network WithIntegerIds(const TestGraph& graph);
Network WithStringIds(const TestGraph& graph);
Network Generated(const std::string& preset, std::uint32_t members, std::uint32_t links_per_member);

// The judge's graph of an imported source, by the keys of its members.
JudgeGraph JudgedByKeys(const LinkSource& source);

// Gives the network to the cluster, through CreateGraph or ImportGraph.
Answer<pb::Graph> Load(Client& client, const Network& network, const std::string& name, std::uint32_t shards);

struct Spread {
  std::vector<MemberKey> seeds;
  double probability = 0.1;
  std::uint64_t run_seed = 1;
  std::optional<std::uint32_t> max_steps = {};
  std::uint32_t replicas = 1;
  std::uint32_t first_replica = 0;
};

pb::Scenario ScenarioOf(const Spread& spread, const Network& network, const std::string& graph);

// One verdict per replica.
std::vector<Verdict> Judge(const Network& network, const Spread& spread);
// The first difference in words, empty when there is none.
std::string Difference(const std::vector<Verdict>& verdicts, const pb::RunResult& result);
std::string Difference(const Verdict& verdict, const Network& network,
                       const std::map<std::string, ReceiptSteps>& receipts);
// Digest over all replicas of the same spread in one process, in `shards` shards.
std::string LocalDigest(const Network& network, const Spread& spread, std::uint32_t shards);

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_SPREAD_H_
