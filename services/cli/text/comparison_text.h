// What a comparison found, in words and tables.
#ifndef LAWINE_SERVICES_CLI_TEXT_COMPARISON_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_COMPARISON_TEXT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lawine/v1/comparison.pb.h"
#include "services/cli/files/output_file.h"

namespace lawine::cli {

// Measures beside the usual ones that some variant tells: of goals, costs, monitors and reactions; and the
// one that decides.
std::vector<std::string> GoalMeasures(const v1::ComparisonResult& result);
// "members reached", "cost a thousand".
std::string MeasureTitle(const std::string& measure);
// REQUIRES: there is a measure of this name.
const v1::Distribution& DistributionIn(const v1::Ensemble& ensemble, const std::string& measure);
// The mean and half its interval, as people read that measure: "93.0% +/- 0.4%".
std::string MeanAndHalfWidth(const std::string& measure, const v1::Distribution& distribution,
                             const char* plus_minus);

// Its name, and where the message asked for starts in no replica that it never does.
std::string VariantName(const v1::VariantResult& variant);

// That seed members at random are one draw, and whose are; empty where nobody's are.
std::string SeedDrawSentence(const v1::ComparisonResult& result);

// Its answer, and where rates were counted how much of it is luck.
std::string DifferenceSentence(const v1::Difference& difference);

// Recommendation, variants, differences, by hop, warnings. Ends with a newline.
std::string ComparisonReport(const v1::ComparisonResult& result, bool color);

// A line for each difference of each measure: of,against,paired,step,measure,mean,low,high,more,less,same.
// Without a step it is the total. Ends the file.
absl::Status WriteDifferences(const v1::ComparisonResult& result, OutputFile& file);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_COMPARISON_TEXT_H_
