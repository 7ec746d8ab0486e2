#include "services/coordinator/run_flags.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/base/status_macros.h"
#include "services/common/size.h"

namespace lawine {
namespace {

absl::Status Read(const char* flag, const std::string& text, absl::Duration& duration) {
  if (text.empty() || absl::ParseDuration(text, &duration)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": expected a time such as 10s, 5m or 168h, found '", text, "'"));
}

}  // namespace

RunFlags::RunFlags(CLI::App& app, RunsOptions& options) : options_(options) {
  app.add_option("--runs-at-once", options.at_once_max,
                 "Runs that go on at the same time; further ones queue")
      ->capture_default_str();
  app.add_option(
         "--keep-every", keep_every_,
         "What is over of an ensemble is kept so often; the rest is done again when a process is lost "
         "(default: 10s)")
      ->type_name("TIME");
  app.add_option("--checkpoint-every", checkpoint_every_,
                 "What a run of one replica has come to is kept so often, on the workers; 0: never "
                 "(default: 60s)")
      ->type_name("TIME");
  app.add_option("--recover-within", recover_within_,
                 "A run that has lost workers waits so long for them before it fails (default: 10m)")
      ->type_name("TIME");
  app.add_option("--attempts-max", options.recovery.attempts_max,
                 "A run is begun so often without getting further before it fails")
      ->capture_default_str();
  app.add_option("--keep-results", keep_results_,
                 "Ended runs are forgotten after so long, unless pinned (default: 168h)")
      ->type_name("TIME");
  app.add_option("--results-max", results_max_,
                 "What ended runs may take on disk; above it the oldest are forgotten (default: 1GiB)")
      ->type_name("SIZE");
}

absl::Status RunFlags::Apply() {
  LAWINE_RETURN_IF_ERROR(Read("--keep-every", keep_every_, options_.keep_every));
  LAWINE_RETURN_IF_ERROR(Read("--checkpoint-every", checkpoint_every_, options_.checkpoint_every));
  LAWINE_RETURN_IF_ERROR(Read("--recover-within", recover_within_, options_.recovery.recover_within));
  LAWINE_RETURN_IF_ERROR(Read("--keep-results", keep_results_, options_.results_kept));
  LAWINE_ASSIGN_OR_RETURN(const auto results_max, ParseSizeFlag("--results-max", results_max_));
  options_.results_bytes_max = results_max.value_or(options_.results_bytes_max);
  return absl::OkStatus();
}

}  // namespace lawine
