// How lawine-coordinator's command line says how runs are treated.
#ifndef LAWINE_SERVICES_COORDINATOR_RUN_FLAGS_H_
#define LAWINE_SERVICES_COORDINATOR_RUN_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/status.h"
#include "services/coordinator/runs/run_options.h"

namespace lawine {

// Adds the flags to `app`; both must outlive it until Apply.
class RunFlags {
 public:
  RunFlags(CLI::App& app, RunsOptions& options);
  // Call when the command line is read. INVALID_ARGUMENT names the flag.
  absl::Status Apply();

 private:
  RunsOptions& options_;
  std::string keep_every_;
  std::string checkpoint_every_;
  std::string recover_within_;
  std::string keep_results_;
  std::string results_max_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUN_FLAGS_H_
