// Changes of a graph as text, one a line:
//
//   follow FOLLOWER FOLLOWEE [mutual] [kind=KIND] [probability=P]
//   unfollow FOLLOWER FOLLOWEE [mutual] [kind=KIND]
//   add ID [network=NETWORK] [account_kind=KIND] [community=N]
//
// Words stand apart by tabs where the line has one, by spaces otherwise. Empty lines and those that begin
// with # are passed over.
#ifndef LAWINE_SERVICES_CLI_FILES_CHANGE_LINES_H_
#define LAWINE_SERVICES_CLI_FILES_CHANGE_LINES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lawine/v1/changes.pb.h"

namespace lawine::cli {

// INVALID_ARGUMENT names the first line that is none.
absl::StatusOr<std::vector<v1::Change>> ParseChanges(std::string_view text);

v1::Change LinkChange(bool follow, const std::string& follower, const std::string& followee, bool mutual,
                      const std::string& kind, std::optional<double> probability);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_FILES_CHANGE_LINES_H_
