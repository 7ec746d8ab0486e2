#include "services/cli/text/sweep_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/process.h"
#include "services/coordinator/what_if/sweep.h"
#include "tests/support/temp_directory.h"

namespace lawine::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Two values; at each, half of a target of a million members and a bit less.
v1::SweepResult Result(const std::string& measure) {
  v1::SweepResult result;
  result.mutable_sweep()->mutable_scenario()->set_graph("g");
  result.mutable_sweep()->set_field("model.forward.probability");
  result.mutable_sweep()->set_measure(measure);
  for (const double value : {0.1, 0.2}) {
    v1::SweepPoint& point = *result.add_points();
    point.set_value(value);
    point.set_digest("ab");
    v1::EnsembleMeasures& measures = *point.mutable_ensemble()->mutable_measures();
    measures.mutable_reach()->set_mean(12);
    measures.mutable_target_share()->set_mean(500'000);
    measures.mutable_target_share()->mutable_ci95()->set_low(498'000);
    measures.mutable_target_share()->mutable_ci95()->set_high(502'000);
    measures.mutable_cost_per_thousand()->set_mean(0.345);
  }
  return result;
}

TEST(SweepReport, HasAColumnOfTheMeasureAskedFor) {
  EXPECT_THAT(SweepReport(Result("target_share"), false), HasSubstr("target share"));
  EXPECT_THAT(SweepReport(Result("target_share"), false), HasSubstr("50.0% +/- 0.2%"));
  EXPECT_THAT(SweepReport(Result("cost_per_thousand"), false), HasSubstr("cost a thousand"));
  EXPECT_THAT(SweepReport(Result("cost_per_thousand"), false), HasSubstr("0.345 +/- "));
  EXPECT_THAT(SweepReport(Result("reach"), false), Not(HasSubstr("cost a thousand")));
}

TEST(WriteSweep, EndsWithTheMeasureAskedFor) {
  const TempDirectory directory;
  const auto written = [&directory](const std::string& measure) {
    const std::string path = directory.path() / "sweep.csv";
    auto file = OutputFile::Create(path);
    EXPECT_TRUE(file.ok() && WriteSweep(Result(measure), *file).ok());
    return ReadFile(path).value_or("unreadable");
  };
  EXPECT_THAT(
      written("target_share"),
      HasSubstr("digest,target_share_percent_mean,target_share_percent_low,target_share_percent_high\n"));
  EXPECT_THAT(written("target_share"), HasSubstr("ab,50,49.799999999999997,50.200000000000003\n"));
  EXPECT_THAT(written("reach"), HasSubstr("variability,digest\n"));
}

TEST(SweepAnswer, TellsSharesInPercentAndThatNothingDiffers) {
  v1::SweepResult result = Result("target_share");
  EXPECT_EQ(
      SweepAnswer(result, true),
      "Over model.forward.probability, the mean target_share goes from 50.0% of the target where it is 0.1 "
      "to 50.0% of the target where it is 0.2; replicas do not differ in reach at any value.");
  result.mutable_points(1)->set_variability(0.5);
  EXPECT_THAT(SweepAnswer(result, true), HasSubstr("differ most is not inside this range."));
}

}  // namespace
}  // namespace lawine::cli
