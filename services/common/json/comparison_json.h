// Comparison files: JSON of lawine.v1.Comparison, read strictly; and what was found.
#ifndef LAWINE_SERVICES_COMMON_JSON_COMPARISON_JSON_H_
#define LAWINE_SERVICES_COMMON_JSON_COMPARISON_JSON_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "lawine/v1/comparison.pb.h"
#include "services/common/json/message_json.h"

namespace lawine {

// Reads what the types express, as ParseScenarioJson does; whoever compares checks the rest.
absl::StatusOr<v1::Comparison> ParseComparisonJson(std::string_view text);

// The form that `lawine compare -o json` promises.
Json ComparisonResultToJson(const v1::ComparisonResult& result);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_JSON_COMPARISON_JSON_H_
