#include "services/coordinator/runs/run_options.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/limits.h"
#include "services/common/errors.h"

namespace lawine {

OwnerLimits LimitsOf(const RunsOptions& options, const std::string& owner) {
  return owner.empty() || options.limits_of == nullptr ? OwnerLimits() : options.limits_of(owner);
}

absl::Status CheckQuota(const RunsOptions& options, const std::string& owner,
                        const lawine::v1::Estimate& estimate) {
  const OwnerLimits limits = LimitsOf(options, owner);
  const double mib = static_cast<double>(estimate.memory_bytes()) / (1 << 20);
  std::string what;
  if (limits.run_seconds > 0 && estimate.seconds() > limits.run_seconds) {
    what = absl::StrFormat(
        "work for %d s, and this one is expected to for %.0f s, with about %.1e deliveries: ask for fewer "
        "replicas, or set stop.max_steps",
        limits.run_seconds, std::ceil(estimate.seconds()), static_cast<double>(estimate.deliveries()));
  } else if (limits.run_memory_mib > 0 && mib > limits.run_memory_mib) {
    what = absl::StrFormat(
        "take %d MiB of memory beside its graph, and this one is expected to take %.0f MiB: ask for fewer "
        "messages, or no receipts",
        limits.run_memory_mib, std::ceil(mib));
  }
  if (what.empty()) return absl::OkStatus();
  return WithReason(
      absl::ResourceExhaustedError(absl::StrCat("a run or a call of token '", owner, "' may ", what)),
      "RUN_QUOTA");
}

absl::Status CheckRunsOptions(const RunsOptions& options) {
  const auto expected = [](const char* option, const char* what, const std::string& found) {
    return absl::InvalidArgumentError(absl::StrCat(option, ": expected ", what, ", found ", found));
  };
  const auto duration = [](absl::Duration time) { return absl::FormatDuration(time); };
  if (options.at_once_max < 1 || options.at_once_max > limits::kRunsAtOnceMax) {
    return expected("runs at once", absl::StrCat("1 to ", limits::kRunsAtOnceMax).c_str(),
                    absl::StrCat(options.at_once_max));
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
