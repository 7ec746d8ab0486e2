// Watching a run until it ends.
#ifndef LAWINE_SERVICES_CLI_COMMANDS_FOLLOW_RUN_H_
#define LAWINE_SERVICES_CLI_COMMANDS_FOLLOW_RUN_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lawine/v1/simulation.pb.h"
#include "services/cli/connection/connection.h"
#include "services/cli/connection/session.h"

namespace lawine::cli {

// Calls `on_progress` with the run as it is at first, for every step of it, past ones first, or, of several
// replicas, whenever more are done, and with the run as it ended, which it returns. After an interrupt:
// CANCELLED without words; a run of this process is paused, one of a cluster goes on, and standard error says
// how to see it again. Waits some minutes for a coordinator that is gone.
absl::StatusOr<v1::Run> FollowRun(Session& session, Connection& connection, const std::string& name,
                                  const std::function<void(const v1::WatchRunResponse&)>& on_progress);

// OK for a run that succeeded; otherwise what became of it.
absl::Status EndOf(const v1::Run& run);

absl::StatusOr<v1::RunResult> GetResult(Connection& connection, const std::string& name);

// "runs/17" for "17" and for itself.
std::string RunName(const std::string& text);

// How a command for the same cluster goes on after `lawine`: "", " --cluster HOST:PORT" or " --data DIR".
std::string ClusterFlags(const Session& session);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_COMMANDS_FOLLOW_RUN_H_
