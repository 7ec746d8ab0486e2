// Real, public graphs against the judge. They are read from the folder that the environment variable
// LAWINE_TEST_DATA names.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/local_cluster.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/edge_file.h"
#include "tests/support/shards.h"

namespace lawine {
namespace {

struct RealGraph {
  const char* file;
  bool undirected;
  const char* row;
  std::uint32_t header_lines;
  friend void PrintTo(const RealGraph& graph, std::ostream* out) { *out << graph.file; }
};

absl::StatusOr<std::shared_ptr<const LinkSource>> Import(const std::filesystem::path& path,
                                                         const RealGraph& graph) {
  absl::StatusOr<EdgeList> edges =
      ReadEdgeFile(path, {.undirected = graph.undirected,
                          .columns = ParseEdgeColumns(graph.row, graph.undirected).value(),
                          .header_lines = graph.header_lines});
  if (!edges.ok()) return edges.status();
  EdgeListCounts counts;
  return MakeEdgeListSource(*std::move(edges), counts);
}

class RealGraphsTest : public testing::TestWithParam<RealGraph> {
 protected:
  void SetUp() override {
    const char* const folder = std::getenv("LAWINE_TEST_DATA");
    if (folder == nullptr || *folder == '\0') GTEST_SKIP() << "skipped: no data";
    path_ = std::filesystem::path(folder) / GetParam().file;
  }
  std::filesystem::path path_;
};

TEST_P(RealGraphsTest, SpreadsAsJudged) {
  const auto source = Import(path_, GetParam());
  ASSERT_TRUE(source.ok()) << source.status();
  const JudgeGraph judged = ForJudge(**source);
  ThreadPool pool(3);
  JudgeRun run{.run_seed = 17, .forward = Threshold::FromFixed(Threshold::kOne / 5)};
  std::size_t most = 0;
  for (const auto& [member, followers] : judged) {
    if (followers.size() <= most) continue;
    most = followers.size();
    run.seed_members = {member};
  }
  run.seed_members.insert(judged.begin()->first);
  const Verdict verdict = Judge(judged, run);
  for (const std::uint32_t shards_count : {1u, 2u, 4u, 7u}) {
    const Shards shards = Shards::InMemory(**source, BalancedPartition(**source, shards_count));
    RunSpec spec = shards.SpecFor(run);
    spec.record_receipts = true;
    const auto outcome = LocalCluster(shards.images(), std::min(3u, shards_count)).Run(spec, pool);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(Difference(verdict, outcome->lanes[0]), "") << shards_count << " shards";
    EXPECT_EQ(Difference(verdict, shards, outcome->receipts), "") << shards_count << " shards";
  }
}

std::string NameOf(const testing::TestParamInfo<RealGraph>& graph) {
  std::string name = graph.param.file;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, RealGraphsTest,
                         testing::Values(RealGraph{"karate.txt", true, "member,member", 1},
                                         RealGraph{"facebook_combined.txt.gz", true, "member,member", 0},
                                         RealGraph{"soc-Slashdot0902.txt.gz", false, "from,to", 0},
                                         RealGraph{"Wiki-Vote.txt.gz", false, "from,to", 0},
                                         RealGraph{"email-Eu-core.txt.gz", false, "from,to", 0},
                                         RealGraph{"deezer_HU_edges.csv.gz", true, "member,member", 0},
                                         RealGraph{"deezer_RO_edges.csv.gz", true, "member,member", 0},
                                         RealGraph{"higgs-retweet_network.edgelist.gz", false,
                                                   "to,from,ignore", 0},
                                         RealGraph{"nethept_ic_0.1.inf.gz", false, "from,to,ignore", 0}),
                         NameOf);

}  // namespace
}  // namespace lawine
