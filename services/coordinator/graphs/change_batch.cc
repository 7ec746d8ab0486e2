#include "services/coordinator/graphs/change_batch.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/edge_line.h"
#include "engine/graph/link_kind.h"
#include "engine/graph/profile.h"
#include "services/common/errors.h"
#include "services/common/number_text.h"
#include "services/common/wire.h"
#include "services/coordinator/workers/fan_out.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kReadTimeout = absl::Minutes(1);

// An external id in a batch, and where it stands.
struct NamedMember {
  std::string path;
  const std::string& id;
};

std::vector<NamedMember> MembersOf(const pb::Change& change, int place) {
  const std::string path = absl::StrCat("changes[", place, "].");
  if (change.has_follow()) {
    return {{path + "follow.followee", change.follow().followee()},
            {path + "follow.follower", change.follow().follower()}};
  }
  if (change.has_unfollow()) {
    return {{path + "unfollow.followee", change.unfollow().followee()},
            {path + "unfollow.follower", change.unfollow().follower()}};
  }
  if (change.has_add_member()) return {{path + "add_member.id", change.add_member().id()}};
  return {};
}

absl::StatusOr<MemberKey> KeyOf(const pbi::GraphInfo& graph, const NamedMember& member) {
  if (!graph.named_members()) {
    const auto key = ParseIntegerId(member.id);
    if (!key.ok()) return FieldError(member.path, std::string(key.status().message()));
    return *key;
  }
  const absl::Status status = CheckStringId(member.id);
  if (!status.ok()) return FieldError(member.path, std::string(status.message()));
  return KeyOfStringId(member.id);
}

absl::StatusOr<std::uint8_t> KindOf(const std::string& kind, const std::string& path) {
  if (kind.empty()) return kLinkFollow;
  const auto parsed = ParseLinkKind(kind);
  if (!parsed.ok()) return FieldError(path, std::string(parsed.status().message()));
  return *parsed;
}

// The nearest multiple of 2^-31, halves up, exactly.
absl::StatusOr<std::uint32_t> WeightOf(double probability, const std::string& path) {
  if (!(probability >= 0 && probability <= 1)) {
    return FieldError(path,
                      absl::StrCat("expected a probability from 0 to 1, found ", ExactText(probability)));
  }
  const double scaled = std::ldexp(probability, 31), whole = std::floor(scaled);
  return static_cast<std::uint32_t>(whole) + (scaled - whole >= 0.5 ? 1 : 0);
}

// A link and, where it is mutual, the one back.
void AddEdits(const LinkEdit& edit, bool mutual, ChangeBatch& batch) {
  batch.links.push_back(edit);
  if (!mutual) return;
  LinkEdit back = edit;
  std::swap(back.source, back.receiver);
  batch.links.push_back(back);
}

absl::StatusOr<AddedMember> ToMember(const pbi::GraphInfo& graph, const pb::AddMember& request, int place,
                                     MemberKey key) {
  const std::string path = absl::StrCat("changes[", place, "].add_member.");
  AddedMember member{.key = key, .community = request.community(), .account_kind = kAccountPersonal};
  if (graph.named_members()) member.name = request.id();
  if (!request.network().empty()) {
    const auto network = ParseNetwork(request.network());
    if (!network.ok()) return FieldError(path + "network", std::string(network.status().message()));
    member.network = *network;
  }
  if (!request.account_kind().empty()) {
    const auto kind = ParseAccountKind(request.account_kind());
    if (!kind.ok()) return FieldError(path + "account_kind", std::string(kind.status().message()));
    member.account_kind = *kind;
  }
  return member;
}

// The links a batch names, as far as their members are known.
void AddPlaces(const pbi::GraphInfo& graph, const pb::ApplyChangesRequest& request, const IdsByKey& ids,
               std::set<LinkPlace>& places) {
  for (int i = 0; i < request.changes_size(); ++i) {
    const pb::Change& change = request.changes(i);
    const std::vector<NamedMember> members = MembersOf(change, i);
    if (members.size() != 2) continue;
    const auto source = KeyOf(graph, members[0]), receiver = KeyOf(graph, members[1]);
    const bool follow = change.has_follow();
    const auto kind = KindOf(follow ? change.follow().kind() : change.unfollow().kind(), "");
    if (!source.ok() || !receiver.ok() || !kind.ok()) continue;
    const auto from = ids.find(*source), to = ids.find(*receiver);
    if (from == ids.end() || to == ids.end()) continue;
    places.insert({from->second, to->second, *kind});
    if (follow ? change.follow().mutual() : change.unfollow().mutual()) {
      places.insert({to->second, from->second, *kind});
    }
  }
}

}  // namespace

absl::Status ReadKeys(const pbi::GraphInfo& graph, const pb::ApplyChangesRequest& request,
                      std::vector<MemberKey>& keys) {
  for (int i = 0; i < request.changes_size(); ++i) {
    const std::vector<NamedMember> members = MembersOf(request.changes(i), i);
    if (members.empty()) {
      return FieldError(absl::StrCat("changes[", i, "]"), "expected follow, unfollow or add_member");
    }
    for (const NamedMember& member : members) {
      LAWINE_ASSIGN_OR_RETURN(keys.emplace_back(), KeyOf(graph, member));
    }
  }
  return absl::OkStatus();
}

// Where keys are dense ids nobody has to be asked.
absl::StatusOr<IdsByKey> ResolveMembers(const pbi::GraphRecord& graph, const Placement& placement,
                                        std::vector<MemberKey> keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  const pbi::GraphInfo& info = graph.info();
  IdsByKey ids;
  if (graph.dense_keys()) {
    const std::uint32_t members = info.boundaries(info.boundaries_size() - 1);
    for (const MemberKey key : keys) {
      if (key < members) ids[key] = MemberId(static_cast<std::uint32_t>(key));
    }
    return ids;
  }
  pbi::ResolveMembersRequest request;
  request.set_graph(info.name());
  request.set_graph_version(info.graph_version());
  request.mutable_keys()->Add(keys.begin(), keys.end());
  LAWINE_ASSIGN_OR_RETURN(const std::vector<pbi::ResolveMembersResponse> parts,
                          AskAll(placement.workers, &WorkerStub::ResolveMembers, request, kReadTimeout));
  for (const auto& part : parts) {
    for (int i = 0; i < part.keys_size(); ++i) ids[part.keys(i)] = MemberId(part.ids(i));
  }
  return ids;
}

absl::StatusOr<ChangePlan::States> ReadLinkStates(const GraphInfo& graph, const Placement& placement,
                                                  std::span<const pb::ApplyChangesRequest* const> requests,
                                                  const IdsByKey& ids) {
  std::set<LinkPlace> places;
  const pbi::GraphInfo info = wire::ToProto(graph);
  for (const pb::ApplyChangesRequest* request : requests) AddPlaces(info, *request, ids, places);
  std::map<std::uint32_t, pbi::ReadLinksRequest> by_shard;
  for (const LinkPlace& place : places) {
    pbi::ReadLinksRequest& request = by_shard[graph.partition.OwnerOf(place.receiver).value];
    request.add_sources(place.source.value);
    request.add_receivers(place.receiver.value);
    request.add_kinds(place.kind);
  }
  std::vector<WorkerHandle> workers;
  std::vector<pbi::ReadLinksRequest> asked;
  for (auto& [shard, request] : by_shard) {
    request.set_graph(graph.name);
    request.set_graph_version(graph.graph_version);
    request.set_shard(shard);
    workers.push_back(placement.HolderOf(shard));
    asked.push_back(std::move(request));
  }
  LAWINE_ASSIGN_OR_RETURN(const std::vector<pbi::ReadLinksResponse> parts,
                          AskEach(workers, &WorkerStub::ReadLinks, asked, kReadTimeout));
  ChangePlan::States states;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const pbi::ReadLinksRequest& request = asked[p];
    if (parts[p].there_size() != request.sources_size() ||
        parts[p].weights_size() != request.sources_size()) {
      return absl::DataLossError("a worker answered short");
    }
    for (int i = 0; i < request.sources_size(); ++i) {
      states[{MemberId(request.sources(i)), MemberId(request.receivers(i)),
              static_cast<std::uint8_t>(request.kinds(i))}] = {.there = parts[p].there(i),
                                                               .weight = parts[p].weights(i)};
    }
  }
  return states;
}

absl::StatusOr<ChangeBatch> ToBatch(const pbi::GraphInfo& graph, const pb::ApplyChangesRequest& request,
                                    const IdsByKey& ids, const ChangePlan& plan) {
  ChangeBatch batch;
  std::set<MemberKey> added;
  for (int i = 0; i < request.changes_size(); ++i) {
    if (!request.changes(i).has_add_member()) continue;
    const pb::AddMember& member = request.changes(i).add_member();
    const NamedMember named = MembersOf(request.changes(i), i)[0];
    LAWINE_ASSIGN_OR_RETURN(const MemberKey key, KeyOf(graph, named));
    if (ids.contains(key) || plan.Adds(key) || !added.insert(key).second) {
      return AboutField(named.path,
                        absl::AlreadyExistsError(absl::StrCat("graph '", graph.name(), "' has a member '",
                                                              member.id(), "' already")));
    }
    LAWINE_ASSIGN_OR_RETURN(batch.members.emplace_back(), ToMember(graph, member, i, key));
  }
  const auto ref = [&](const NamedMember& member) -> absl::StatusOr<MemberRef> {
    LAWINE_ASSIGN_OR_RETURN(const MemberKey key, KeyOf(graph, member));
    if (const auto id = ids.find(key); id != ids.end()) return MemberRef{key, id->second};
    if (plan.Adds(key) || added.contains(key)) return MemberRef{key, std::nullopt};
    return FieldError(member.path,
                      absl::StrCat("graph '", graph.name(), "' has no member '", member.id, "'"));
  };
  for (int i = 0; i < request.changes_size(); ++i) {
    const pb::Change& change = request.changes(i);
    if (change.has_add_member()) continue;
    const std::string path = absl::StrCat("changes[", i, change.has_follow() ? "].follow." : "].unfollow.");
    const std::vector<NamedMember> members = MembersOf(change, i);
    LinkEdit edit{.there = change.has_follow()};
    LAWINE_ASSIGN_OR_RETURN(edit.source, ref(members[0]));
    LAWINE_ASSIGN_OR_RETURN(edit.receiver, ref(members[1]));
    const std::string& kind = change.has_follow() ? change.follow().kind() : change.unfollow().kind();
    LAWINE_ASSIGN_OR_RETURN(edit.kind, KindOf(kind, path + "kind"));
    if (change.has_follow() && change.follow().has_probability()) {
      LAWINE_ASSIGN_OR_RETURN(edit.weight, WeightOf(change.follow().probability(), path + "probability"));
    }
    AddEdits(edit, change.has_follow() ? change.follow().mutual() : change.unfollow().mutual(), batch);
  }
  return batch;
}

absl::Status InChange(const pb::ApplyChangesRequest& request, const RefusedEdit& refused,
                      const absl::Status& status) {
  std::size_t edits = 0;  // through change i
  for (int i = 0; i < request.changes_size(); ++i) {
    const pb::Change& change = request.changes(i);
    if (change.has_add_member()) continue;
    const bool follow = change.has_follow();
    edits += (follow ? change.follow().mutual() : change.unfollow().mutual()) ? 2 : 1;
    if (edits <= refused.place) continue;
    const char* const part = refused.part == RefusedEdit::Part::kKind     ? "kind"
                             : refused.part == RefusedEdit::Part::kWeight ? "probability"
                                                                          : "followee";
    return AboutField(absl::StrCat("changes[", i, follow ? "].follow." : "].unfollow.", part), status);
  }
  return status;
}

}  // namespace lawine
