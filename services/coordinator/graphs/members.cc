#include "services/coordinator/graphs/members.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/graph/edge_line.h"
#include "engine/graph/partition.h"
#include "engine/graph/profile.h"
#include "services/common/errors.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"
#include "services/coordinator/graphs/graph_stats.h"
#include "services/coordinator/workers/fan_out.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

// A first call may have to read the members from disk.
constexpr absl::Duration kReadTimeout = absl::Minutes(1);

}  // namespace

absl::StatusOr<MemberKey> Members::KeyOf(const std::string& id) const {
  if (graph_.info().named_members()) return KeyOfStringId(id);
  return ParseIntegerId(id);
}

std::string Members::IdOf(const pbi::MemberRecord& record) const {
  return graph_.info().named_members() ? record.name() : absl::StrCat(record.key());
}

// Profiles are read from disk, and hold the names; without names a record's key is its id.
pbi::ReadMembersRequest Members::RequestOf(const std::vector<MemberKey>& keys) const {
  pbi::ReadMembersRequest request;
  request.mutable_keys()->Add(keys.begin(), keys.end());
  request.set_graph(graph_.info().name());
  request.set_graph_version(graph_.info().graph_version());
  request.set_profiles(graph_.info().named_members());
  return request;
}

absl::StatusOr<std::vector<pbi::MemberRecord>> Members::ByKey(const std::vector<MemberKey>& keys) const {
  return Read(RequestOf(keys));
}

absl::StatusOr<std::vector<pbi::MemberRecord>> Members::ById(const std::vector<std::uint32_t>& ids) const {
  pbi::ReadMembersRequest request = RequestOf({});
  request.mutable_ids()->Add(ids.begin(), ids.end());
  return Read(request);
}

absl::StatusOr<std::vector<pbi::MemberRecord>> Members::ProfilesOf(
    const std::vector<std::uint32_t>& ids) const {
  pbi::ReadMembersRequest request = RequestOf({});
  request.set_profiles(true);
  request.mutable_ids()->Add(ids.begin(), ids.end());
  return Read(request);
}

std::vector<WorkerHandle> Members::HoldersOf(const pbi::ReadMembersRequest& request) const {
  if (request.keys_size() > 0 && !graph_.dense_keys()) return placement_.workers;
  const auto& boundaries = graph_.info().boundaries();
  std::set<std::uint32_t> owners;
  const auto add = [&](std::uint64_t id) {
    const auto end = std::upper_bound(boundaries.begin(), boundaries.end(), id);
    if (end != boundaries.end()) owners.insert(static_cast<std::uint32_t>(end - boundaries.begin()) - 1);
  };
  for (const std::uint64_t key : request.keys()) add(key);
  for (const std::uint32_t id : request.ids()) add(id);
  std::vector<WorkerHandle> holders;
  for (const WorkerHandle& worker : placement_.workers) {
    const bool holds = std::any_of(worker.shards.begin(), worker.shards.end(),
                                   [&owners](std::uint32_t shard) { return owners.contains(shard); });
    if (holds) holders.push_back(worker);
  }
  return holders;
}

absl::StatusOr<std::vector<pbi::MemberRecord>> Members::Read(const pbi::ReadMembersRequest& request) const {
  LAWINE_ASSIGN_OR_RETURN(
      const std::vector<pbi::ReadMembersResponse> parts,
      AskAll(HoldersOf(request), &WorkerStub::ReadMembers, request, kReadTimeout, {cancellation_}));
  std::vector<pbi::MemberRecord> records;
  for (const auto& part : parts) records.insert(records.end(), part.members().begin(), part.members().end());
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.id() < b.id(); });
  return records;
}

absl::StatusOr<std::vector<std::uint32_t>> Members::LargestCommunities(std::size_t count) const {
  return lawine::LargestCommunities(graph_.info(), placement_, count, cancellation_);
}

absl::StatusOr<std::vector<SeedCandidate>> Members::Choose(const SeedRule& rule) const {
  pbi::ProposeSeedsRequest request;
  request.set_graph(graph_.info().name());
  request.set_graph_version(graph_.info().graph_version());
  request.set_rule(static_cast<std::uint32_t>(rule.kind));
  request.set_audience(rule.audience);
  request.set_count(rule.count);
  request.set_run_seed(rule.run_seed);
  request.set_account_kind(rule.account_kind);
  if (rule.community.has_value()) request.set_community(*rule.community);
  if (rule.network.has_value()) request.set_network(*rule.network);
  LAWINE_ASSIGN_OR_RETURN(
      const std::vector<pbi::ProposeSeedsResponse> parts,
      AskAll(placement_.workers, &WorkerStub::ProposeSeeds, request, kReadTimeout, {cancellation_}));
  std::vector<SeedCandidate> best;
  for (const auto& part : parts) {
    std::vector<SeedCandidate> proposals;
    for (const auto& proposal : part.proposals()) proposals.push_back(wire::FromProto(proposal));
    MergeSeeds(proposals, rule.count, best);
  }
  return best;
}

absl::StatusOr<pb::GetMemberResponse> Members::Describe(const std::string& id,
                                                        std::uint32_t followers) const {
  const absl::StatusOr<MemberKey> key = KeyOf(id);
  if (!key.ok()) return FieldError("id", std::string(key.status().message()));
  pbi::ReadMembersRequest request = RequestOf({*key});
  request.set_profiles(true);
  LAWINE_ASSIGN_OR_RETURN(const auto records, Read(request));
  if (records.empty() || IdOf(records[0]) != id) {
    return absl::NotFoundError(absl::StrCat("graph '", graph_.info().name(), "' has no member '", id, "'"));
  }
  const pbi::MemberRecord& record = records[0];
  pb::GetMemberResponse response;
  pb::Member& member = *response.mutable_member();
  member.set_id(id);
  member.set_key(record.key());
  member.set_audience(record.audience());
  member.set_followees(record.followees());
  member.set_network(NetworkName(static_cast<std::uint8_t>(record.network())));
  member.set_community(record.community());
  member.set_account_kind(record.account_kind());
  LAWINE_ASSIGN_OR_RETURN(const GraphInfo info, wire::FromProto(graph_.info()));
  member.set_shard(info.partition.OwnerOf(MemberId(record.id())).value);
  LAWINE_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> ids, FirstFollowers(record.id(), followers));
  LAWINE_ASSIGN_OR_RETURN(const auto names, ById(ids));
  for (const auto& follower : names) response.add_followers(IdOf(follower));
  LAWINE_ASSIGN_OR_RETURN(const auto persons, ById({record.person()}));
  if (!persons.empty()) member.set_person(IdOf(persons[0]));
  return response;
}

absl::StatusOr<std::vector<std::uint32_t>> Members::FirstFollowers(std::uint32_t source,
                                                                   std::uint32_t count) const {
  pbi::ReadFollowersRequest request;
  request.set_graph(graph_.info().name());
  request.set_graph_version(graph_.info().graph_version());
  request.set_source(source);
  request.set_count(count);
  LAWINE_ASSIGN_OR_RETURN(
      const std::vector<pbi::ReadFollowersResponse> parts,
      AskAll(placement_.workers, &WorkerStub::ReadFollowers, request, kReadTimeout, {cancellation_}));
  std::vector<std::uint32_t> ids;
  for (const auto& part : parts) ids.insert(ids.end(), part.followers().begin(), part.followers().end());
  std::sort(ids.begin(), ids.end());
  if (ids.size() > count) ids.resize(count);
  return ids;
}

}  // namespace lawine
