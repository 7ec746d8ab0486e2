#include "tests/support/model_graph.h"

#include "engine/base/check.h"

namespace lawine {

ModelGraph ForModels(const TestGraph& graph) {
  ModelGraph result;
  for (const MemberKey key : graph.extra_members) result.members[key];
  for (const auto& [from, to] : graph.links) {
    result.members[from];
    result.members[to];
    result.links.push_back({.source = from, .receiver = to});
  }
  return result;
}

std::vector<MemberId> IdsOf(const ModelGraph& graph, const std::set<MemberKey>& members) {
  std::vector<MemberId> ids;
  std::uint32_t id = 0;
  for (const auto& [key, member] : graph.members) {
    if (members.contains(key)) ids.emplace_back(id);
    ++id;
  }
  LAWINE_CHECK(ids.size() == members.size());
  return ids;
}

MessageSpec MessageFrom(const ModelGraph& graph, const std::set<MemberKey>& members) {
  MessageSpec spec;
  spec.injections = {{.step = 0, .members = IdsOf(graph, members)}};
  return spec;
}

}  // namespace lawine
