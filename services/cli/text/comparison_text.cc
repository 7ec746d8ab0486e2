#include "services/cli/text/comparison_text.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status_macros.h"
#include "services/cli/text/ensemble_text.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/rate_text.h"
#include "services/cli/text/run_text.h"
#include "services/cli/text/text.h"
#include "services/coordinator/what_if/difference.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;

int DecimalsFor(double value) { return std::abs(value) >= 100 ? 0 : std::abs(value) >= 1 ? 1 : 2; }

std::string Signed(double value, int decimals) {
  return absl::StrCat(value > 0 ? "+" : "", Decimal(value, decimals));
}

// "+12.3 [10.1 to 14.5]"
std::string WithInterval(double mean, const v1::Interval& interval) {
  const int decimals = DecimalsFor(std::max(std::abs(interval.low()), std::abs(interval.high())));
  if (interval.low() == 0 && interval.high() == 0) return "0";
  return absl::StrCat(Signed(mean, decimals), " [", Decimal(interval.low(), decimals), " to ",
                      Decimal(interval.high(), decimals), "]");
}

// "12,345 +/- 67"
std::string MeanCell(const v1::Distribution& distribution) {
  const double half_width = (distribution.ci95().high() - distribution.ci95().low()) / 2;
  const int decimals = DecimalsFor(distribution.mean());
  return absl::StrCat(Decimal(distribution.mean(), decimals), " +/- ", Decimal(half_width, decimals));
}

// "step" where something takes time in any of them.
std::string StepWordOf(const v1::ComparisonResult& result) {
  const bool time = std::any_of(result.variants().begin(), result.variants().end(),
                                [](const v1::VariantResult& variant) { return HasTime(variant.scenario()); });
  return time ? "step" : "hop";
}

std::string VariantsTable(const v1::ComparisonResult& result, bool color) {
  std::vector<std::pair<std::string, Align>> columns = {{"mean of a replica", Align::kLeft},
                                                        {"members reached", Align::kRight},
                                                        {"deliveries", Align::kRight},
                                                        {"forwards", Align::kRight},
                                                        {StepWordOf(result) + "s", Align::kRight},
                                                        {"died out", Align::kRight}};
  const std::vector<std::string> goals = GoalMeasures(result);
  for (const std::string& goal : goals) columns.emplace_back(MeasureTitle(goal), Align::kRight);
  Table table(std::move(columns));
  for (const v1::VariantResult& variant : result.variants()) {
    const v1::EnsembleMeasures& measures = variant.ensemble().measures();
    std::vector<std::string> row = {
        VariantName(variant),          MeanCell(measures.reach()),          MeanCell(measures.deliveries()),
        MeanCell(measures.forwards()), Decimal(measures.steps().mean(), 1), DiedOutCell(variant.ensemble())};
    for (const std::string& goal : goals) {
      row.push_back(MeanAndHalfWidth(goal, DistributionIn(variant.ensemble(), goal), "+/-"));
    }
    table.AddRow(std::move(row));
  }
  return table.Render(color);
}

std::string DifferencesTable(const v1::ComparisonResult& result, bool color) {
  const std::string& measure = result.comparison().measure();
  const char* const unit = measure == "target_share" ? ", %" : "";
  Table table(
      {{absl::StrCat("difference in ", absl::StrReplaceAll(measure, {{"_", " "}}), unit), Align::kLeft},
       {"against", Align::kLeft},
       {"mean, 95% interval", Align::kRight},
       {"more in", Align::kRight},
       {"less in", Align::kRight},
       {"same in", Align::kRight},
       {"unpaired it takes", Align::kRight}});
  for (const v1::Difference& difference : result.differences()) {
    const v1::MeasureDifference& chosen = DifferenceIn(difference, measure);
    v1::Interval shown;
    shown.set_low(ShownOf(measure, chosen.ci95().low()));
    shown.set_high(ShownOf(measure, chosen.ci95().high()));
    const auto count = [&](std::uint32_t replicas) {
      return difference.paired() ? Thousands(replicas) : "-";
    };
    table.AddRow({difference.of(), difference.against(), WithInterval(ShownOf(measure, chosen.mean()), shown),
                  count(chosen.more()), count(chosen.less()), count(chosen.same()),
                  !difference.paired() ? "it is unpaired"
                  : chosen.has_unpaired_replicas()
                      ? Counted(chosen.unpaired_replicas(), "replica", "replicas")
                      : "-"});
  }
  return table.Render(color);
}

// Members reached so far, each variant against the base.
std::string StepsTable(const v1::ComparisonResult& result, bool color) {
  constexpr int kVariantsMax = 3;
  constexpr int kRowsMax = 40;
  const int variants = std::min(result.variants_size() - 1, kVariantsMax);
  std::vector<std::pair<std::string, Align>> columns = {{StepWordOf(result), Align::kRight}};
  int rows = 0;
  for (int v = 0; v < variants; ++v) {
    columns.emplace_back(result.differences(v).of(), Align::kRight);
    rows = std::max(rows, result.differences(v).steps_size());
  }
  Table table(std::move(columns));
  for (int t = 0; t < std::min(rows, kRowsMax); ++t) {
    std::vector<std::string> cells = {absl::StrCat(t)};
    for (int v = 0; v < variants; ++v) {
      const v1::Difference& difference = result.differences(v);
      const int last = std::min(t, difference.steps_size() - 1);  // what is reached stays reached
      const v1::DifferenceOfMeans& reach = difference.steps(last).reach();
      cells.push_back(WithInterval(reach.mean(), reach.ci95()));
    }
    table.AddRow(std::move(cells));
  }
  return absl::StrCat("members reached so far, difference from ", result.comparison().base_name(),
                      variants < result.variants_size() - 1
                          ? absl::StrCat(" (the first ", variants, "; all with --differences)")
                          : "",
                      "\n", table.Render(color));
}

std::string Answers(const v1::ComparisonResult& result) {
  std::string text;
  for (const v1::Difference& difference : result.differences())
    absl::StrAppend(&text, Wrap(absl::StrCat("* ", DifferenceSentence(difference)), 2), "\n");
  if (result.has_break_even())
    absl::StrAppend(&text, Wrap(absl::StrCat("* ", result.break_even().answer()), 2), "\n");
  if (const std::string draw = SeedDrawSentence(result); !draw.empty())
    absl::StrAppend(&text, Wrap(absl::StrCat("* ", draw), 2), "\n");
  return text;
}

std::string ComparisonFacts(const v1::ComparisonResult& result) {
  const v1::Scenario& base = result.comparison().base();
  return Facts({{"graph", base.graph()},
                {"replicas of each", Thousands(base.replicas())},
                {"run seed", absl::StrCat(base.run_seed())},
                {"time", Duration(result.timing().makespan_seconds())}});
}

std::string Row(const v1::Difference& difference, const std::string& step, const std::string& measure,
                double mean, const v1::Interval& interval) {
  return absl::StrCat(CsvField(difference.of()), ",", CsvField(difference.against()), ",",
                      difference.paired() ? "true" : "false", ",", step, ",", measure, ",",
                      absl::StrFormat("%.17g,%.17g,%.17g", mean, interval.low(), interval.high()));
}

// Rows of every field of a message of differences.
template <class Each>
void ForEachField(const google::protobuf::Message& message, const Each& each) {
  const google::protobuf::Descriptor& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const auto& field = *descriptor.field(i);
    if (field.cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    each(field.name(), message.GetReflection()->GetMessage(message, &field));
  }
}

std::string PrecisionText(const v1::ComparisonResult& result) {
  const v1::DifferencePrecision& precision = result.precision();
  const std::string share = precision.has_relative_half_width()
                                ? absl::StrCat(" (", Decimal(100 * precision.relative_half_width(), 2),
                                               "% of ", result.comparison().base_name(), ")")
                                : "";
  return absl::StrCat(
      "After ", Thousands(precision.replicas()), " replicas of each, differences from ",
      result.comparison().base_name(), " are known to +/- ",
      MeanText(result.comparison().measure(), precision.half_width()), share, ": ",
      precision.met() ? "as well as asked." : "less well than asked, but no more are allowed.");
}

}  // namespace

std::string VariantName(const v1::VariantResult& variant) {
  const v1::EnsembleMeasures& measures = variant.ensemble().measures();
  const bool starts = !measures.has_reach() || measures.reach().max() > 0;
  return starts ? variant.name() : variant.name() + " (never starts)";
}

std::string SeedDrawSentence(const v1::ComparisonResult& result) {
  std::vector<std::string> names;
  const v1::Scenario* scenario = nullptr;
  for (const v1::VariantResult& variant : result.variants()) {
    if (SeedDrawSentence(variant.scenario()).empty()) continue;
    names.push_back(absl::StrCat("'", variant.name(), "'"));
    scenario = &variant.scenario();
  }
  if (scenario == nullptr) return "";
  return SeedDrawSentence(*scenario, " of " + absl::StrJoin(names, ", "));
}

std::string DifferenceSentence(const v1::Difference& difference) {
  if (!difference.has_luck_and_ignorance()) return difference.answer();
  const v1::LuckAndIgnorance& found = difference.luck_and_ignorance();
  return absl::StrCat(difference.answer(), " ", LuckSentence(found, "this difference in " + found.measure()));
}

std::vector<std::string> GoalMeasures(const v1::ComparisonResult& result) {
  std::vector<std::string> goals;
  for (const char* const measure :
       {"people", "follows", "unfollows", "target_reach", "cost", "cost_per_thousand", "positive_reach",
        "negative_reach", "monitors", "first_sighting", "first_step", "steps_to_percent"}) {
    const auto* field = v1::EnsembleMeasures::descriptor()->FindFieldByName(measure);
    const bool told =
        std::any_of(result.variants().begin(), result.variants().end(), [field](const auto& variant) {
          const v1::EnsembleMeasures& measures = variant.ensemble().measures();
          return measures.GetReflection()->HasField(measures, field);
        });
    if (told) goals.emplace_back(measure);
  }
  const std::string& decides = result.comparison().measure();
  std::vector<std::string> shown = {"", "reach", "deliveries", "forwards", "steps"};
  shown.insert(shown.end(), goals.begin(), goals.end());
  if (std::find(shown.begin(), shown.end(), decides) == shown.end()) goals.push_back(decides);
  return goals;
}

std::string MeasureTitle(const std::string& measure) {
  if (measure == "reach") return "members reached";
  if (measure == "steps") return "last step";
  if (measure == "cost_per_thousand") return "cost a thousand";
  return absl::StrReplaceAll(measure, {{"_", " "}});
}

const v1::Distribution& DistributionIn(const v1::Ensemble& ensemble, const std::string& measure) {
  const v1::EnsembleMeasures& measures = ensemble.measures();
  const auto* field = v1::EnsembleMeasures::descriptor()->FindFieldByName(measure);
  return static_cast<const v1::Distribution&>(measures.GetReflection()->GetMessage(measures, field));
}

std::string MeanAndHalfWidth(const std::string& measure, const v1::Distribution& distribution,
                             const char* plus_minus) {
  const double half_width = (distribution.ci95().high() - distribution.ci95().low()) / 2;
  return absl::StrCat(MeanText(measure, distribution.mean()), " ", plus_minus, " ",
                      MeanText(measure, half_width));
}

std::string ComparisonReport(const v1::ComparisonResult& result, bool color) {
  const std::string headline = Wrap(result.recommendation());
  std::string text =
      absl::StrCat(color ? absl::StrCat("\033[1m", headline, "\033[0m") : headline, "\n", Answers(result),
                   "\n", VariantsTable(result, color), "\n", DifferencesTable(result, color), "\n",
                   StepsTable(result, color), "\n", ComparisonFacts(result), "\n");
  if (result.has_precision()) absl::StrAppend(&text, Wrap(PrecisionText(result)), "\n");
  for (const std::string& warning : result.warnings()) {
    absl::StrAppend(&text, Wrap(absl::StrCat("warning: ", warning), 9), "\n");
  }
  return text;
}

absl::Status WriteDifferences(const v1::ComparisonResult& result, OutputFile& file) {
  std::string text = "of,against,paired,step,measure,mean,low,high,more,less,same\n";
  for (const v1::Difference& difference : result.differences()) {
    ForEachField(difference.measures(), [&](const std::string& measure, const auto& message) {
      const auto& total = static_cast<const v1::MeasureDifference&>(message);
      absl::StrAppend(
          &text, Row(difference, "", measure, total.mean(), total.ci95()), ",",
          difference.paired() ? absl::StrCat(total.more(), ",", total.less(), ",", total.same()) : ",,",
          "\n");
    });
    for (const v1::StepDifference& step : difference.steps()) {
      ForEachField(step, [&](const std::string& measure, const auto& message) {
        const auto& at = static_cast<const v1::DifferenceOfMeans&>(message);
        absl::StrAppend(&text, Row(difference, absl::StrCat(step.step()), measure, at.mean(), at.ci95()),
                        ",,,\n");
      });
    }
  }
  LAWINE_RETURN_IF_ERROR(file.Write(text));
  return file.Finish();
}

}  // namespace lawine::cli
