// Scenario files: JSON of lawine.v1.Scenario, read strictly and written whole.
#ifndef LAWINE_SERVICES_COMMON_JSON_SCENARIO_JSON_H_
#define LAWINE_SERVICES_COMMON_JSON_SCENARIO_JSON_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lawine/v1/scenario.pb.h"
#include "services/common/json/message_json.h"

namespace lawine {

// Reads the fields of the Scenario descriptor by their snake_case names; // and /* */ comments are skipped.
// Enums are words, short or whole ("NEUTRAL", "SENTIMENT_NEUTRAL"); external ids are strings or whole
// numbers. INVALID_ARGUMENT lists, a line each, every unknown, repeated, wrongly typed, partial or
// contradictory field by its path ("model.forward.probabilty: unknown field; did you mean probability?"),
// or says where the text is no JSON.
absl::StatusOr<v1::Scenario> ParseScenarioJson(std::string_view text);

// The rules that the types do not express: ranges, one seed rule, one model. INVALID_ARGUMENT as above.
absl::Status CheckScenario(const v1::Scenario& scenario);

// What ParseScenarioJson reads back as the same scenario.
Json ScenarioToJson(const v1::Scenario& scenario);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_JSON_SCENARIO_JSON_H_
