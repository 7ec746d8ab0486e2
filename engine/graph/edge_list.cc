// Method: links in the order of keys are links in the order of dense ids, so the merge of the spool gives
// every source's followers at once; they go to a second spool in the form the store has for them, and are
// read from there chunk by chunk, once for every shard.
#include "engine/graph/edge_list.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/key_index.h"
#include "engine/graph/list_spool.h"
#include "engine/graph/profile.h"

namespace lawine {
namespace {

constexpr std::uint32_t kChunkSources = 4096;
static_assert(kChunkSources % limits::kSourcesPerBlock == 0, "chunks start where blocks do");

// What is known of members, by dense id. `names` is empty when ids are integers, the last three where no
// profile was given.
struct MemberTable {
  std::vector<MemberKey> keys;
  std::vector<std::string> names;
  std::vector<std::uint32_t> communities;
  std::vector<std::uint8_t> networks;
  std::vector<std::uint8_t> account_kinds;

  std::string NameOf(std::uint32_t id) const { return names.empty() ? absl::StrCat(keys[id]) : names[id]; }
};

template <class Value>
void AppendPart(const std::vector<Value>& all, std::size_t from, std::size_t to, std::vector<Value>& out) {
  if (all.empty()) return;
  out.insert(out.end(), all.begin() + static_cast<std::ptrdiff_t>(from),
             all.begin() + static_cast<std::ptrdiff_t>(to));
}

// `range` of `all`; where there is nothing, the default for everybody.
template <class Value>
void AssignPart(const std::vector<Value>& all, MemberRange range, Value by_default, std::vector<Value>& out) {
  out.clear();
  if (all.empty()) return out.resize(range.count, by_default);
  AppendPart(all, range.first.value, range.end(), out);
}

template <class Value>
void MovePart(std::size_t from, std::size_t to, std::size_t out, std::vector<Value>& column) {
  if (column.empty()) return;
  std::copy(column.begin() + static_cast<std::ptrdiff_t>(from),
            column.begin() + static_cast<std::ptrdiff_t>(to),
            column.begin() + static_cast<std::ptrdiff_t>(out));
}

// Drops followers outside `receivers`; the others become local ids.
void KeepInside(MemberRange receivers, FollowerLists& lists) {
  std::vector<std::uint32_t>& followers = lists.followers;
  std::size_t out = 0;
  std::size_t at = 0;
  for (std::uint32_t& count : lists.counts) {
    const auto begin = followers.begin() + static_cast<std::ptrdiff_t>(at);
    at += count;
    const auto end = followers.begin() + static_cast<std::ptrdiff_t>(at);
    const auto first = std::lower_bound(begin, end, receivers.first.value);
    const auto last = std::lower_bound(first, end, receivers.end());
    const auto from = static_cast<std::size_t>(first - followers.begin());
    count = static_cast<std::uint32_t>(last - first);
    for (std::size_t i = 0; i < count; ++i) followers[out + i] = followers[from + i] - receivers.first.value;
    MovePart(from, from + count, out, lists.kinds);
    MovePart(from, from + count, out, lists.weights);
    out += count;
  }
  followers.resize(out);
  if (!lists.kinds.empty()) lists.kinds.resize(out);
  if (!lists.weights.empty()) lists.weights.resize(out);
}

class EdgeListSource final : public LinkSource {
 public:
  EdgeListSource(MemberTable members, ListSpool lists, std::vector<std::uint32_t> in_links,
                 LinkColumns columns)
      : members_(std::move(members)),
        lists_(std::move(lists)),
        in_links_(std::move(in_links)),
        columns_(columns) {}

  std::uint32_t members_count() const override { return static_cast<std::uint32_t>(members_.keys.size()); }
  LinkColumns columns() const override { return columns_; }
  std::span<const MemberKey> keys() const override { return members_.keys; }
  std::uint32_t chunks_count() const override { return (members_count() - 1) / kChunkSources + 1; }
  MemberRange chunk(std::uint32_t index) const override {
    const std::uint32_t first = index * kChunkSources;
    return {MemberId(first), std::min(kChunkSources, members_count() - first)};
  }
  std::uint64_t InLinksOf(MemberId member) const override { return in_links_[member.value]; }

  absl::Status FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                               FollowerLists& lists) const override {
    const MemberRange sources = chunk(chunk_index);
    LAWINE_RETURN_IF_ERROR(lists_.Read(sources.first.value, sources.end(), lists));
    if (receivers.count < members_count()) KeepInside(receivers, lists);
    return absl::OkStatus();
  }

  void Profiles(MemberRange range, MemberColumns& members) const override {
    members.Clear();
    AppendPart(members_.keys, range.first.value, range.end(), members.keys);
    AppendPart(members_.names, range.first.value, range.end(), members.names);
    AssignPart(members_.communities, range, kNoCommunity, members.community);
    AssignPart(members_.networks, range, kNetworkUnknown, members.network);
    AssignPart(members_.account_kinds, range, kAccountPersonal, members.account_kind);
  }

 private:
  const MemberTable members_;
  const ListSpool lists_;
  const std::vector<std::uint32_t> in_links_;
  const LinkColumns columns_;
};

// Names of the members with `keys`.
absl::Status NameMembers(std::vector<std::pair<MemberKey, std::string>> names, MemberTable& members) {
  members.names.reserve(members.keys.size());
  auto name = names.begin();
  for (const MemberKey key : members.keys) {
    while (name != names.end() && name->first < key) ++name;
    if (name == names.end() || name->first != key) {
      return absl::InvalidArgumentError(absl::StrCat(
          "expected a name for every member, found none for the key ", key, ": add it to the names"));
    }
    members.names.push_back(std::move(name->second));
  }
  return absl::OkStatus();
}

absl::Status SetProfiles(std::span<const KeyedProfile> profiles, const KeyIndex& index,
                         MemberTable& members) {
  const std::size_t count = members.keys.size();
  members.communities.assign(count, kNoCommunity);
  members.networks.assign(count, kNetworkUnknown);
  members.account_kinds.assign(count, kAccountPersonal);
  std::vector<bool> seen(count);
  for (const KeyedProfile& profile : profiles) {
    const std::uint32_t id = index.IdOf(profile.key);
    if (seen[id]) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected one profile a member, found two of member ", members.NameOf(id)));
    }
    seen[id] = true;
    members.communities[id] = profile.community;
    members.networks[id] = profile.network;
    members.account_kinds[id] = profile.account_kind;
  }
  return absl::OkStatus();
}

// All keys there are.
absl::StatusOr<KeyIndex> IndexMembers(EdgeList& edges) {
  KeySet keys = edges.links.TakeKeys();
  for (const MemberKey key : edges.extra_members) keys.Add(key);
  for (const KeyedProfile& profile : edges.profiles) keys.Add(profile.key);
  const std::uint64_t count = keys.count();
  if (count == 0) {
    return absl::InvalidArgumentError("expected at least one member, found none: the edge list has no rows");
  }
  if (count > limits::kMembersMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected at most ", limits::kMembersMax, " members, found ", count, ": import a part of the links"));
  }
  return KeyIndex(std::move(keys));
}

absl::StatusOr<MemberTable> DescribeMembers(EdgeList& edges, KeyIndex& index) {
  MemberTable members;
  members.keys = index.TakeKeys();
  if (!edges.names.empty()) LAWINE_RETURN_IF_ERROR(NameMembers(std::exchange(edges.names, {}), members));
  if (!edges.profiles.empty()) LAWINE_RETURN_IF_ERROR(SetProfiles(edges.profiles, index, members));
  return members;
}

absl::Status ConflictingWeights(const MemberTable& members, const KeyIndex& index, const KeyedLink& first,
                                const KeyedLink& second) {
  const auto probability = [](const KeyedLink& link) {
    return static_cast<double>(link.weight) / static_cast<double>(kLinkWeightOne);
  };
  return absl::InvalidArgumentError(
      absl::StrCat("expected one probability a link, found ", probability(first), " and ",
                   probability(second), " for the link ", members.NameOf(index.IdOf(first.from)), " -> ",
                   members.NameOf(index.IdOf(first.to)), ": keep one of the rows"));
}

// Numbers the links of one source, ascending, into `lists`; counts them by receiver.
absl::Status AddSource(std::span<const KeyedLink> links, const MemberTable& members, const KeyIndex& index,
                       ListSpool& lists, std::vector<std::uint32_t>& in_links) {
  const auto conflict = std::adjacent_find(links.begin(), links.end(), SameLink);
  if (conflict != links.end()) return ConflictingWeights(members, index, conflict[0], conflict[1]);
  const std::uint32_t source = index.IdOf(links.front().from);
  for (const KeyedLink& link : links) {
    const std::uint32_t follower = index.IdOf(link.to);
    ++in_links[follower];
    LAWINE_RETURN_IF_ERROR(lists.Add(source, follower, link.kind, link.weight));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const LinkSource>> MakeEdgeListSource(EdgeList edges, EdgeListCounts& counts,
                                                                     SpillOptions spill) {
  LAWINE_RETURN_IF_ERROR(edges.links.Finish());
  LAWINE_ASSIGN_OR_RETURN(KeyIndex index, IndexMembers(edges));
  LAWINE_ASSIGN_OR_RETURN(MemberTable members, DescribeMembers(edges, index));
  const auto members_count = static_cast<std::uint32_t>(members.keys.size());
  spill.memory_bytes /= 2;
  ListSpool lists(members_count, members_count, edges.columns, std::move(spill));
  std::vector<std::uint32_t> in_links(members_count);
  counts.self_links_dropped += edges.links.self_links();
  LAWINE_RETURN_IF_ERROR(edges.links.Merge(
      [&](std::span<const KeyedLink> links) { return AddSource(links, members, index, lists, in_links); },
      counts.duplicates_dropped));
  LAWINE_RETURN_IF_ERROR(lists.Finish());
  return std::make_shared<const EdgeListSource>(std::move(members), std::move(lists), std::move(in_links),
                                                edges.columns);
}

}  // namespace lawine
