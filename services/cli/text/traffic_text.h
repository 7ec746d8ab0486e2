// Traffic in words, tables and rows.
#ifndef LAWINE_SERVICES_CLI_TEXT_TRAFFIC_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_TRAFFIC_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "lawine/v1/traffic.pb.h"
#include "services/cli/files/output_file.h"

namespace lawine::cli {

// One line while it goes on: messages done, deliveries a second.
std::string TrafficProgressText(const v1::TrafficProgress& progress);

// A sentence, then tables. Ends with a newline.
std::string TrafficReport(const v1::TrafficResult& result, bool color);

// The titles of the columns, then a line for each message.
inline constexpr char kTrafficRowsTitle[] =
    "message,seed_member,start_second,reach,deliveries,forwards,steps\n";
// INTERNAL when columns differ in length.
absl::Status WriteTrafficRows(const v1::TrafficRows& rows, OutputFile& file);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_TRAFFIC_TEXT_H_
