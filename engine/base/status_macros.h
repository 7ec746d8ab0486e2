// Early return of a failed absl::Status or absl::StatusOr.
#ifndef LAWINE_ENGINE_BASE_STATUS_MACROS_H_
#define LAWINE_ENGINE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"

#define LAWINE_CONCAT_INNER(a, b) a##b
#define LAWINE_CONCAT(a, b) LAWINE_CONCAT_INNER(a, b)

#define LAWINE_RETURN_IF_ERROR(expression)                                  \
  do {                                                                      \
    if (absl::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)

#define LAWINE_ASSIGN_OR_RETURN(target, expression) \
  LAWINE_ASSIGN_OR_RETURN_INNER(LAWINE_CONCAT(or_return_, __LINE__), target, expression)
#define LAWINE_ASSIGN_OR_RETURN_INNER(temporary, target, expression) \
  auto temporary = (expression);                                     \
  if (!temporary.ok()) return std::move(temporary).status();         \
  target = *std::move(temporary)

#endif  // LAWINE_ENGINE_BASE_STATUS_MACROS_H_
