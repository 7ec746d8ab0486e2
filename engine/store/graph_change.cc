#include "engine/store/graph_change.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/link_kind.h"

namespace lawine {
namespace {

Digest TermOf(std::uint8_t kind, std::uint32_t weight, MemberKey source, MemberKey receiver) {
  return DigestLane::ForLinks(kind, weight).ForSource(source).Term(receiver);
}

// Two weights as decimals, with as many digits as it takes to tell them apart.
absl::Status OtherWeight(std::uint32_t there, std::uint32_t found) {
  std::string was, is;
  for (int digits = 6; was == is && digits <= 10; ++digits) {
    was = absl::StrFormat("%.*g", digits, there * 0x1p-31);
    is = absl::StrFormat("%.*g", digits, found * 0x1p-31);
  }
  return absl::FailedPreconditionError(absl::StrCat("the link is there with probability ", was, ", found ",
                                                    is, ": unfollow first to change it"));
}

}  // namespace

absl::StatusOr<BatchCounts> ChangePlan::Add(const ChangeBatch& batch, std::optional<RefusedEdit>* refused) {
  ChangePlan changed = *this;
  LAWINE_RETURN_IF_ERROR(changed.AddMembers(batch.members));
  BatchCounts counts{.members_added = batch.members.size()};
  for (std::size_t i = 0; i < batch.links.size(); ++i) {
    RefusedEdit edit{.place = i};
    const absl::Status status = changed.Edit(batch.links[i], counts, edit.part);
    if (!status.ok() && refused != nullptr) *refused = edit;
    LAWINE_RETURN_IF_ERROR(status);
  }
  changed_ = std::move(changed.changed_);
  members_ = std::move(changed.members_);
  added_ = std::move(changed.added_);
  return counts;
}

absl::Status ChangePlan::AddMembers(const std::vector<AddedMember>& members) {
  for (const AddedMember& member : members) {
    if (members_count() >= limits::kMembersMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the graph has ", members_count(), " members, which is the most it may have"));
    }
    if (!added_.emplace(member.key, MemberId(members_count())).second) {
      return absl::InvalidArgumentError(absl::StrCat("the member with key ", member.key, " is added twice"));
    }
    members_.push_back(member);
  }
  return absl::OkStatus();
}

absl::StatusOr<MemberId> ChangePlan::IdOf(const MemberRef& member) const {
  if (member.id.has_value()) return *member.id;
  const auto added = added_.find(member.key);
  if (added != added_.end()) return added->second;
  return absl::InvalidArgumentError(
      absl::StrCat("there is no member with key ", member.key, ": add it first, or in the same batch"));
}

absl::Status ChangePlan::CheckColumns(const LinkEdit& edit, RefusedEdit::Part& part) const {
  const LinkColumns columns = before_.columns;
  part = RefusedEdit::Part::kKind;
  if (edit.kind != kLinkFollow && !columns.kinds) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a link of kind follow, because the graph knows no "
                     "others, found kind ",
                     LinkKindName(edit.kind)));
  }
  if (edit.kind == kLinkSamePerson && before_.persons) {
    return absl::InvalidArgumentError("who owns which accounts is settled when a graph is made");
  }
  part = RefusedEdit::Part::kWeight;
  if (edit.weight.has_value() && !columns.weights) {
    return absl::InvalidArgumentError(
        "expected a link without a probability, because those of the graph have "
        "none, found one");
  }
  if (edit.there && columns.weights && !edit.weight.has_value()) {
    return absl::InvalidArgumentError("expected a probability, because links of the graph have one");
  }
  return absl::OkStatus();
}

absl::Status ChangePlan::Edit(const LinkEdit& edit, BatchCounts& counts, RefusedEdit::Part& part) {
  LAWINE_RETURN_IF_ERROR(CheckColumns(edit, part));
  part = RefusedEdit::Part::kEnds;
  LinkPlace place{.kind = edit.kind};
  LAWINE_ASSIGN_OR_RETURN(place.source, IdOf(edit.source));
  LAWINE_ASSIGN_OR_RETURN(place.receiver, IdOf(edit.receiver));
  if (place.source == place.receiver) {
    return absl::InvalidArgumentError("expected a link between two members, found one to the member itself");
  }
  part = RefusedEdit::Part::kWeight;
  const auto stored = states_->find(place);
  const LinkState before = stored == states_->end() ? LinkState() : stored->second;
  const auto change = changed_.find(place);
  const LinkState now = change == changed_.end() ? before : change->second.now;
  if (now.there && edit.there && edit.weight.has_value() && *edit.weight != now.weight) {
    return OtherWeight(now.weight, *edit.weight);
  }
  if (now.there == edit.there) {
    ++counts.unchanged;
    return absl::OkStatus();
  }
  ++(edit.there ? counts.links_added : counts.links_removed);
  const LinkState wanted{.there = edit.there, .weight = edit.there ? edit.weight.value_or(0) : 0};
  if (wanted.there && before.there && wanted != before) {
    return absl::FailedPreconditionError(
        "the link went with this version and had another probability: follow "
        "again in a batch of its own");
  }
  if (wanted == before) {
    changed_.erase(place);
  } else {
    changed_[place] = {edit.source.key, edit.receiver.key, before, wanted};
  }
  return absl::OkStatus();
}

bool ChangePlan::KeepsDenseKeys() const {
  return std::all_of(added_.begin(), added_.end(),
                     [](const auto& added) { return added.first == added.second.value; });
}

// New members are the last shard's.
ShardIndex ChangePlan::OwnerOf(MemberId member) const {
  if (member.value < before_.members()) return before_.partition.OwnerOf(member);
  return ShardIndex(before_.partition.shards_count() - 1);
}

GraphInfo ChangePlan::After() const {
  GraphInfo after = before_;
  after.made_digest = before_.identity();
  after.graph_version = before_.graph_version + 1;
  after.added_members += static_cast<std::uint32_t>(members_.size());
  std::vector<std::uint32_t> boundaries(before_.partition.boundaries().begin(),
                                        before_.partition.boundaries().end());
  boundaries.back() = members_count();
  after.partition = PartitionMap::FromBoundaries(boundaries).value();
  for (const auto& [place, change] : changed_) {
    if (change.now.there) {
      ++after.links;
      after.digest += TermOf(place.kind, change.now.weight, change.source, change.receiver);
    } else {
      --after.links;
      after.digest -= TermOf(place.kind, change.before.weight, change.source, change.receiver);
    }
  }
  for (const AddedMember& member : members_) after.digest += DigestLane::ForMembers().Term(member.key);
  return after;
}

std::vector<ChangeRecord> ChangePlan::Records(std::uint64_t ticket) const {
  const GraphInfo after = After();
  std::vector<ChangeRecord> records(after.partition.shards_count());
  for (ChangeRecord& record : records) {
    record.graph_version = after.graph_version;
    record.ticket = ticket;
    record.graph_links = after.links;
    record.graph_digest = after.digest;
    record.members = members_;
  }
  std::map<MemberId, std::int32_t> audiences;
  for (const auto& [place, change] : changed_) {
    const ShardIndex owner = OwnerOf(place.receiver);
    ChangeRecord& record = records[owner.value];
    const std::uint32_t weight = change.now.there ? change.now.weight : change.before.weight;
    record.links.push_back({.source = place.source,
                            .receiver = place.receiver.value - after.partition.range(owner).first.value,
                            .kind = place.kind,
                            .there = change.now.there,
                            .weight = weight});
    const Digest term = TermOf(place.kind, weight, change.source, change.receiver);
    if (change.now.there) {
      record.shard_digest_added += term;
    } else {
      record.shard_digest_added -= term;
    }
    audiences[place.source] += change.now.there ? 1 : -1;
  }
  for (const auto& [member, added] : audiences) {
    const ShardIndex owner = OwnerOf(member);
    if (added == 0) continue;
    records[owner.value].audiences.push_back(
        {.member = member.value - after.partition.range(owner).first.value, .added = added});
  }
  for (const AddedMember& member : members_) {
    records.back().shard_digest_added += DigestLane::ForMembers().Term(member.key);
  }
  return records;
}

}  // namespace lawine
