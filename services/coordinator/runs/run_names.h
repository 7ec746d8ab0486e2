// What a run is called: by callers ("runs/17"), and in the registry.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_RUN_NAMES_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_RUN_NAMES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "services/common/errors.h"

namespace lawine {

inline std::string RunName(std::uint64_t run_id) { return absl::StrCat("runs/", run_id); }

// INVALID_ARGUMENT for anything but a run's name.
inline absl::StatusOr<std::uint64_t> ParseRunName(const std::string& name) {
  absl::string_view digits(name);
  std::uint64_t run_id = 0;
  if (absl::ConsumePrefix(&digits, "runs/") && absl::SimpleAtoi(digits, &run_id)) return run_id;
  return FieldError("name", absl::StrCat("expected runs/ and a number, found '", name, "'"));
}

// Registry keys. Those of runs sort by number.
inline std::string RunKey(std::uint64_t run_id) { return absl::StrFormat("run/%020d", run_id); }
inline std::string RunRequestKey(const std::string& request_id) {
  return absl::StrCat("request/run/", request_id);
}
inline std::string RunBlockPrefix(std::uint64_t run_id) { return absl::StrFormat("block/%020d/", run_id); }
inline std::string RunBlockKey(std::uint64_t run_id, std::uint32_t first_replica) {
  return absl::StrFormat("%s%010d", RunBlockPrefix(run_id), first_replica);
}
inline constexpr char kNextRunKey[] = "next_run";

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_RUN_NAMES_H_
