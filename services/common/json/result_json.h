// The result of a run as JSON: the form that `lawine simulate -o json` promises.
#ifndef LAWINE_SERVICES_COMMON_JSON_RESULT_JSON_H_
#define LAWINE_SERVICES_COMMON_JSON_RESULT_JSON_H_

#include "lawine/v1/simulation.pb.h"
#include "services/common/json/message_json.h"

namespace lawine {

// `replicas` is there only when the run had several.
Json ResultToJson(const v1::RunResult& result);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_JSON_RESULT_JSON_H_
