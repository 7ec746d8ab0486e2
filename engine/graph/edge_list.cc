// Method: links become lists per source by counting (one pass) and scattering (another), then every list
// is sorted by itself. This needs 4 bytes a link (4 more with weights, 1 with kinds) beside the input, and
// little time: lists are short, and a source's list is in cache while it is sorted.
#include "engine/graph/edge_list.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/key_index.h"
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

// Followers of every source: those of s are followers[offsets[s]] to followers[offsets[s + 1]], ascending.
struct SourceLists {
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint32_t> followers;
  std::vector<std::uint8_t> kinds;     // parallel to followers, or empty
  std::vector<std::uint32_t> weights;  // the same
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

class EdgeListSource final : public LinkSource {
 public:
  EdgeListSource(MemberTable members, SourceLists lists, LinkColumns columns)
      : members_(std::move(members)),
        lists_(std::move(lists)),
        columns_(columns),
        in_links_(members_.keys.size()) {
    for (const std::uint32_t follower : lists_.followers) ++in_links_[follower];
  }

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
    lists.Clear();
    const MemberRange sources = chunk(chunk_index);
    lists.counts.reserve(sources.count);
    const std::uint32_t* const all = lists_.followers.data();
    for (std::uint32_t source = sources.first.value; source < sources.end(); ++source) {
      const std::uint32_t* const end = all + lists_.offsets[source + 1];
      const std::uint32_t* const from =
          std::lower_bound(all + lists_.offsets[source], end, receivers.first.value);
      const std::uint32_t* const to = std::lower_bound(from, end, receivers.end());
      lists.counts.push_back(static_cast<std::uint32_t>(to - from));
      for (const std::uint32_t* at = from; at != to; ++at)
        lists.followers.push_back(*at - receivers.first.value);
      AppendPart(lists_.kinds, static_cast<std::size_t>(from - all), static_cast<std::size_t>(to - all),
                 lists.kinds);
      AppendPart(lists_.weights, static_cast<std::size_t>(from - all), static_cast<std::size_t>(to - all),
                 lists.weights);
    }
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
  const SourceLists lists_;
  const LinkColumns columns_;
  std::vector<std::uint32_t> in_links_;
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

// Replaces the keys of links by dense ids.
absl::StatusOr<MemberTable> NumberMembers(EdgeList& edges) {
  for (const KeyedProfile& profile : edges.profiles) edges.extra_members.push_back(profile.key);
  const KeyIndex index(edges.links, edges.extra_members);
  if (index.members_count() == 0) {
    return absl::InvalidArgumentError("expected at least one member, found none: the edge list has no rows");
  }
  if (index.members_count() > limits::kMembersMax) {
    return absl::InvalidArgumentError(absl::StrCat("expected at most ", limits::kMembersMax,
                                                   " members, found ", index.members_count(),
                                                   ": import a part of the links"));
  }
  for (KeyedLink& link : edges.links) {
    link.from = index.IdOf(link.from);
    link.to = index.IdOf(link.to);
  }
  MemberTable members;
  members.keys = index.SortedKeys();
  if (!edges.names.empty()) LAWINE_RETURN_IF_ERROR(NameMembers(std::exchange(edges.names, {}), members));
  if (!edges.profiles.empty()) LAWINE_RETURN_IF_ERROR(SetProfiles(edges.profiles, index, members));
  return members;
}

// Lists in the order of rows, without self-links. Releases `links`, which hold dense ids.
SourceLists ScatterLinks(std::vector<KeyedLink> links, LinkColumns columns, std::size_t members_count,
                         EdgeListCounts& counts) {
  SourceLists lists;
  // While scattering, offsets[s + 1] is where the next follower of s goes; at the end, where s's list ends.
  std::vector<std::uint64_t>& offsets = lists.offsets;
  offsets.resize(members_count + 2);
  for (const KeyedLink& link : links) {
    if (link.from == link.to) {
      ++counts.self_links_dropped;
    } else {
      ++offsets[link.from + 2];
    }
  }
  for (std::size_t s = 2; s < offsets.size(); ++s) offsets[s] += offsets[s - 1];
  lists.followers.resize(offsets.back());
  if (columns.kinds) lists.kinds.resize(offsets.back());
  if (columns.weights) lists.weights.resize(offsets.back());
  for (const KeyedLink& link : links) {
    if (link.from == link.to) continue;
    const std::uint64_t at = offsets[link.from + 1]++;
    lists.followers[at] = static_cast<std::uint32_t>(link.to);
    if (columns.kinds) lists.kinds[at] = link.kind;
    if (columns.weights) lists.weights[at] = link.weight;
  }
  offsets.pop_back();
  return lists;
}

// A link of a source's list; one of another kind is another link.
struct ListedLink {
  std::uint32_t follower = 0;
  std::uint8_t kind = 0;
  std::uint32_t weight = 0;
  friend auto operator<=>(const ListedLink&, const ListedLink&) = default;
};

bool SameLink(const ListedLink& a, const ListedLink& b) {
  return a.follower == b.follower && a.kind == b.kind;
}

absl::Status ConflictingWeights(const MemberTable& members, std::uint32_t source, const ListedLink& first,
                                const ListedLink& second) {
  const auto probability = [](const ListedLink& link) {
    return static_cast<double>(link.weight) / static_cast<double>(kLinkWeightOne);
  };
  return absl::InvalidArgumentError(absl::StrCat("expected one probability a link, found ",
                                                 probability(first), " and ", probability(second),
                                                 " for the link ", members.NameOf(source), " -> ",
                                                 members.NameOf(first.follower), ": keep one of the rows"));
}

// Sorts links[first, end) of `lists` to position `out`, without duplicates; returns where they end.
std::uint64_t SortPlain(SourceLists& lists, std::uint64_t first, std::uint64_t end, std::uint64_t out) {
  std::uint32_t* const followers = lists.followers.data();
  std::sort(followers + first, followers + end);
  const std::uint32_t* const unique_end = std::unique(followers + first, followers + end);
  const auto kept = static_cast<std::uint64_t>(unique_end - (followers + first));
  if (out != first) std::memmove(followers + out, followers + first, kept * sizeof *followers);
  return out + kept;
}

// The same with columns, by way of `sorted`.
std::uint64_t SortWithColumns(SourceLists& lists, std::uint64_t first, std::uint64_t end, std::uint64_t out,
                              std::vector<ListedLink>& sorted) {
  sorted.clear();
  for (std::uint64_t i = first; i < end; ++i) {
    sorted.push_back({.follower = lists.followers[i],
                      .kind = lists.kinds.empty() ? std::uint8_t{0} : lists.kinds[i],
                      .weight = lists.weights.empty() ? 0 : lists.weights[i]});
  }
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  for (const ListedLink& link : sorted) {
    lists.followers[out] = link.follower;
    if (!lists.kinds.empty()) lists.kinds[out] = link.kind;
    if (!lists.weights.empty()) lists.weights[out] = link.weight;
    ++out;
  }
  return out;
}

template <class Value>
void Cut(std::size_t size, std::vector<Value>& column) {
  if (column.empty()) return;
  column.resize(size);
  column.shrink_to_fit();
}

absl::Status SortLists(SourceLists& lists, const MemberTable& members, EdgeListCounts& counts) {
  const bool plain = lists.kinds.empty() && lists.weights.empty();
  std::vector<ListedLink> sorted;
  std::uint64_t out = 0;
  std::uint64_t first = 0;
  for (std::uint32_t source = 0; source < members.keys.size(); ++source) {
    const std::uint64_t end = lists.offsets[source + 1];
    if (plain) {
      out = SortPlain(lists, first, end, out);
    } else {
      out = SortWithColumns(lists, first, end, out, sorted);
      const auto conflict = std::adjacent_find(sorted.begin(), sorted.end(), SameLink);
      if (conflict != sorted.end()) return ConflictingWeights(members, source, conflict[0], conflict[1]);
    }
    lists.offsets[source + 1] = out;
    first = end;
  }
  counts.duplicates_dropped += lists.followers.size() - out;
  Cut(out, lists.followers);
  Cut(out, lists.kinds);
  Cut(out, lists.weights);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const LinkSource>> MakeEdgeListSource(EdgeList edges, EdgeListCounts& counts) {
  LAWINE_ASSIGN_OR_RETURN(MemberTable members, NumberMembers(edges));
  SourceLists lists =
      ScatterLinks(std::exchange(edges.links, {}), edges.columns, members.keys.size(), counts);
  LAWINE_RETURN_IF_ERROR(SortLists(lists, members, counts));
  return std::make_shared<const EdgeListSource>(std::move(members), std::move(lists), edges.columns);
}

}  // namespace lawine
