#include "services/common/json/result_json.h"

#include <utility>

#include "services/common/json/scenario_json.h"

namespace lawine {
namespace {

template <typename List>
Json ListToJson(const List& list) {
  Json json = Json::array();
  for (const auto& item : list) json.push_back(MessageToJson(item));
  return json;
}

Json GraphToJson(const v1::RunResult& result) {
  Json graph = Json::object();
  graph["name"] = result.graph();
  graph["members"] = NumberToJson(result.graph_members());
  graph["links"] = NumberToJson(result.graph_links());
  graph["digest"] = result.graph_digest();
  return graph;
}

}  // namespace

Json ResultToJson(const v1::RunResult& result) {
  const auto& reasons = *v1::ReasonStopped_descriptor();
  const auto* reason = reasons.FindValueByNumber(result.reason_stopped());
  Json json = Json::object();
  json["schema_version"] = result.schema_version();
  json["graph"] = GraphToJson(result);
  json["scenario"] = ScenarioToJson(result.scenario());
  json["run_seed"] = NumberToJson(result.scenario().run_seed());
  json["digest"] = result.digest();
  // Results exist of runs that succeeded only.
  json["state"] = ShortEnumWord(*v1::RunState_descriptor()->FindValueByNumber(v1::RUN_STATE_SUCCEEDED));
  json["reason_stopped"] = reason == nullptr ? "UNSPECIFIED" : ShortEnumWord(*reason);
  json["seed_members"] = ListToJson(result.seed_members());
  json["steps"] = ListToJson(result.steps());
  json["totals"] = MessageToJson(result.totals());
  json["never_reached"] = {{"no_links", NumberToJson(result.unreached_without_links())},
                           {"missed", NumberToJson(result.unreached_missed())}};
  json["timing"] = MessageToJson(result.timing());
  if (result.counted_rates_size() > 0) json["counted_rates"] = ListToJson(result.counted_rates());
  if (result.has_ensemble()) json["ensemble"] = MessageToJson(result.ensemble());
  if (result.has_attribution()) json["attribution"] = MessageToJson(result.attribution());
  if (result.replicas_size() > 1) json["replicas"] = ListToJson(result.replicas());
  if (result.messages_size() > 0) json["messages"] = ListToJson(result.messages());
  if (result.groups_size() > 0) json["groups"] = ListToJson(result.groups());
  json["warnings"] = Json::array();
  for (const auto& warning : result.warnings()) json["warnings"].push_back(warning);
  json["manifest"] = MessageToJson(result.manifest());
  return json;
}

}  // namespace lawine
