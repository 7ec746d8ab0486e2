#include "services/cli/text/ensemble_text.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/text/result_text.h"
#include "services/cli/text/text.h"
#include "services/common/json/result_json.h"
#include "services/common/process.h"
#include "services/coordinator/statistics/ensemble.h"
#include "tests/support/temp_directory.h"

namespace lawine::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// Each replica reaches so many of 1,000 members.
v1::RunResult ResultOf(const std::vector<std::uint64_t>& reaches) {
  v1::RunResult result;
  result.set_graph("hyves");
  result.set_graph_members(1'000);
  result.mutable_scenario()->set_replicas(static_cast<std::uint32_t>(reaches.size()));
  result.mutable_scenario()->set_run_seed(1);
  v1::SeedMember& seed = *result.add_seed_members();
  seed.set_id("1");
  seed.set_audience(3);
  std::vector<LaneOutcome> lanes;
  for (const std::uint64_t reach : reaches) {
    LaneOutcome& lane = lanes.emplace_back();
    lane.last_step = reach > 10 ? 5 : 1;
    lane.deliveries = 2 * reach;
    lane.reach = reach;
    lane.duplicates = reach + 1;
    lane.forwards = reach / 10;
    v1::ReplicaResult& replica = *result.add_replicas();
    replica.set_replica(static_cast<std::uint32_t>(lanes.size() - 1));
    replica.set_digest("ab");
    replica.set_reason_stopped(v1::REASON_STOPPED_NOTHING_PENDING);
    replica.mutable_totals()->set_reach(reach);
    replica.mutable_totals()->set_steps(lane.last_step);
  }
  *result.mutable_ensemble() = MakeEnsemble(lanes, result.graph_members());
  return result;
}

TEST(EnsembleSentence, SaysNothingOfDyingOutWhereItCannotBeTold) {
  v1::RunResult result = ResultOf({960, 970});
  result.mutable_ensemble()->set_dying_out_below(0);
  EXPECT_EQ(
      EnsembleSentence(result),
      "In 2 realisations the message reached 965 of 1,000 members on average, half of them between 960 and "
      "970.");
}

TEST(EnsembleSentence, SaysWhatIsLikelyAndHowOftenItDiedOut) {
  EXPECT_EQ(
      EnsembleSentence(ResultOf({1, 900, 910, 920})),
      "In 4 realisations the message reached 683 of 1,000 members on average, half of them between 1 and "
      "910; it died out (before 50 had it) in 25.00% of them.");
  EXPECT_THAT(EnsembleSentence(ResultOf({1, 2})), HasSubstr("reached 1.5 of 1,000 members"));
  EXPECT_THAT(EnsembleSentence(ResultOf({1, 2})), HasSubstr("in all of them."));
  EXPECT_THAT(EnsembleSentence(ResultOf({500, 600})), HasSubstr("in none of them."));
  EXPECT_THAT(EnsembleSentence(ResultOf({6, 6, 6, 99})),
              HasSubstr("on average, at least half of them 6; it"));
}

TEST(EnsembleTable, HasAColumnAMeasure) {
  const std::string table = EnsembleTable(ResultOf({100, 200, 300}).ensemble(), v1::Scenario(), false);
  EXPECT_THAT(table, ContainsRegex("members reached +deliveries +forwards +already had it +hops\n"));
  EXPECT_THAT(table, ContainsRegex("mean +200\\.0 +400\\.0 +20\\.0 +201\\.0 +5\\.0\n"));
  EXPECT_THAT(table, ContainsRegex("least +100 +200 +10 +101 +5\n"));
  EXPECT_THAT(table, ContainsRegex("median +200 +400 +20 +201 +5\n"));
  EXPECT_THAT(table, ContainsRegex("most +300 +600 +30 +301 +5\n"));
}

// Who has it of a threshold model has not accepted it yet, and who has not seen it never passes it on.
TEST(EnsembleSentence, TellsWhoAcceptedWhereThatIsNotWhoHasIt) {
  v1::RunResult result = ResultOf({600, 700});
  EXPECT_THAT(EnsembleSentence(result), HasSubstr("650 of 1,000 members on average, half"));
  v1::Model& model = *result.mutable_scenario()->mutable_model();
  model.mutable_linear_threshold();
  EXPECT_THAT(EnsembleSentence(result),
              HasSubstr("650 of 1,000 members on average (65 of them accepted it), half"));
  EXPECT_THAT(EnsembleTable(result.ensemble(), result.scenario(), false),
              ContainsRegex("deliveries +accepted"));
  EXPECT_THAT(Summary(result), HasSubstr(", accepted by "));
  model.mutable_threshold()->set_count(2);
  EXPECT_THAT(EnsembleSentence(result), HasSubstr("(65 of them accepted it)"));
  model.mutable_forward()->set_probability(0.5);
  model.set_seen_probability(0.5);
  EXPECT_THAT(EnsembleSentence(result), HasSubstr("(65 of them passed it on)"));
  EXPECT_THAT(Summary(result), HasSubstr(", forwarded by "));
}

TEST(PrecisionSentence, SaysWhereTooFewReplicasDiffer) {
  v1::Ensemble ensemble = ResultOf({2, 2, 2}).ensemble();
  EXPECT_EQ(PrecisionSentence(ensemble), "");
  ensemble.set_remark("In all 3 replicas reach is the same.");
  EXPECT_EQ(PrecisionSentence(ensemble),
            "In all 3 replicas reach is the same. What is 95% sure leaves them out.");
  v1::EnsemblePrecision& precision = *ensemble.mutable_precision();
  precision.set_measure("reach");
  precision.set_half_width(1);
  precision.set_met(true);
  precision.set_remark(ensemble.remark());
  EXPECT_EQ(
      PrecisionSentence(ensemble),
      "After 3 replicas the mean of reach is known to +/- 1.0: as well as asked. In all 3 replicas reach is "
      "the same.");
  precision.set_met(false);
  EXPECT_EQ(
      PrecisionSentence(ensemble),
      "After 3 replicas the mean of reach is known less well than asked, but no more replicas are allowed. "
      "In all 3 replicas reach is the same.");
}

TEST(ReachHistogram, ShowsTwoHumps) {
  const std::string text = ReachHistogram(ResultOf({1, 2, 2, 900, 950, 950, 955}).ensemble(), false);
  EXPECT_THAT(text, ContainsRegex("\n +0 +49 +3 +#+\n"));
  EXPECT_THAT(text, ContainsRegex("\n +50 +99 +0\n"));
  EXPECT_THAT(text, ContainsRegex("\n +950 +999 +3 +#+\n"));
}

TEST(EnsembleReport, OpensWithItsSentenceAndFits) {
  v1::RunResult result = ResultOf({1, 900, 910, 920});
  const std::string report = Report(result, false);
  EXPECT_EQ(report.find("In 4 realisations the message reached 683"), 0u);
  EXPECT_THAT(report, HasSubstr("These are 4 realisations of chance"));
  EXPECT_THAT(report, ContainsRegex("died within one hop +1 of 4 replicas \\(25\\.00%\\)\n"));
  for (const absl::string_view line : absl::StrSplit(report, '\n'))
    EXPECT_LE(line.size(), kTextWidth) << line;
}

TEST(EnsembleJson, IsThereOnlyForSeveralReplicas) {
  v1::RunResult result = ResultOf({1, 900, 910, 920});
  const Json ensemble = ResultToJson(result)["ensemble"];
  EXPECT_EQ(ensemble["replicas"], 4);
  EXPECT_EQ(ensemble["dying_out_share"], 0.25);
  EXPECT_EQ(ensemble["dying_out_below"], 50);
  for (const char* measure : {"reach", "deliveries", "forwards", "duplicates", "steps"}) {
    for (const char* statistic : {"mean", "ci95", "standard_deviation", "min", "max", "quantiles"}) {
      EXPECT_TRUE(ensemble["measures"][measure].contains(statistic)) << measure << " " << statistic;
    }
    EXPECT_FALSE(ensemble["histogram"][measure].empty()) << measure;
  }
  EXPECT_EQ(ensemble["measures"]["reach"]["mean"], 682.75);
  EXPECT_EQ(ensemble["measures"]["reach"]["quantiles"],
            Json::parse(R"({"p05": 1, "p25": 1, "p50": 900, "p75": 910, "p95": 920})"));
  result.clear_ensemble();
  EXPECT_FALSE(ResultToJson(result).contains("ensemble"));
}

class ReplicasFileTest : public ::testing::Test {
 protected:
  std::string Written(const v1::RunResult& result) {
    const std::string path = directory_.path() / "replicas.csv";
    auto file = OutputFile::Create(path);
    EXPECT_TRUE(file.ok() && WriteReplicas(result, *file).ok());
    return ReadFile(path).value_or("unreadable");
  }
  const TempDirectory directory_;
};

TEST_F(ReplicasFileTest, HasARowAReplica) {
  EXPECT_EQ(Written(ResultOf({3, 20})),
            "replica,reach,deliveries,forwards,duplicates,steps,digest,reason\n"
            "0,3,0,0,0,1,ab,NOTHING_PENDING\n"
            "1,20,0,0,0,5,ab,NOTHING_PENDING\n");
}

TEST_F(ReplicasFileTest, HasAColumnForACountedRate) {
  v1::RunResult result = ResultOf({3, 20});
  result.add_counted_rates()->set_field("model.forward.probability");
  for (v1::ReplicaResult& replica : *result.mutable_replicas()) replica.add_drawn_rates(0.25);
  EXPECT_THAT(Written(result),
              HasSubstr("reason,model.forward.probability\n0,3,0,0,0,1,ab,NOTHING_PENDING,0.25\n"));
}

TEST_F(ReplicasFileTest, HasARowForASingleOne) {
  v1::RunResult result;
  result.mutable_scenario()->set_first_replica(17);
  result.mutable_totals()->set_reach(4);
  result.set_digest("cd");
  result.set_reason_stopped(v1::REASON_STOPPED_MAX_STEPS);
  EXPECT_THAT(Written(result), HasSubstr("\n17,4,0,0,0,0,cd,MAX_STEPS\n"));
}

TEST_F(ReplicasFileTest, IsRefusedBeforeTheRunWhereItCannotBeWritten) {
  EXPECT_FALSE(OutputFile::Create(directory_.path() / "no" / "such" / "folder.csv").ok());
}

}  // namespace
}  // namespace lawine::cli
