// Traffic as JSON: the form of files, and of the result that `lawine traffic -o json` promises.
#ifndef LAWINE_SERVICES_COMMON_JSON_TRAFFIC_JSON_H_
#define LAWINE_SERVICES_COMMON_JSON_TRAFFIC_JSON_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "lawine/v1/traffic.pb.h"
#include "services/common/json/message_json.h"

namespace lawine {

// INVALID_ARGUMENT names every field that is wrong.
absl::StatusOr<v1::TrafficSpec> ParseTrafficJson(std::string_view text);

Json TrafficToJson(const v1::TrafficResult& result);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_JSON_TRAFFIC_JSON_H_
