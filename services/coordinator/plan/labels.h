// Words of the user's own: names and kinds. They go into answers, tables and files as they are.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_LABELS_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_LABELS_H_

#include <string>

#include "absl/status/status.h"
#include "lawine/v1/scenario.pb.h"

namespace lawine {

// INVALID_ARGUMENT for `path` above 64 bytes, and for control characters.
absl::Status CheckLabel(const std::string& path, const std::string& label);

// Kind and sentiment of what spreads, at `path`.
absl::Status CheckMessage(const std::string& path, const lawine::v1::Message& message);

// What is said of a value that the enum does not have.
std::string UnknownValue(const google::protobuf::EnumDescriptor& type, int value);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_LABELS_H_
