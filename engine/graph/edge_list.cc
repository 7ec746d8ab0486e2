// Method: links become lists per source by counting (one pass) and scattering (another), then every list
// is sorted by itself. This needs 4 bytes a link (8 with weights) beside the input, and little time: lists
// are short, and a source's list is in cache while it is sorted.
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

// What is known of members, by dense id. `names` is empty when ids are integers.
struct MemberNames {
  std::vector<MemberKey> keys;
  std::vector<std::string> names;

  std::string NameOf(std::uint32_t id) const { return names.empty() ? absl::StrCat(keys[id]) : names[id]; }
};

// Followers of every source: those of s are followers[offsets[s]] to followers[offsets[s + 1]], ascending.
struct SourceLists {
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint32_t> followers;
  std::vector<std::uint32_t> weights;  // parallel to followers, or empty
};

class EdgeListSource final : public LinkSource {
 public:
  EdgeListSource(MemberNames members, SourceLists lists, bool weighted)
      : members_(std::move(members)),
        lists_(std::move(lists)),
        weighted_(weighted),
        in_links_(members_.keys.size()) {
    for (const std::uint32_t follower : lists_.followers) ++in_links_[follower];
  }

  std::uint32_t members_count() const override { return static_cast<std::uint32_t>(members_.keys.size()); }
  LinkColumns columns() const override { return {.kinds = false, .weights = weighted_}; }
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
      if (weighted_) {
        lists.weights.insert(lists.weights.end(), lists_.weights.begin() + (from - all),
                             lists_.weights.begin() + (to - all));
      }
    }
    return absl::OkStatus();
  }

  void Profiles(MemberRange range, MemberColumns& members) const override {
    members.Clear();
    const auto first = static_cast<std::ptrdiff_t>(range.first.value);
    const auto end = static_cast<std::ptrdiff_t>(range.end());
    members.keys.assign(members_.keys.begin() + first, members_.keys.begin() + end);
    members.community.assign(range.count, kNoCommunity);
    members.network.assign(range.count, kNetworkUnknown);
    members.account_kind.assign(range.count, kAccountPersonal);
    if (!members_.names.empty()) {
      members.names.assign(members_.names.begin() + first, members_.names.begin() + end);
    }
  }

 private:
  const MemberNames members_;
  const SourceLists lists_;
  const bool weighted_;
  std::vector<std::uint32_t> in_links_;
};

// Replaces the keys of links by dense ids.
absl::StatusOr<MemberNames> NumberMembers(EdgeList& edges) {
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
  MemberNames members = {.keys = index.SortedKeys(), .names = {}};
  if (edges.names.empty()) return members;
  members.names.reserve(members.keys.size());
  auto name = edges.names.begin();
  for (const MemberKey key : members.keys) {
    while (name != edges.names.end() && name->first < key) ++name;
    if (name == edges.names.end() || name->first != key) {
      return absl::InvalidArgumentError(absl::StrCat(
          "expected a name for every member, found none for the key ", key, ": add it to the names"));
    }
    members.names.push_back(std::move(name->second));
  }
  return members;
}

// Lists in the order of rows, without self-links. Releases `links`, which hold dense ids.
SourceLists ScatterLinks(std::vector<KeyedLink> links, bool weighted, std::size_t members_count,
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
  if (weighted) lists.weights.resize(offsets.back());
  for (const KeyedLink& link : links) {
    if (link.from == link.to) continue;
    const std::uint64_t at = offsets[link.from + 1]++;
    lists.followers[at] = static_cast<std::uint32_t>(link.to);
    if (weighted) lists.weights[at] = link.weight;
  }
  offsets.pop_back();
  return lists;
}

absl::Status ConflictingWeights(const MemberNames& members, std::uint32_t source, std::uint64_t first,
                                std::uint64_t second) {
  const auto probability = [](std::uint64_t link) {
    return static_cast<double>(static_cast<std::uint32_t>(link)) / static_cast<double>(kLinkWeightOne);
  };
  return absl::InvalidArgumentError(
      absl::StrCat("expected one probability a link, found ", probability(first), " and ",
                   probability(second), " for the link ", members.NameOf(source), " -> ",
                   members.NameOf(static_cast<std::uint32_t>(first >> 32)), ": keep one of the rows"));
}

// Sorts links[first, end) of `lists` to position `out`, without duplicates; returns where they end.
std::uint64_t SortUnweighted(SourceLists& lists, std::uint64_t first, std::uint64_t end, std::uint64_t out) {
  std::uint32_t* const followers = lists.followers.data();
  std::sort(followers + first, followers + end);
  const std::uint32_t* const unique_end = std::unique(followers + first, followers + end);
  const auto kept = static_cast<std::uint64_t>(unique_end - (followers + first));
  if (out != first) std::memmove(followers + out, followers + first, kept * sizeof *followers);
  return out + kept;
}

// The same, with each follower and its weight packed into one word of `packed` to be sorted together.
std::uint64_t SortWeighted(SourceLists& lists, std::uint64_t first, std::uint64_t end, std::uint64_t out,
                           std::vector<std::uint64_t>& packed) {
  packed.clear();
  for (std::uint64_t i = first; i < end; ++i) {
    packed.push_back(std::uint64_t{lists.followers[i]} << 32 | lists.weights[i]);
  }
  std::sort(packed.begin(), packed.end());
  packed.erase(std::unique(packed.begin(), packed.end()), packed.end());
  for (const std::uint64_t link : packed) {
    lists.followers[out] = static_cast<std::uint32_t>(link >> 32);
    lists.weights[out++] = static_cast<std::uint32_t>(link);
  }
  return out;
}

absl::Status SortLists(SourceLists& lists, const MemberNames& members, EdgeListCounts& counts) {
  const bool weighted = !lists.weights.empty();
  std::vector<std::uint64_t> packed;
  const auto same_link = [](std::uint64_t a, std::uint64_t b) { return a >> 32 == b >> 32; };
  std::uint64_t out = 0;
  std::uint64_t first = 0;
  for (std::uint32_t source = 0; source < members.keys.size(); ++source) {
    const std::uint64_t end = lists.offsets[source + 1];
    if (weighted) {
      out = SortWeighted(lists, first, end, out, packed);
      const auto conflict = std::adjacent_find(packed.begin(), packed.end(), same_link);
      if (conflict != packed.end()) return ConflictingWeights(members, source, conflict[0], conflict[1]);
    } else {
      out = SortUnweighted(lists, first, end, out);
    }
    lists.offsets[source + 1] = out;
    first = end;
  }
  counts.duplicates_dropped += lists.followers.size() - out;
  lists.followers.resize(out);
  lists.followers.shrink_to_fit();
  if (weighted) {
    lists.weights.resize(out);
    lists.weights.shrink_to_fit();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const LinkSource>> MakeEdgeListSource(EdgeList edges, EdgeListCounts& counts) {
  LAWINE_ASSIGN_OR_RETURN(MemberNames members, NumberMembers(edges));
  SourceLists lists =
      ScatterLinks(std::exchange(edges.links, {}), edges.weighted, members.keys.size(), counts);
  LAWINE_RETURN_IF_ERROR(SortLists(lists, members, counts));
  return std::make_shared<const EdgeListSource>(std::move(members), std::move(lists), edges.weighted);
}

}  // namespace lawine
