// graph change, follow, unfollow, add-member, fold.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/integer_flag.h"
#include "services/cli/commands/names.h"
#include "services/cli/commands/progress.h"
#include "services/cli/connection/connection.h"
#include "services/cli/files/change_lines.h"
#include "services/cli/files/input_file.h"
#include "services/cli/text/text.h"
#include "services/common/json/message_json.h"

namespace lawine::cli {
namespace {

struct ChangeOptions {
  std::string graph;
  std::string file;
  std::string request_id;
  std::uint32_t batch = 1000;
};

// What batches came to, added up.
void Add(const v1::ApplyChangesResponse& batch, v1::ApplyChangesResponse& sum) {
  sum.set_graph_version(batch.graph_version());
  sum.set_links_added(sum.links_added() + batch.links_added());
  sum.set_links_removed(sum.links_removed() + batch.links_removed());
  sum.set_members_added(sum.members_added() + batch.members_added());
  sum.set_unchanged(sum.unchanged() + batch.unchanged());
  sum.set_repeated_request(sum.repeated_request() || batch.repeated_request());
}

std::string ChangedText(const v1::ApplyChangesResponse& sum) {
  std::string text =
      absl::StrCat("version ", sum.graph_version(), ": ", Counted(sum.links_added(), "link", "links"),
                   " added, ", Thousands(sum.links_removed()), " removed, ",
                   Counted(sum.members_added(), "member", "members"), " added");
  if (sum.unchanged() > 0) {
    absl::StrAppend(&text, ", ", Thousands(sum.unchanged()),
                    sum.unchanged() == 1 ? " was as asked" : " were as asked");
  }
  return absl::StrCat(text, sum.repeated_request() ? " (applied by an earlier call)\n" : "\n");
}

// One batch after another, each when the one before is durable.
absl::Status Send(Connection& connection, Session& session,
                  const std::vector<v1::ApplyChangesRequest>& batches, v1::ApplyChangesResponse& sum) {
  Progress progress(session);
  CallScope call(session.interrupt, kStreamTimeout);
  const auto stream = connection.changes().ApplyChanges(&call.context());
  v1::ApplyChangesResponse response;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (!stream->Write(batches[i]) || !stream->Read(&response)) break;
    Add(response, sum);
    progress.Show(
        absl::StrCat(i + 1, " of ", batches.size(), " batches, version ", response.graph_version()));
  }
  stream->WritesDone();
  return connection.Explain(stream->Finish());
}

// Batches that were acknowledged, and the one of which that is not known, are not applied twice.
absl::Status WithRepeat(const absl::Status& status, const std::string& id) {
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status) && !absl::IsCancelled(status)) {
    return status;
  }
  absl::Status repeat(status.code(), absl::StrCat(status.message(), "; repeat the command with --request-id ",
                                                  id, ": what took effect is not applied again"));
  status.ForEachPayload(
      [&repeat](absl::string_view name, const absl::Cord& payload) { repeat.SetPayload(name, payload); });
  return repeat;
}

absl::Status Apply(Session& session, const ChangeOptions& options, std::vector<v1::Change> changes) {
  if (changes.empty()) return absl::InvalidArgumentError("expected a change, found none");
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  const std::string id = options.request_id.empty() ? NewRequestId() : options.request_id;
  std::vector<v1::ApplyChangesRequest> batches;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (i % options.batch == 0) {
      v1::ApplyChangesRequest& batch = batches.emplace_back();
      batch.set_graph(options.graph);
      batch.set_request_id(absl::StrCat(id, "-", batches.size()));
    }
    *batches.back().add_changes() = std::move(changes[i]);
  }
  v1::ApplyChangesResponse sum;
  absl::Status status = Send(*connection, session, batches, sum);
  if (!status.ok()) status = WithRepeat(status, id);
  LAWINE_RETURN_IF_ERROR(SuggestGraph(status, *connection, options.graph));
  sum.clear_request_id();
  Print(session.options.json ? JsonText(MessageToJson(sum)) : ChangedText(sum));
  return absl::OkStatus();
}

// The only change of a command has no number, and its parts are words of the command line.
absl::Status ApplyOne(Session& session, const ChangeOptions& options, const v1::Change& change) {
  const absl::Status status = Apply(session, options, {change});
  if (status.ok()) return status;
  absl::string_view text = status.message();
  if (absl::ConsumePrefix(&text, "changes[0].")) text.remove_prefix(text.find('.') + 1);
  return absl::Status(status.code(), text);
}

absl::Status ApplyFile(Session& session, const ChangeOptions& options) {
  LAWINE_ASSIGN_OR_RETURN(const std::string text, ReadInput(options.file));
  LAWINE_ASSIGN_OR_RETURN(std::vector<v1::Change> changes,
                          InFile("changes", options.file, ParseChanges(text)));
  return Apply(session, options, std::move(changes));
}

absl::Status Fold(Session& session, const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::FoldChangesRequest request;
  request.set_graph(name);
  v1::FoldChangesResponse response;
  const absl::Status status = connection->Call(connection->changes(), &v1::ChangeService::Stub::FoldChanges,
                                               request, response, kStreamTimeout);
  LAWINE_RETURN_IF_ERROR(SuggestGraph(status, *connection, name));
  Print(session.options.json
            ? JsonText(MessageToJson(response))
            : absl::StrCat("version ", response.stored_version(), " of ", response.graph_version(),
                           " is stored, ", Counted(response.blocks(), "block", "blocks"), " replaced\n"));
  return absl::OkStatus();
}

CLI::App& AddChange(CLI::App& graph, ChangeOptions& options, const std::string& verb,
                    const std::string& description, const std::string& examples) {
  CLI::App& command = AddCommand(graph, verb, description, examples);
  command.add_option("NAME", options.graph, "Name of the graph")->required();
  return command;
}

void AddRequestId(CLI::App& command, ChangeOptions& options) {
  command
      .add_option("--request-id", options.request_id,
                  "The same command with the same id acts once (default: a new id)")
      ->type_name("ID");
}

void AddFile(CLI::App& graph, Action& action) {
  const auto options = std::make_shared<ChangeOptions>();
  CLI::App& command =
      AddChange(graph, *options, "change", "Apply changes from a file: lines follow, unfollow and add",
                "lawine graph change friends monday.txt\n"
                "printf 'add 900\\nfollow 900 17 mutual\\n' | lawine graph change friends -");
  command.add_option("FILE", options->file, "File of changes, - for standard input")->required();
  AddInteger(command, "--batch", options->batch, "N", "Changes that take effect together (default: 1000)", 1u,
             limits::kChangesPerBatchMax);
  AddRequestId(command, *options);
  command.callback(
      [options, &action] { action = [options](Session& session) { return ApplyFile(session, *options); }; });
}

void AddFollow(CLI::App& graph, Action& action, bool follow) {
  struct Options : ChangeOptions {
    std::string follower, followee, kind;
    bool mutual = false;
    std::optional<double> probability;
  };
  const auto options = std::make_shared<Options>();
  const std::string verb = follow ? "follow" : "unfollow";
  CLI::App& command = AddChange(
      graph, *options, verb, follow ? "Let a member follow another" : "Let a member follow another no more",
      absl::StrCat("lawine graph ", verb, " friends 17 4711\nlawine graph ", verb,
                   " friends 17 4711 --mutual"));
  command.add_option("FOLLOWER", options->follower, "The member's id")->required();
  command.add_option("FOLLOWEE", options->followee, "The other's id")->required();
  command.add_flag("--mutual", options->mutual, "Both ways: a friendship");
  command.add_option("--kind", options->kind, "Kind of the link (default: follow)")->type_name("KIND");
  if (follow) {
    command.add_option("--probability", options->probability, "In graphs whose links have one")
        ->type_name("P");
  }
  AddRequestId(command, *options);
  command.callback([options, follow, &action] {
    action = [options, follow](Session& session) {
      return ApplyOne(session, *options,
                      LinkChange(follow, options->follower, options->followee, options->mutual, options->kind,
                                 options->probability));
    };
  });
}

void AddNewMember(CLI::App& graph, Action& action) {
  struct Options : ChangeOptions {
    std::string id, network, account_kind;
    std::uint32_t community = 0;
  };
  const auto options = std::make_shared<Options>();
  CLI::App& command = AddChange(graph, *options, "add-member", "Add a member",
                                "lawine graph add-member friends 900\n"
                                "lawine graph add-member friends 900 --network hyves --community 3");
  command.add_option("ID", options->id, "The member's id")->required();
  command.add_option("--network", options->network, "Its network")->type_name("NETWORK");
  command.add_option("--account-kind", options->account_kind, "Its account kind (default: personal)")
      ->type_name("KIND");
  AddInteger(command, "--community", options->community, "N", "Its community");
  AddRequestId(command, *options);
  command.callback([options, &action] {
    action = [options](Session& session) {
      v1::Change change;
      v1::AddMember& member = *change.mutable_add_member();
      member.set_id(options->id);
      member.set_network(options->network);
      member.set_account_kind(options->account_kind);
      member.set_community(options->community);
      return ApplyOne(session, *options, change);
    };
  });
}

}  // namespace

void AddChangeCommands(CLI::App& graph, Action& action) {
  AddFile(graph, action);
  AddFollow(graph, action, true);
  AddFollow(graph, action, false);
  AddNewMember(graph, action);
  const auto name = std::make_shared<std::string>();
  CLI::App& fold = AddCommand(graph, "fold", "Write changes into the blocks of a graph; earlier versions go",
                              "lawine graph fold friends");
  fold.add_option("NAME", *name, "Name of the graph")->required();
  fold.callback([name, &action] { action = [name](Session& session) { return Fold(session, *name); }; });
}

}  // namespace lawine::cli
