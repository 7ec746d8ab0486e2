// What a process says about itself, to operators and to whoever decides whether it is ready.
#ifndef LAWINE_SERVICES_COMMON_HEALTH_CHECK_H_
#define LAWINE_SERVICES_COMMON_HEALTH_CHECK_H_

#include <string>

#include "absl/status/status.h"

namespace lawine {

// Of this process alone: none may depend on others being there.
struct HealthCheck {
  std::string name;  // one word
  absl::Status status;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_HEALTH_CHECK_H_
