#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/import_command.h"
#include "services/cli/commands/integer_flag.h"
#include "services/cli/commands/names.h"
#include "services/cli/commands/progress.h"
#include "services/cli/connection/connection.h"
#include "services/cli/text/graph_text.h"
#include "services/cli/text/stats_text.h"
#include "services/cli/text/text.h"
#include "services/common/json/message_json.h"

namespace lawine::cli {
namespace {

using v1::GraphService;

struct CreateOptions {
  std::string name;
  std::string preset;
  std::optional<std::uint32_t> members;
  std::optional<double> links_per_member;
  std::optional<std::uint64_t> graph_seed;
  std::optional<std::uint32_t> shards;
  std::optional<double> facebook, linkedin, twitter, active;
  std::optional<std::uint32_t> pages, groups;
};

v1::CreateGraphRequest CreateRequest(const CreateOptions& options) {
  v1::CreateGraphRequest request;
  request.set_name(options.name);
  request.set_preset(options.preset);
  if (options.members) request.set_members(*options.members);
  if (options.links_per_member) request.set_links_per_member(*options.links_per_member);
  if (options.graph_seed) request.set_graph_seed(*options.graph_seed);
  if (options.shards) request.set_shards(*options.shards);
  if (options.facebook) request.mutable_overlaps()->set_facebook(*options.facebook);
  if (options.linkedin) request.mutable_overlaps()->set_linkedin(*options.linkedin);
  if (options.twitter) request.mutable_overlaps()->set_twitter(*options.twitter);
  if (options.active) request.mutable_overlaps()->set_active(*options.active);
  if (options.pages) request.set_pages(*options.pages);
  if (options.groups) request.set_groups(*options.groups);
  request.set_request_id(NewRequestId());
  return request;
}

absl::Status CreateGraph(Session& session, const CreateOptions& options) {
  const absl::Time start = absl::Now();
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::Graph graph;
  absl::Status status;
  {
    Progress progress(session);
    CallScope call(session.interrupt, kStreamTimeout);
    const auto stream = connection->graphs().CreateGraph(&call.context(), CreateRequest(options));
    v1::CreateGraphResponse response;
    while (stream->Read(&response)) {
      ShowLoad(response.progress(), progress);
      if (response.has_graph()) graph = response.graph();
    }
    status = connection->Explain(stream->Finish());
  }
  LAWINE_RETURN_IF_ERROR(SuggestPreset(status, options.preset));
  if (session.options.json) {
    Print(JsonText({{"graph", MessageToJson(graph)}}));
  } else {
    Print(GraphText(graph));
    Remark(session, absl::StrCat("ready after ", Duration(absl::ToDoubleSeconds(absl::Now() - start))));
  }
  return absl::OkStatus();
}

absl::Status ShowGraphs(Session& session) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  LAWINE_ASSIGN_OR_RETURN(const std::vector<v1::Graph> graphs, ListGraphs(*connection));
  if (!session.options.json) {
    Print(GraphsText(graphs, session.options.color));
    return absl::OkStatus();
  }
  Json list = Json::array();
  for (const v1::Graph& graph : graphs) list.push_back(MessageToJson(graph));
  Print(JsonText({{"graphs", std::move(list)}}));
  return absl::OkStatus();
}

absl::Status ShowStats(Session& session, const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::GetGraphStatsRequest request;
  request.set_name(name);
  request.set_shape(true);
  v1::GetGraphStatsResponse response;
  const absl::Status status = connection->Call(connection->graphs(), &GraphService::Stub::GetGraphStats,
                                               request, response, kLongTimeout);
  LAWINE_RETURN_IF_ERROR(SuggestGraph(status, *connection, name));
  Print(session.options.json ? JsonText(MessageToJson(response))
                             : StatsText(response, session.options.color));
  return absl::OkStatus();
}

// What is not sound makes the command fail, after it has told of all shards.
absl::Status VerifyGraph(Session& session, const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::VerifyGraphRequest request;
  request.set_name(name);
  v1::VerifyGraphResponse response;
  const absl::Status status = connection->Call(connection->graphs(), &GraphService::Stub::VerifyGraph,
                                               request, response, kStreamTimeout);
  LAWINE_RETURN_IF_ERROR(SuggestGraph(status, *connection, name));
  Print(session.options.json ? JsonText(MessageToJson(response))
                             : VerifyText(response, session.options.color));
  return response.sound() ? absl::OkStatus()
                          : absl::DataLossError(absl::StrCat("graph ", name, " is damaged"));
}

absl::Status DeleteGraph(Session& session, const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::DeleteGraphRequest request;
  request.set_name(name);
  v1::DeleteGraphResponse response;
  const absl::Status status = connection->Call(connection->graphs(), &GraphService::Stub::DeleteGraph,
                                               request, response, kLongTimeout);
  LAWINE_RETURN_IF_ERROR(SuggestGraph(status, *connection, name));
  Print(session.options.json ? JsonText({{"deleted", name}}) : absl::StrCat("graph ", name, " is deleted\n"));
  return absl::OkStatus();
}

struct MemberOptions {
  std::string graph;
  std::string id;
  std::optional<std::uint32_t> followers;
};

absl::Status ShowMember(Session& session, const MemberOptions& options) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::GetMemberRequest request;
  request.set_graph(options.graph);
  request.set_id(options.id);
  if (options.followers) request.set_followers(*options.followers);
  v1::GetMemberResponse response;
  const absl::Status status =
      connection->Call(connection->graphs(), &GraphService::Stub::GetMember, request, response);
  LAWINE_RETURN_IF_ERROR(SuggestGraph(status, *connection, options.graph));
  Print(session.options.json ? JsonText(MessageToJson(response)) : MemberText(response));
  return absl::OkStatus();
}

void AddCreate(CLI::App& graph, Action& action) {
  const auto options = std::make_shared<CreateOptions>();
  CLI::App& command = AddCommand(graph, "create", "Generate a graph of a preset's shape",
                                 "lawine graph create hyves --preset hyves\n"
                                 "lawine graph create small --preset hyves --members 100000\n"
                                 "lawine graph create tweets --preset twitter-nl --graph-seed 7");
  command.add_option("NAME", options->name, "Name of the graph: a-z, 0-9 and '-'")->required();
  command
      .add_option(
          "--preset", options->preset,
          "hyves, hyves-300, facebook-nl, linkedin-nl, twitter-nl, nl-2009 or own; see lawine graph presets")
      ->required()
      ->type_name("PRESET");
  AddInteger(command, "--members", options->members, "N", "Members (default: the preset's)");
  command
      .add_option("--links-per-member", options->links_per_member, "Mean audience (default: the preset's)")
      ->type_name("D");
  AddInteger(command, "--graph-seed", options->graph_seed, "S", "Key of the graph (default: 1)");
  AddInteger(command, "--shards", options->shards, "K", "Shards (default: chosen by the cluster)");
  command
      .add_option("--overlap-facebook", options->facebook,
                  "nl-2009: of its accounts, owners also in Hyves (0.7)")
      ->type_name("SHARE");
  command.add_option("--overlap-linkedin", options->linkedin, "nl-2009: the same of LinkedIn (0.6)")
      ->type_name("SHARE");
  command.add_option("--overlap-twitter", options->twitter, "nl-2009: the same of Twitter (0.6)")
      ->type_name("SHARE");
  command.add_option("--active", options->active, "nl-2009: part of Hyves such owners are in (0.4)")
      ->type_name("SHARE");
  AddInteger(command, "--pages", options->pages, "N",
             "Pages that members follow, beside them (default: none)");
  AddInteger(command, "--groups", options->groups, "N", "Groups of members, beside them (default: none)");
  command.callback([options, &action] {
    action = [options](Session& session) { return CreateGraph(session, *options); };
  });
}

void AddGraphVerb(CLI::App& graph, Action& action, const std::string& verb, const std::string& description,
                  absl::Status (*command_action)(Session&, const std::string&)) {
  const auto name = std::make_shared<std::string>();
  CLI::App& command = AddCommand(graph, verb, description, absl::StrCat("lawine graph ", verb, " hyves"));
  command.add_option("NAME", *name, "Name of the graph")->required();
  command.callback(
      [=, &action] { action = [=](Session& session) { return command_action(session, *name); }; });
}

absl::Status ShowPresets(Session& session, const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::ListPresetsResponse response;
  LAWINE_RETURN_IF_ERROR(connection->Call(connection->graphs(), &GraphService::Stub::ListPresets,
                                          v1::ListPresetsRequest(), response));
  if (name.empty()) {
    Print(session.options.json ? JsonText(MessageToJson(response))
                               : PresetsText(response, session.options.color));
    return absl::OkStatus();
  }
  for (const v1::Preset& preset : response.presets()) {
    if (preset.name() != name) continue;
    Print(session.options.json ? JsonText(MessageToJson(preset)) : PresetText(preset, session.options.color));
    return absl::OkStatus();
  }
  return SuggestPreset(absl::NotFoundError(absl::StrCat("no preset '", name, "'")), name);
}

void AddPresets(CLI::App& graph, Action& action) {
  const auto name = std::make_shared<std::string>();
  CLI::App& command =
      AddCommand(graph, "presets", "List presets, or show one: what is measured of it and what assumed",
                 "lawine graph presets\nlawine graph presets facebook-nl");
  command.add_option("NAME", *name, "Name of a preset");
  command.callback(
      [name, &action] { action = [name](Session& session) { return ShowPresets(session, *name); }; });
}

void AddMember(CLI::App& app, Action& action) {
  const auto options = std::make_shared<MemberOptions>();
  CLI::App& command = AddCommand(app, "member", "Show a member: profile, audience, first followers",
                                 "lawine member hyves 4711\n"
                                 "lawine member hyves 4711 --followers 100 -o json");
  command.add_option("NAME", options->graph, "Name of the graph")->required();
  command.add_option("ID", options->id, "The member's id")->required();
  AddInteger(command, "--followers", options->followers, "N", "Followers to list (default: 10, at most 1000)",
             0, 1000);
  command.callback(
      [options, &action] { action = [options](Session& session) { return ShowMember(session, *options); }; });
}

}  // namespace

void AddGraphCommands(CLI::App& app, Action& action) {
  CLI::App& graph = AddCommand(app, "graph", "Make, list, describe, check, back up and delete graphs",
                               "lawine graph create hyves --preset hyves --members 100000\n"
                               "lawine graph import friends friends.txt.gz --undirected\n"
                               "lawine graph list");
  graph.require_subcommand(1);
  AddCreate(graph, action);
  AddImportCommand(graph, action);
  CLI::App& list =
      AddCommand(graph, "list", "List the graphs there are", "lawine graph list\nlawine graph list -o json");
  list.callback([&action] { action = ShowGraphs; });
  AddPresets(graph, action);
  AddGraphVerb(graph, action, "stats", "Count a graph's audiences and describe its shards", ShowStats);
  AddGraphVerb(graph, action, "verify", "Read and check everything on disk of a graph", VerifyGraph);
  AddBackupCommands(graph, action);
  AddChangeCommands(graph, action);
  AddGraphVerb(graph, action, "delete", "Delete a graph from every worker", DeleteGraph);
  AddMember(app, action);
}

}  // namespace lawine::cli
