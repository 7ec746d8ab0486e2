// From a comparison to the scenarios it runs: defaults and checks.
#ifndef LAWINE_SERVICES_COORDINATOR_WHAT_IF_COMPARISON_PLAN_H_
#define LAWINE_SERVICES_COORDINATOR_WHAT_IF_COMPARISON_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lawine/v1/comparison.pb.h"
#include "services/common/json/field_path.h"

namespace lawine {

struct ComparisonPlan {
  struct Part {
    std::string name;
    std::string path;  // of what is wrong with it, in the request
    lawine::v1::Scenario scenario;
  };
  lawine::v1::Comparison comparison;  // with defaults
  std::vector<Part> parts;            // the base first
  // Parts by number, first against second: variants against the base, then the pairs asked for.
  std::vector<std::pair<std::size_t, std::size_t>> differences;
  std::size_t break_even_part = 0;  // REQUIRES: comparison.has_break_even(), as the next
  std::optional<FieldPath> break_even_field;
  std::vector<std::string> warnings;
};

// INVALID_ARGUMENT, with the field's path, for what cannot be compared. Scenarios are not complete: whether
// each makes sense is seen when it is planned.
absl::StatusOr<ComparisonPlan> PlanComparison(const lawine::v1::Comparison& comparison);

// Fills the default of `replicas`: 100, with until_precision 1,000, or as many as may be kept of `parts` such
// scenarios. INVALID_ARGUMENT for `path` unless there are enough to compare.
absl::Status CompleteReplicas(const std::string& path, std::size_t parts, lawine::v1::Scenario& scenario);
// INVALID_ARGUMENT for `path` when until_precision has to keep more than there is room for: all replicas of
// all scenarios that are compared, whose messages are `messages` together.
absl::Status CheckPreciseSize(const std::string& path, const lawine::v1::Scenario& complete,
                              std::uint64_t messages);
// INVALID_ARGUMENT for `path` when the field is one for all: replicas, first_replica, run_seed,
// until_precision, steps_to_percent.
absl::Status CheckMayChange(const std::string& path, const FieldPath& field);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WHAT_IF_COMPARISON_PLAN_H_
