#include "services/cli/commands/names.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/graph/preset.h"
#include "services/cli/connection/exit_code.h"
#include "services/common/json/suggest.h"

namespace lawine::cli {
namespace {

absl::Status Suggest(const absl::Status& status, const std::string& word,
                     const std::vector<std::string>& known) {
  const std::string closest = ClosestWord(word, known);
  if (closest.empty() || closest == word) return status;
  return WithAdvice(status, absl::StrCat("did you mean ", closest, "?"));
}

}  // namespace

absl::StatusOr<std::vector<v1::Graph>> ListGraphs(Connection& connection) {
  std::vector<v1::Graph> graphs;
  v1::ListGraphsRequest request;
  do {
    v1::ListGraphsResponse response;
    LAWINE_RETURN_IF_ERROR(
        connection.Call(connection.graphs(), &v1::GraphService::Stub::ListGraphs, request, response));
    for (v1::Graph& graph : *response.mutable_graphs()) graphs.push_back(std::move(graph));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return graphs;
}

absl::Status SuggestGraph(const absl::Status& status, Connection& connection, const std::string& name) {
  if (!absl::IsNotFound(status)) return status;
  const auto graphs = ListGraphs(connection);
  if (!graphs.ok()) return status;
  std::vector<std::string> known;
  for (const v1::Graph& graph : *graphs) known.push_back(graph.name());
  return Suggest(status, name, known);
}

absl::Status SuggestPreset(const absl::Status& status, const std::string& preset) {
  if (!absl::IsNotFound(status) && !absl::IsInvalidArgument(status)) return status;
  std::vector<std::string> known;
  for (const Preset& each : Presets()) known.emplace_back(each.name);
  if (std::find(known.begin(), known.end(), preset) != known.end()) return status;
  return Suggest(status, preset, known);
}

}  // namespace lawine::cli
