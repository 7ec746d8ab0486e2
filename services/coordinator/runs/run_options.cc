#include "services/coordinator/runs/run_options.h"

#include "absl/strings/str_cat.h"

namespace lawine {

absl::Status CheckRunsOptions(const RunsOptions& options) {
  const auto expected = [](const char* option, const char* what, const std::string& found) {
    return absl::InvalidArgumentError(absl::StrCat(option, ": expected ", what, ", found ", found));
  };
  const auto duration = [](absl::Duration time) { return absl::FormatDuration(time); };
  if (options.at_once_max < 1 || options.at_once_max > 64) {
    return expected("runs at once", "1 to 64", absl::StrCat(options.at_once_max));
  }
  if (options.keep_every <= absl::ZeroDuration()) {
    return expected("keep every", "more than 0", duration(options.keep_every));
  }
  if (options.checkpoint_every < absl::ZeroDuration() ||
      (options.checkpoint_every > absl::ZeroDuration() && options.checkpoint_every < absl::Milliseconds(1))) {
    return expected("checkpoint every", "0 or 1 ms and more", duration(options.checkpoint_every));
  }
  if (options.recovery.recover_within < absl::ZeroDuration()) {
    return expected("recover within", "0 or more", duration(options.recovery.recover_within));
  }
  if (options.recovery.attempts_max < 1) return expected("attempts", "at least 1", "0");
  if (options.results_kept < absl::Seconds(1) || options.results_kept > absl::Hours(24 * 36'500)) {
    return expected("results kept", "1 s to 100 years", duration(options.results_kept));
  }
  return absl::OkStatus();
}

}  // namespace lawine
