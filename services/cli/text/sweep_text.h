// What a sweep found, in words and tables.
#ifndef LAWINE_SERVICES_CLI_TEXT_SWEEP_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_SWEEP_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "lawine/v1/sweep.pb.h"
#include "services/cli/files/output_file.h"

namespace lawine::cli {

// The answer, a line for each value, warnings. Ends with a newline.
std::string SweepReport(const v1::SweepResult& result, bool color);

// The measure asked for, where reach and steps do not say it already: what has a column of its own. Else
// empty.
std::string OwnColumn(const v1::SweepResult& result);

// A line for each value; the last columns are the asked measure's, a share in percent. Ends the file.
absl::Status WriteSweep(const v1::SweepResult& result, OutputFile& file);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_SWEEP_TEXT_H_
