#include "services/worker/shards/received_links.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/graph/profile.h"
#include "services/common/wire.h"

namespace lawine {

ReceivedLinks::ReceivedLinks(const GraphInfo& graph, MemberRange receivers, SpillOptions spill)
    : members_count_(graph.members()),
      columns_(graph.columns),
      named_(graph.named_members),
      receivers_(receivers),
      lists_(graph.members(), receivers.count, graph.columns, std::move(spill)) {}

absl::Status ReceivedLinks::AddProfiles(const internal::v1::LinkBatch& batch) {
  LAWINE_RETURN_IF_ERROR(wire::UnpackInts(batch.keys(), keys_));
  names_.insert(names_.end(), batch.names().begin(), batch.names().end());
  LAWINE_RETURN_IF_ERROR(wire::UnpackInts(batch.communities(), communities_));
  networks_ += batch.networks();
  account_kinds_ += batch.account_kinds();
  // Members of the shard that keys are known of.
  const std::size_t own = std::clamp<std::size_t>(keys_.size(), receivers_.first.value, receivers_.end()) -
                          receivers_.first.value;
  if (batch.communities().empty()) communities_.resize(own, kNoCommunity);
  if (batch.networks().empty()) networks_.resize(own, static_cast<char>(kNetworkUnknown));
  if (batch.account_kinds().empty()) account_kinds_.resize(own, static_cast<char>(kAccountPersonal));
  if (communities_.size() == own && networks_.size() == own && account_kinds_.size() == own &&
      names_.size() == (named_ ? own : 0)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("expected a profile for each key of the shard's members, or none");
}

absl::Status ReceivedLinks::AddLink(std::uint32_t from, std::uint32_t to, std::uint8_t kind,
                                    std::uint32_t weight) {
  const std::uint32_t local = to - receivers_.first.value;
  const Order order{from, local, kind};
  if (from >= members_count_ || local >= receivers_.count || order < next_) {
    return absl::InvalidArgumentError(
        absl::StrCat("link ", from, " -> ", to, " is not the shard's or out of order"));
  }
  next_ = {from, local, std::uint32_t{kind} + 1};
  return lists_.Add(from, local, kind, weight);
}

absl::Status ReceivedLinks::Add(const internal::v1::LinkBatch& batch) {
  LAWINE_RETURN_IF_ERROR(AddProfiles(batch));
  std::vector<std::uint32_t> pairs;
  std::vector<std::uint32_t> weights;
  LAWINE_RETURN_IF_ERROR(wire::UnpackInts(batch.links(), pairs));
  LAWINE_RETURN_IF_ERROR(wire::UnpackInts(batch.weights(), weights));
  if (pairs.size() % 2 != 0) return absl::InvalidArgumentError("expected whole links, found half a one");
  const std::size_t links = pairs.size() / 2;
  if (batch.kinds().size() != (columns_.kinds ? links : 0) ||
      weights.size() != (columns_.weights ? links : 0)) {
    return absl::InvalidArgumentError(
        "expected a kind and a weight for each link where links have them, else none");
  }
  for (std::size_t i = 0; i < links; ++i) {
    LAWINE_RETURN_IF_ERROR(AddLink(pairs[2 * i], pairs[2 * i + 1],
                                   columns_.kinds ? static_cast<std::uint8_t>(batch.kinds()[i]) : 0,
                                   columns_.weights ? weights[i] : 0));
  }
  return absl::OkStatus();
}

absl::Status ReceivedLinks::Finish() {
  if (keys_.size() != members_count_) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected keys of ", members_count_, " members, received ", keys_.size()));
  }
  if (std::adjacent_find(keys_.begin(), keys_.end(), std::greater_equal<>()) != keys_.end()) {
    return absl::InvalidArgumentError("expected keys of members ascending, each once");
  }
  return lists_.Finish();
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
  const MemberRange sources = chunk(chunk_index);
  return lists_.Read(sources.first.value, sources.end(), lists);
}

void ReceivedLinks::Profiles(MemberRange range, MemberColumns& members) const {
  members.Clear();
  const auto key = keys_.begin() + static_cast<std::ptrdiff_t>(range.first.value);
  members.keys.assign(key, key + range.count);
  const auto first = static_cast<std::ptrdiff_t>(range.first.value - receivers_.first.value);
  const auto end = first + static_cast<std::ptrdiff_t>(range.count);
  if (named_) members.names.assign(names_.begin() + first, names_.begin() + end);
  members.community.assign(communities_.begin() + first, communities_.begin() + end);
  members.network.assign(networks_.begin() + first, networks_.begin() + end);
  members.account_kind.assign(account_kinds_.begin() + first, account_kinds_.begin() + end);
}

}  // namespace lawine
