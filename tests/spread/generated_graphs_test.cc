// Generated networks against the judge, up to a hundred thousand members.
#include <algorithm>
#include <cctype>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/graph/generator.h"
#include "engine/spread/local_cluster.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/shards.h"

namespace lawine {
namespace {

struct Network {
  const char* preset;
  std::uint32_t members;
  std::uint32_t links_per_member_milli;
};

std::string NameOf(const testing::TestParamInfo<Network>& info) {
  std::string name = absl::StrCat(info.param.preset, info.param.members);
  std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0; });
  return name;
}

// The member with the largest audience: a start that nearly always spreads.
MemberKey BestConnected(const JudgeGraph& graph) {
  const auto smaller = [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); };
  return std::max_element(graph.begin(), graph.end(), smaller)->first;
}

class GeneratedGraphsTest : public testing::TestWithParam<Network> {
 protected:
  void ExpectAsJudged(const LinkSource& source, std::uint32_t shards_count, const JudgeRun& run,
                      const Verdict& verdict) {
    SCOPED_TRACE(absl::StrCat(shards_count, " shards"));
    const Shards shards = Shards::InMemory(source, BalancedPartition(source, shards_count));
    RunSpec spec = shards.SpecFor(run);
    spec.record_receipts = true;
    const auto outcome = LocalCluster(shards.images(), std::min(3u, shards_count)).Run(spec, pool_);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(Difference(verdict, outcome->lanes[0]), "");
    EXPECT_EQ(Difference(verdict, shards, outcome->receipts), "");
  }

  ThreadPool pool_{3};
};

TEST_P(GeneratedGraphsTest, SpreadsAsJudged) {
  GeneratorSpec spec;
  spec.preset = GetParam().preset;
  spec.members = GetParam().members;
  spec.links_per_member_milli = GetParam().links_per_member_milli;
  spec.graph_seed = 5;
  const auto source = MakeGenerator(spec, pool_);
  ASSERT_TRUE(source.ok()) << source.status();
  const JudgeGraph judged = ForJudge(**source);
  ASSERT_EQ(judged.size(), spec.members);
  for (const std::uint64_t percent : {10, 40}) {
    const JudgeRun run{.run_seed = 2009,
                       .forward = Threshold::FromFixed(Threshold::kOne / 100 * percent),
                       .seed_members = {BestConnected(judged)}};
    const Verdict verdict = Judge(judged, run);
    EXPECT_GT(verdict.receipt_steps.size(), spec.members / 100);
    for (const std::uint32_t shards_count : {1u, 2u, 4u, 7u, 64u})
      ExpectAsJudged(**source, shards_count, run, verdict);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, GeneratedGraphsTest,
                         testing::Values(Network{"hyves", 1'000, 20'000},
                                         Network{"twitter-nl", 3'000, 10'000},
                                         Network{"linkedin-nl", 5'000, 12'000},
                                         Network{"facebook-nl", 20'000, 15'000},
                                         Network{"hyves", 100'000, 10'000}),
                         NameOf);

}  // namespace
}  // namespace lawine
