// The result of traffic as JSON: the form that `lawine traffic -o json` promises.
#ifndef LAWINE_SERVICES_COMMON_JSON_TRAFFIC_JSON_H_
#define LAWINE_SERVICES_COMMON_JSON_TRAFFIC_JSON_H_

#include "lawine/v1/traffic.pb.h"
#include "services/common/json/message_json.h"

namespace lawine {

Json TrafficToJson(const v1::TrafficResult& result);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_JSON_TRAFFIC_JSON_H_
