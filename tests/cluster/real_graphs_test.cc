// Real, public graphs, streamed to a cluster as they are (compressed or not), against the judge. They are
// read from the folder that the environment variable LAWINE_TEST_DATA names.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/graph/edge_reader.h"
#include "gtest/gtest.h"
#include "tests/cluster/spread.h"
#include "tests/cluster/test_cluster.h"
#include "tests/support/shards.h"

namespace lawine {
namespace {

struct RealGraph {
  const char* name;
  const char* file;
  bool undirected;
  const char* row;
  std::uint32_t header_lines;
};

constexpr RealGraph kGraphs[] = {{"karate", "karate.txt", true, "member,member", 1},
                                 {"facebook", "facebook_combined.txt.gz", true, "member,member", 0},
                                 {"wiki-vote", "Wiki-Vote.txt.gz", false, "from,to", 0},
                                 {"email-eu", "email-Eu-core.txt.gz", false, "from,to", 0},
                                 {"slashdot", "soc-Slashdot0902.txt.gz", false, "from,to", 0},
                                 {"deezer-hu", "deezer_HU_edges.csv.gz", true, "member,member", 0}};

Network Read(const RealGraph& graph, const std::string& content) {
  EdgeReader reader({.undirected = graph.undirected,
                     .columns = ParseEdgeColumns(graph.row, graph.undirected).value(),
                     .header_lines = graph.header_lines});
  reader.BeginFile(graph.file);
  EXPECT_TRUE(reader.Append(content).ok() && reader.EndFile().ok());
  EdgeListCounts counts;
  Network network;
  network.source = MakeEdgeListSource(reader.TakeEdges(), counts).value();
  network.judged = JudgedByKeys(*network.source);
  return network;
}

pb::ImportOptions OptionsFor(const RealGraph& graph) {
  pb::ImportOptions options;
  options.set_name(graph.name);
  options.set_undirected(graph.undirected);
  options.set_row(graph.row);
  options.set_header_lines(graph.header_lines);
  options.set_shards(7);
  return options;
}

TEST(RealGraphsTest, SpreadAsJudged) {
  const char* const folder = std::getenv("LAWINE_TEST_DATA");
  if (folder == nullptr || *folder == '\0') GTEST_SKIP() << "skipped: no data";
  TestCluster cluster({.workers = 2, .threads = 2});
  for (const RealGraph& graph : kGraphs) {
    SCOPED_TRACE(graph.name);
    std::ifstream file(std::filesystem::path(folder) / graph.file, std::ios::binary);
    if (!file) continue;
    std::ostringstream content;
    content << file.rdbuf();
    const Network network = Read(graph, content.str());
    const auto imported = cluster.client().Import(OptionsFor(graph), {{graph.file, content.str()}});
    ASSERT_TRUE(imported.ok()) << Text(imported.status);
    EXPECT_EQ(imported.value.graph().members(), network.judged.size());
    const Spread spread{.seeds = network.BestConnected(2), .probability = 0.2, .run_seed = 17};
    const auto result = cluster.client().Simulate(ScenarioOf(spread, network, graph.name));
    ASSERT_TRUE(result.ok()) << Text(result.status);
    EXPECT_EQ(Difference(Judge(network, spread), result.value), "");
    EXPECT_EQ(result.value.digest(), LocalDigest(network, spread, 4));
  }
}

}  // namespace
}  // namespace lawine
