// Graphs as the judge of all models reads them: links with kinds and weights between members with profiles.
#ifndef LAWINE_TESTS_SUPPORT_MODEL_GRAPH_H_
#define LAWINE_TESTS_SUPPORT_MODEL_GRAPH_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/base/ids.h"
#include "engine/spread/message_spec.h"
#include "tests/support/graphs.h"

namespace lawine {

struct ModelMember {
  std::uint8_t account_kind = 0;
  std::uint32_t community = 0;
  std::uint8_t network = 1;
  std::optional<MemberKey> person = {};  // first account of who owns several, in all of them; they are joined
};

struct ModelLink {
  MemberKey source = 0;
  MemberKey receiver = 0;
  std::uint8_t kind = 0;
  std::uint32_t weight = 0;  // 2^31 is 1
};

struct ModelGraph {
  std::map<MemberKey, ModelMember> members;
  std::vector<ModelLink> links;  // no self-links, each (source, receiver, kind) once
};

// The same members and links; all of kind 0 and weight 0.
ModelGraph ForModels(const TestGraph& graph);
// Members' places, ascending. REQUIRES: they are members.
std::vector<MemberId> IdsOf(const ModelGraph& graph, const std::set<MemberKey>& members);
// A message that `members` have at its start and that everybody forwards.
MessageSpec MessageFrom(const ModelGraph& graph, const std::set<MemberKey>& members);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_MODEL_GRAPH_H_
