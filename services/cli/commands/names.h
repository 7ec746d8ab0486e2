// "Did you mean" for what only a cluster knows.
#ifndef LAWINE_SERVICES_CLI_COMMANDS_NAMES_H_
#define LAWINE_SERVICES_CLI_COMMANDS_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lawine/v1/graph.pb.h"
#include "services/cli/connection/connection.h"

namespace lawine::cli {

// All pages.
absl::StatusOr<std::vector<v1::Graph>> ListGraphs(Connection& connection);

// A NOT_FOUND with the graph that may have been meant; any other status as it is.
absl::Status SuggestGraph(const absl::Status& status, Connection& connection, const std::string& name);
// The same for a refused preset.
absl::Status SuggestPreset(const absl::Status& status, const std::string& preset);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_COMMANDS_NAMES_H_
