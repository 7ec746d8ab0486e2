// Receipts as CSV: member,receipt_step,forward_step (empty for members that did not forward).
#ifndef LAWINE_SERVICES_CLI_FILES_RECEIPTS_FILE_H_
#define LAWINE_SERVICES_CLI_FILES_RECEIPTS_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "services/cli/connection/connection.h"
#include "services/cli/files/output_file.h"

namespace lawine::cli {

// Streams the receipts of an ended run into the file, in the order they come.
absl::Status WriteReceipts(Connection& connection, const std::string& run, const std::string& message,
                           OutputFile& file);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_FILES_RECEIPTS_FILE_H_
