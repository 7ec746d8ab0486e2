#include "services/worker/received_links.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/graph/profile.h"
#include "services/common/wire.h"

namespace lawine {

ReceivedLinks::ReceivedLinks(const GraphInfo& graph, MemberRange receivers)
    : members_count_(graph.members()),
      columns_(graph.columns),
      named_(graph.named_members),
      receivers_(receivers),
      offsets_(std::size_t{graph.members()} + 1) {}

absl::Status ReceivedLinks::AddProfiles(const internal::v1::LinkBatch& batch) {
  LAWINE_RETURN_IF_ERROR(wire::UnpackInts(batch.keys(), keys_));
  names_.insert(names_.end(), batch.names().begin(), batch.names().end());
  LAWINE_RETURN_IF_ERROR(wire::UnpackInts(batch.communities(), communities_));
  networks_ += batch.networks();
  account_kinds_ += batch.account_kinds();
  if (batch.communities().empty()) communities_.resize(keys_.size(), kNoCommunity);
  if (batch.networks().empty()) networks_.resize(keys_.size(), static_cast<char>(kNetworkUnknown));
  if (batch.account_kinds().empty()) {
    account_kinds_.resize(keys_.size(), static_cast<char>(kAccountPersonal));
  }
  if (communities_.size() == keys_.size() && networks_.size() == keys_.size() &&
      account_kinds_.size() == keys_.size()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("expected a profile for each key, or none");
}

bool ReceivedLinks::Ascends(std::uint32_t local, std::uint8_t kind) const {
  if (local != followers_.back()) return local > followers_.back();
  return columns_.kinds && kind > static_cast<std::uint8_t>(kinds_.back());
}

absl::Status ReceivedLinks::Add(const internal::v1::LinkBatch& batch) {
  LAWINE_RETURN_IF_ERROR(AddProfiles(batch));
  std::vector<std::uint32_t> pairs;
  LAWINE_RETURN_IF_ERROR(wire::UnpackInts(batch.links(), pairs));
  LAWINE_RETURN_IF_ERROR(wire::UnpackInts(batch.weights(), weights_));
  if (pairs.size() % 2 != 0) return absl::InvalidArgumentError("expected whole links, found half a one");
  if (batch.kinds().size() != (columns_.kinds ? pairs.size() / 2 : 0)) {
    return absl::InvalidArgumentError("expected a kind for each link where links have kinds, else none");
  }
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const std::uint32_t from = pairs[i];
    const std::uint32_t local = pairs[i + 1] - receivers_.first.value;
    const char kind = columns_.kinds ? batch.kinds()[i / 2] : '\0';
    const bool inside = from < members_count_ && local < receivers_.count;
    const bool repeats =
        inside && from + 1 == sources_seen_ && !Ascends(local, static_cast<std::uint8_t>(kind));
    if (!inside || from + 1 < sources_seen_ || repeats) {
      return absl::InvalidArgumentError(
          absl::StrCat("link ", from, " -> ", pairs[i + 1], " is not the shard's or out of order"));
    }
    for (; sources_seen_ <= from; ++sources_seen_) offsets_[sources_seen_] = followers_.size();
    followers_.push_back(local);
    if (columns_.kinds) kinds_.push_back(kind);
  }
  return absl::OkStatus();
}

absl::Status ReceivedLinks::Finish() {
  for (; sources_seen_ <= members_count_; ++sources_seen_) offsets_[sources_seen_] = followers_.size();
  if (keys_.size() != members_count_ || names_.size() != (named_ ? members_count_ : 0) ||
      weights_.size() != (columns_.weights ? followers_.size() : 0)) {
    return absl::InvalidArgumentError(absl::StrCat("expected ", members_count_, " members, received ",
                                                   keys_.size(), " keys and ", names_.size(), " names"));
  }
  const bool ascending =
      std::adjacent_find(keys_.begin(), keys_.end(), std::greater_equal<>()) == keys_.end();
  return ascending ? absl::OkStatus()
                   : absl::InvalidArgumentError("expected keys of members ascending, each once");
}

std::uint32_t ReceivedLinks::chunks_count() const {
  return (members_count_ + kChunkMembers - 1) / kChunkMembers;
}

MemberRange ReceivedLinks::chunk(std::uint32_t index) const {
  const std::uint32_t first = index * kChunkMembers;
  return {MemberId(first), std::min(kChunkMembers, members_count_ - first)};
}

absl::Status ReceivedLinks::FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                                            FollowerLists& lists) const {
  LAWINE_CHECK(receivers == receivers_);
  lists.Clear();
  const MemberRange sources = chunk(chunk_index);
  for (std::uint32_t u = sources.first.value; u < sources.end(); ++u) {
    lists.counts.push_back(static_cast<std::uint32_t>(offsets_[u + 1] - offsets_[u]));
  }
  const auto begin = static_cast<std::ptrdiff_t>(offsets_[sources.first.value]);
  const auto end = static_cast<std::ptrdiff_t>(offsets_[sources.end()]);
  lists.followers.assign(followers_.begin() + begin, followers_.begin() + end);
  if (columns_.kinds) lists.kinds.assign(kinds_.begin() + begin, kinds_.begin() + end);
  if (columns_.weights) lists.weights.assign(weights_.begin() + begin, weights_.begin() + end);
  return absl::OkStatus();
}

void ReceivedLinks::Profiles(MemberRange range, MemberColumns& members) const {
  members.Clear();
  const auto first = static_cast<std::ptrdiff_t>(range.first.value);
  const auto end = static_cast<std::ptrdiff_t>(range.end());
  members.keys.assign(keys_.begin() + first, keys_.begin() + end);
  if (named_) members.names.assign(names_.begin() + first, names_.begin() + end);
  members.community.assign(communities_.begin() + first, communities_.begin() + end);
  members.network.assign(networks_.begin() + first, networks_.begin() + end);
  members.account_kind.assign(account_kinds_.begin() + first, account_kinds_.begin() + end);
}

}  // namespace lawine
