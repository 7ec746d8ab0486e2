#include "tests/support/changed_graph.h"

#include <algorithm>
#include <set>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/graph/link_kind.h"
#include "engine/store/changed_reader.h"
#include "engine/store/shard_builder.h"
#include "tests/support/vector_link_source.h"

namespace lawine {

ChangedGraph::ChangedGraph(const LinkSource& source, PartitionMap partition, ShardStorage& storage)
    : storage_(&storage) {
  BuildProgress progress;
  info_ = BuildGraph(source, InfoFor(source, std::move(partition)), storage, executor_, progress).value();
  for (std::uint32_t m = 0; m < source.members_count(); ++m) ids_[source.KeyOf(MemberId(m))] = MemberId(m);
  LAWINE_CHECK(Reopen().ok());
}

absl::Status ChangedGraph::ReopenIn(ShardStorage& storage) {
  storage_ = &storage;
  const std::uint32_t shards = info_.partition.shards_count();
  logs_.clear();
  for (std::uint32_t s = 0; s < shards; ++s) {
    LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<StoredShard> stored, storage.Open({"test", ShardIndex(s)}));
    LAWINE_ASSIGN_OR_RETURN(logs_.emplace_back(), ShardLog::Open(std::move(stored)));
  }
  return absl::OkStatus();
}

std::vector<LinkState> ChangedGraph::StatesOf(const std::vector<LinkPlace>& places) {
  std::vector<LinkState> states;
  for (const LinkPlace& place : places) {
    ShardLog& log = *logs_[info_.partition.OwnerOf(place.receiver).value];
    states.push_back(log.ReadLinks(info_.graph_version, {&place, 1}).value()[0]);
  }
  return states;
}

absl::StatusOr<BatchCounts> ChangedGraph::Apply(const ChangeBatch& batch) {
  std::vector<LinkPlace> places;
  for (const LinkEdit& edit : batch.links) {
    if (edit.source.id.has_value() && edit.receiver.id.has_value()) {
      places.push_back({*edit.source.id, *edit.receiver.id, edit.kind});
    }
  }
  const std::vector<LinkState> states = StatesOf(places);
  ChangePlan::States by_place;
  for (std::size_t i = 0; i < places.size(); ++i) by_place[places[i]] = states[i];
  ChangePlan plan(info_, std::move(by_place));
  LAWINE_ASSIGN_OR_RETURN(const BatchCounts counts, plan.Add(batch));
  const std::vector<ChangeRecord> records = plan.Records(++ticket_);
  for (std::size_t s = 0; s < logs_.size(); ++s) {
    LAWINE_RETURN_IF_ERROR(logs_[s]->Append(records[s], info_.digest));
  }
  for (std::size_t i = 0; i < batch.members.size(); ++i) {
    ids_[batch.members[i].key] = MemberId(static_cast<std::uint32_t>(info_.members() + i));
  }
  info_ = plan.After();
  return counts;
}

MemberRef ChangedGraph::Ref(MemberKey key) const {
  const auto id = ids_.find(key);
  return {key, id == ids_.end() ? std::optional<MemberId>() : id->second};
}

ChangeBatch ChangedGraph::BatchOf(const std::vector<std::pair<KeyPair, bool>>& edits,
                                  LinkColumns columns) const {
  ChangeBatch batch;
  std::set<MemberKey> added;
  for (const auto& [link, there] : edits) {
    for (const MemberKey key : {link.first, link.second}) {
      if (ids_.contains(key) || !added.insert(key).second) continue;
      batch.members.push_back({.key = key,
                               .community = VectorLinkSource::CommunityOf(key),
                               .network = VectorLinkSource::NetworkOf(key),
                               .account_kind = 1});
    }
    LinkEdit& edit = batch.links.emplace_back(LinkEdit{Ref(link.first), Ref(link.second)});
    edit.there = there;
    if (columns.kinds) edit.kind = VectorLinkSource::KindOf(link.first, link.second);
    if (columns.weights) edit.weight = VectorLinkSource::WeightOf(link.first, link.second);
  }
  return batch;
}

Shards ChangedGraph::At(const GraphInfo& info, HydrateAs as) {
  std::vector<std::unique_ptr<const ShardImage>> images;
  for (const auto& log : logs_) {
    const std::shared_ptr<StoredShard> stored = log->stored();
    const auto base = ShardMembers::Read(*stored).value();
    const auto delta = log->DeltaOf(info.graph_version, *base).value();
    auto image = ShardImage::Hydrate(*stored, executor_).value();
    if (delta != nullptr) {
      const auto changed = std::make_shared<ChangedReader>(stored, delta);
      const auto members = ShardMembers::Read(*changed).value();
      if (as == HydrateAs::kLayer) image = image->WithChanges(*changed, members, *delta).value();
      if (as == HydrateAs::kWhole) image = ShardImage::Hydrate(*changed, executor_).value();
      if (as == HydrateAs::kFromStore) image = ShardImage::Hydrate(changed, members, 0, executor_).value();
      LAWINE_CHECK(image->graph() == info);
    }
    images.push_back(std::move(image));
  }
  return Shards::Of(info, std::move(images));
}

absl::Status ChangedGraph::Fold() {
  for (const auto& log : logs_) LAWINE_RETURN_IF_ERROR(log->Fold(info_.graph_version).status());
  return absl::OkStatus();
}

TestGraph AfterEdits(const TestGraph& graph, const std::vector<std::pair<KeyPair, bool>>& edits) {
  std::set<KeyPair> links(graph.links.begin(), graph.links.end());
  std::set<MemberKey> members(graph.extra_members.begin(), graph.extra_members.end());
  for (const auto& [from, to] : graph.links) members.insert({from, to});
  for (const auto& [link, there] : edits) {
    members.insert({link.first, link.second});
    if (there) links.insert(link);
    if (!there) links.erase(link);
  }
  TestGraph after = graph;
  after.links.assign(links.begin(), links.end());
  after.extra_members.assign(members.begin(), members.end());
  return after;
}

std::vector<std::pair<KeyPair, bool>> RandomEdits(TestRandom& random, const TestGraph& graph,
                                                  std::uint64_t count, std::uint64_t new_members) {
  std::vector<MemberKey> members = AfterEdits(graph, {}).extra_members;
  const std::size_t before = members.size();
  for (std::uint64_t i = 0; i < new_members; ++i) members.push_back(random.AnySize(64));
  std::vector<std::pair<KeyPair, bool>> edits;
  for (std::uint64_t i = 0; i < count; ++i) {
    KeyPair link = {members[random.Below(members.size())], members[random.Below(members.size())]};
    const bool known = !graph.links.empty() && random.OneIn(2);
    if (known) link = graph.links[random.Below(graph.links.size())];
    // Old members come up often beside new ones.
    if (!known && before > 0 && random.OneIn(2)) link.first = members[random.Below(before)];
    if (link.first != link.second) edits.emplace_back(link, random.OneIn(2));
  }
  return edits;
}

}  // namespace lawine
