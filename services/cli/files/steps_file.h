// Counts by step as CSV.
#ifndef LAWINE_SERVICES_CLI_FILES_STEPS_FILE_H_
#define LAWINE_SERVICES_CLI_FILES_STEPS_FILE_H_

#include "absl/status/status.h"
#include "lawine/v1/simulation.pb.h"
#include "services/cli/files/output_file.h"

namespace lawine::cli {

// A line for each step of each message, summed over replicas; then what members reached so far were by
// replica, where there are several and it is known. Ends the file.
absl::Status WriteSteps(const v1::RunResult& result, OutputFile& file);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_FILES_STEPS_FILE_H_
