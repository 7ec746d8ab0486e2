// Scenario, comparison and traffic files of any bytes: refused with words, or read; what is read is written
// as what reads back the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "services/common/json/comparison_json.h"
#include "services/common/json/message_json.h"
#include "services/common/json/scenario_json.h"
#include "services/common/json/traffic_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto traffic = ParseTrafficJson(text);
  LAWINE_CHECK(traffic.ok() || absl::IsInvalidArgument(traffic.status()));
  const auto comparison = ParseComparisonJson(text);
  LAWINE_CHECK(comparison.ok() || absl::IsInvalidArgument(comparison.status()));
  const auto scenario = ParseScenarioJson(text);
  if (!scenario.ok()) {
    LAWINE_CHECK(absl::IsInvalidArgument(scenario.status()));
    LAWINE_CHECK(!scenario.status().message().empty());
    return 0;
  }
  const auto again = ParseScenarioJson(JsonText(ScenarioToJson(*scenario)));
  LAWINE_CHECK(again.ok());
  LAWINE_CHECK(again->SerializeAsString() == scenario->SerializeAsString());
  return 0;
}
