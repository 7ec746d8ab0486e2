#include "engine/store/changed_lists.h"

#include <algorithm>
#include <map>

#include "engine/store/link_entries.h"

namespace lawine {
namespace {

// Sources that came to a receiver, and that went.
struct ReceiverChanges {
  std::vector<std::uint32_t> came;
  std::vector<std::uint32_t> went;
};

}  // namespace

ChangedLists::ChangedLists(std::shared_ptr<const LinkLists> lists,
                           std::shared_ptr<const FolloweeIndex> followees, const ShardDelta& delta)
    : below_(std::move(lists)),
      followees_below_(std::move(followees)),
      sources_(delta.manifest().graph.members()),
      receivers_(delta.manifest().range().count) {
  for (std::uint32_t m = delta.members_before(); m < sources_.members_count(); ++m)
    sources_.Insert(LocalId(m));
  for (std::uint32_t m = delta.base().range().count; m < receivers_.members_count(); ++m) {
    receivers_.Insert(LocalId(m));
  }
}

void ChangedLists::AddList(std::uint32_t source, const FollowerLists& list) {
  Place place{.begin = static_cast<std::uint32_t>(gaps_.size())};
  AppendGaps(list.followers, gaps_, [&](std::size_t i) {
    if (!list.kinds.empty()) kinds_.push_back(list.kinds[i]);
    if (!list.weights.empty()) weights_.push_back(list.weights[i]);
  });
  place.end = static_cast<std::uint32_t>(gaps_.size());
  place.links = static_cast<std::uint32_t>(list.followers.size());
  places_[source] = place;
  sources_.Insert(LocalId(source));
}

std::unique_ptr<const ChangedLists> ChangedLists::Over(std::shared_ptr<const LinkLists> lists,
                                                       std::shared_ptr<const FolloweeIndex> followees,
                                                       const ShardDelta& delta) {
  std::unique_ptr<ChangedLists> layer(new ChangedLists(std::move(lists), std::move(followees), delta));
  const LinkColumns columns = delta.base().graph.columns;
  std::map<std::uint32_t, ReceiverChanges> receivers;
  for (const auto& [source, changes] : delta.links()) {
    FollowerLists before, now;
    if (source < delta.members_before()) before = EntriesOf(*layer->below_, MemberId(source));
    AppendChanged(
        before, 0, before.followers.size(), changes, columns, now,
        [&, from = source](std::uint32_t receiver) { receivers[receiver].came.push_back(from); },
        [&, from = source](std::uint32_t receiver) { receivers[receiver].went.push_back(from); });
    layer->AddList(source, now);
  }
  if (layer->followees_below_ == nullptr) return layer;
  for (const auto& [receiver, changes] : receivers) {
    const LocalId member(receiver);
    std::vector<std::uint32_t> ids;
    bool found = false;
    if (receiver < delta.base().range().count) {
      layer->followees_below_->Find(member, found, [&ids](std::uint32_t id) {
        ids.push_back(id);
        return false;
      });
    }
    for (const std::uint32_t source : changes.went) {
      const auto at = std::find(ids.begin(), ids.end(), source);
      if (at != ids.end()) ids.erase(at);
    }
    ids.insert(ids.end(), changes.came.begin(), changes.came.end());
    const auto begin = static_cast<std::uint32_t>(layer->ids_.size());
    layer->ids_.insert(layer->ids_.end(), ids.begin(), ids.end());
    layer->places_by_receiver_[receiver] = {.begin = begin,
                                            .end = static_cast<std::uint32_t>(layer->ids_.size())};
    layer->receivers_.Insert(member);
  }
  return layer;
}

std::uint64_t ChangedLists::bytes() const {
  const std::uint64_t sets = sources_.words().size_bytes() + receivers_.words().size_bytes();
  const std::uint64_t places =
      (places_.capacity() + places_by_receiver_.capacity()) * (sizeof(Place) + sizeof(std::uint32_t) + 1);
  return sets + places + gaps_.capacity() * sizeof(std::uint16_t) + kinds_.capacity() +
         (weights_.capacity() + ids_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace lawine
