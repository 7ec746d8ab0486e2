#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/progress.h"
#include "services/cli/connection/connection.h"
#include "services/cli/text/placement_text.h"
#include "services/common/json/message_json.h"

namespace lawine::cli {
namespace {

using v1::PlacementService;

struct RebalanceFlags {
  std::vector<std::string> graphs;
  std::vector<std::string> drain;
  bool wait = false;

  v1::RebalanceOptions Options() const {
    v1::RebalanceOptions options;
    options.mutable_graphs()->Add(graphs.begin(), graphs.end());
    options.mutable_drain()->Add(drain.begin(), drain.end());
    return options;
  }
};

void PrintRebalance(const Session& session, const v1::Rebalance& rebalance) {
  Print(session.options.json ? JsonText({{"rebalance", MessageToJson(rebalance)}})
                             : RebalanceText(rebalance, session.options.color));
}

absl::Status ShowPlan(Session& session, const RebalanceFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::PlanRebalanceRequest request;
  *request.mutable_options() = flags.Options();
  v1::PlanRebalanceResponse response;
  LAWINE_RETURN_IF_ERROR(
      connection->Call(connection->placement(), &PlacementService::Stub::PlanRebalance, request, response));
  Print(session.options.json ? JsonText(MessageToJson(response)) : PlanText(response, session.options.color));
  return absl::OkStatus();
}

absl::StatusOr<v1::Rebalance> Latest(Connection& connection) {
  v1::GetRebalanceResponse response;
  LAWINE_RETURN_IF_ERROR(connection.Call(connection.placement(), &PlacementService::Stub::GetRebalance,
                                         v1::GetRebalanceRequest(), response));
  return response.rebalance();
}

// It goes on without us too: an interrupt ends the waiting only.
absl::StatusOr<v1::Rebalance> AwaitEnd(Session& session, Connection& connection) {
  Progress progress(session);
  for (;;) {
    LAWINE_ASSIGN_OR_RETURN(v1::Rebalance rebalance, Latest(connection));
    if (rebalance.state() != v1::REBALANCE_STATE_RUNNING) return rebalance;
    progress.Show(RebalanceProgress(rebalance));
    if (!session.interrupt.Sleep(absl::Milliseconds(200))) {
      return absl::CancelledError("interrupted; the rebalance goes on: lawine cluster rebalance status");
    }
  }
}

absl::Status Ended(const v1::Rebalance& rebalance) {
  if (rebalance.state() != v1::REBALANCE_STATE_FAILED) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "some shards stay where they were: mend what is said, then apply again");
}

absl::Status Apply(Session& session, const RebalanceFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::ApplyRebalanceRequest request;
  *request.mutable_options() = flags.Options();
  request.set_request_id(NewRequestId());
  v1::ApplyRebalanceResponse response;
  LAWINE_RETURN_IF_ERROR(
      connection->Call(connection->placement(), &PlacementService::Stub::ApplyRebalance, request, response));
  v1::Rebalance rebalance = response.rebalance();
  // A cluster inside this process ends with it.
  if (flags.wait || connection->embedded()) {
    LAWINE_ASSIGN_OR_RETURN(rebalance, AwaitEnd(session, *connection));
  }
  PrintRebalance(session, rebalance);
  if (rebalance.state() == v1::REBALANCE_STATE_RUNNING) {
    Remark(session, "see how far it is: lawine cluster rebalance status");
  }
  return Ended(rebalance);
}

absl::Status ShowRebalance(Session& session, bool wait) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  LAWINE_ASSIGN_OR_RETURN(v1::Rebalance rebalance, Latest(*connection));
  if (wait) {
    LAWINE_ASSIGN_OR_RETURN(rebalance, AwaitEnd(session, *connection));
  }
  PrintRebalance(session, rebalance);
  return wait ? Ended(rebalance) : absl::OkStatus();
}

absl::Status Cancel(Session& session) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::CancelRebalanceResponse response;
  LAWINE_RETURN_IF_ERROR(connection->Call(connection->placement(), &PlacementService::Stub::CancelRebalance,
                                          v1::CancelRebalanceRequest(), response));
  PrintRebalance(session, response.rebalance());
  return absl::OkStatus();
}

void AddFlags(CLI::App& command, RebalanceFlags& flags) {
  command.add_option("--graph", flags.graphs, "Only this graph; may be repeated (default: all)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      .add_option("--drain", flags.drain,
                  "Worker that is to hold nothing, by node id or address or what either begins with; may be "
                  "repeated")
      ->type_name("NODE")
      ->allow_extra_args(false);
}

}  // namespace

void AddRebalanceCommands(CLI::App& cluster, Action& action) {
  CLI::App& rebalance = AddCommand(cluster, "rebalance", "Move shards between workers",
                                   "lawine cluster rebalance plan\n"
                                   "lawine cluster rebalance apply --wait\n"
                                   "lawine cluster rebalance apply --drain net-lawine-worker-2 --wait");
  rebalance.require_subcommand(1);
  const auto flags = std::make_shared<RebalanceFlags>();
  CLI::App& plan = AddCommand(rebalance, "plan", "Show what would move, and why; nothing moves",
                              "lawine cluster rebalance plan\n"
                              "lawine cluster rebalance plan --drain net-lawine-worker-2");
  AddFlags(plan, *flags);
  plan.callback(
      [flags, &action] { action = [flags](Session& session) { return ShowPlan(session, *flags); }; });
  CLI::App& apply = AddCommand(rebalance, "apply", "Move what the plan says; it goes on by itself",
                               "lawine cluster rebalance apply\n"
                               "lawine cluster rebalance apply --graph hyves --wait");
  AddFlags(apply, *flags);
  apply.add_flag("--wait", flags->wait, "Wait until everything has moved");
  apply.callback([flags, &action] { action = [flags](Session& session) { return Apply(session, *flags); }; });
  CLI::App& status = AddCommand(rebalance, "status", "Show how far the latest rebalance is",
                                "lawine cluster rebalance status\nlawine cluster rebalance status --wait");
  status.add_flag("--wait", flags->wait, "Wait until everything has moved");
  status.callback([flags, &action] {
    action = [flags](Session& session) { return ShowRebalance(session, flags->wait); };
  });
  CLI::App& cancel = AddCommand(rebalance, "cancel",
                                "End the rebalance: what has moved stays, what has not stays where it was",
                                "lawine cluster rebalance cancel");
  cancel.callback([&action] { action = Cancel; });
}

}  // namespace lawine::cli
