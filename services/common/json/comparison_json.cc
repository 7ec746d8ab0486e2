#include "services/common/json/comparison_json.h"

#include "engine/base/status_macros.h"
#include "services/common/json/message_reader.h"

namespace lawine {

absl::StatusOr<v1::Comparison> ParseComparisonJson(std::string_view text) {
  v1::Comparison comparison;
  LAWINE_RETURN_IF_ERROR(ReadMessageJson(text, "comparison", comparison));
  return comparison;
}

Json ComparisonResultToJson(const v1::ComparisonResult& result) {
  return MessageToJson(result, /*empty=*/false);
}

}  // namespace lawine
