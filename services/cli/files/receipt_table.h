// Receipts of an ended run with who brought it to whom, read whole.
#ifndef LAWINE_SERVICES_CLI_FILES_RECEIPT_TABLE_H_
#define LAWINE_SERVICES_CLI_FILES_RECEIPT_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/connection/connection.h"
#include "services/cli/files/output_file.h"

namespace lawine::cli {

struct ReceiptRow {
  std::string id;
  std::uint32_t number = 0;  // in the graph
  std::uint32_t receipt_step = 0;
  std::optional<std::uint32_t> forward_step = std::nullopt;
  std::optional<std::uint32_t> sender = std::nullopt;  // its number; none: nobody brought it
  std::uint32_t deliveries = 0;
  std::uint8_t network = 0;
  std::uint8_t account_kind = 0;
  std::uint32_t community = 0;
};

// Members that received early before those that received late, and so senders before receivers; of one step
// by number. FAILED_PRECONDITION for a run without attribution.
absl::StatusOr<std::vector<ReceiptRow>> FetchReceiptTable(Connection& connection, const std::string& run);

// CSV: member,receipt_step,forward_step,sender,deliveries. Ends the file. REQUIRES: senders are in the table.
absl::Status WriteReceiptTable(const std::vector<ReceiptRow>& table, OutputFile& file);

// The first `members_max` members of the table as a tree in GraphML (http://graphml.graphdrawing.org): nodes
// with what is known of them, and a directed edge from who brought it to whom. Ends the file.
absl::Status WriteGraphMl(const std::vector<ReceiptRow>& table, std::size_t members_max, OutputFile& file);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_FILES_RECEIPT_TABLE_H_
