#include "engine/store/shard_log.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/follower_block.h"
#include "engine/store/fold_blocks.h"
#include "engine/store/shard_members.h"

namespace lawine {
namespace {

// The links of one source as they are stored, by follower and kind.
using StoredList = std::map<std::pair<std::uint32_t, std::uint8_t>, std::uint32_t>;

absl::StatusOr<StoredList> ReadStored(const ShardReader& reader, MemberId source) {
  const ShardManifest& manifest = reader.manifest();
  const std::uint32_t block = source.value / limits::kSourcesPerBlock;
  FollowerLists lists;
  LAWINE_RETURN_IF_ERROR(reader.ScanFollowers(block, block + 1, [&](std::uint32_t, std::string_view bytes) {
    return DecodeFollowerBlock(bytes, manifest.range().count, manifest.graph.columns, lists);
  }));
  StoredList list;
  if (lists.counts.empty()) return list;
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < source.value % limits::kSourcesPerBlock; ++i) at += lists.counts[i];
  for (const std::size_t end = at + lists.counts[source.value % limits::kSourcesPerBlock]; at < end; ++at) {
    const std::uint8_t kind = lists.kinds.empty() ? std::uint8_t{0} : lists.kinds[at];
    list[{lists.followers[at], kind}] = lists.weights.empty() ? 0 : lists.weights[at];
  }
  return list;
}

// How many more links there are after the record.
std::int64_t LinksAddedBy(const ChangeRecord& record) {
  const auto came = std::count_if(record.links.begin(), record.links.end(),
                                  [](const ChangedLink& link) { return link.there; });
  return 2 * static_cast<std::int64_t>(came) - static_cast<std::int64_t>(record.links.size());
}

}  // namespace

absl::StatusOr<std::shared_ptr<ShardLog>> ShardLog::Open(std::shared_ptr<StoredShard> stored) {
  std::shared_ptr<ShardLog> log(new ShardLog(std::move(stored)));
  LAWINE_RETURN_IF_ERROR(log->Read());
  log->MeasureDisk();
  return log;
}

absl::Status ShardLog::Read() {
  const std::shared_ptr<StoredShard> stored = this->stored();
  std::vector<ChangeRecord> records;
  std::uint64_t members = stored->manifest().graph.members();
  LAWINE_RETURN_IF_ERROR(
      stored->ScanChanges([&](std::uint64_t version, std::string_view bytes) -> absl::Status {
        LAWINE_ASSIGN_OR_RETURN(ChangeRecord record, DecodeChangeRecord(bytes));
        const std::uint64_t next = stored->manifest().graph.graph_version + records.size() + 1;
        if (version != next || record.graph_version != next) {
          return ManifestContradicted(
              stored->manifest(), absl::StrCat("expected the changes of version ", next, ", found those of ",
                                               version, " that say ", record.graph_version));
        }
        members += record.members.size();
        if (members > limits::kMembersMax) {
          return ManifestContradicted(stored->manifest(),
                                      absl::StrCat("the changes of version ", next, " lead to ", members,
                                                   " members, the most is ", limits::kMembersMax));
        }
        records.push_back(std::move(record));
        return absl::OkStatus();
      }));
  MutexLock lock(mutex_);
  records_ = std::move(records);
  NoteAll();
  return absl::OkStatus();
}

void ShardLog::NoteAll() {
  links_.clear();
  added_.clear();
  members_added_.clear();
  links_added_.clear();
  changes_count_ = 0;
  for (const ChangeRecord& record : records_) Note(record);
}

void ShardLog::Note(const ChangeRecord& record) {
  ticket_ = std::max(ticket_, record.ticket);
  changes_count_ += 1 + record.links.size() + record.members.size();
  const std::uint32_t before = members_added_.empty() ? 0 : members_added_.back();
  members_added_.push_back(before + static_cast<std::uint32_t>(record.members.size()));
  links_added_.push_back((links_added_.empty() ? 0 : links_added_.back()) + LinksAddedBy(record));
  const std::uint32_t first = stored_->manifest().range().first.value;
  for (const ChangedLink& link : record.links) {
    links_[{link.source, MemberId(first + link.receiver), link.kind}][record.graph_version] = {
        .there = link.there, .weight = link.there ? link.weight : 0};
  }
  std::uint32_t id = stored_->manifest().graph.members() + before;
  for (const AddedMember& member : record.members) {
    added_[member.key] = {MemberId(id++), record.graph_version};
  }
}

std::shared_ptr<StoredShard> ShardLog::stored() const {
  MutexLock lock(mutex_);
  return stored_;
}

GraphInfo ShardLog::head() const {
  MutexLock lock(mutex_);
  return InfoAt(records_.size());
}

absl::StatusOr<GraphInfo> ShardLog::GraphAt(std::uint64_t graph_version) const {
  MutexLock lock(mutex_);
  LAWINE_ASSIGN_OR_RETURN(const std::size_t count, CountTo(graph_version));
  return InfoAt(count);
}

std::uint64_t ShardLog::ticket() const {
  MutexLock lock(mutex_);
  return ticket_;
}

std::uint64_t ShardLog::records_count() const {
  MutexLock lock(mutex_);
  return records_.size();
}

std::uint64_t ShardLog::disk_bytes() const {
  MutexLock lock(mutex_);
  return disk_bytes_;
}

void ShardLog::MeasureDisk() {
  const std::uint64_t bytes = stored()->disk_bytes();
  MutexLock lock(mutex_);
  disk_bytes_ = bytes;
}

// The graph after the first `count` records.
GraphInfo ShardLog::InfoAt(std::size_t count) const {
  GraphInfo info = stored_->manifest().graph;
  if (count == 0) return info;
  const ChangeRecord& last = records_[count - 1];
  info.made_digest = info.identity();
  info.graph_version = last.graph_version;
  info.links = last.graph_links;
  info.digest = last.graph_digest;
  const std::uint32_t added = members_added_[count - 1];
  info.added_members += added;
  std::vector<std::uint32_t> boundaries(info.partition.boundaries().begin(),
                                        info.partition.boundaries().end());
  boundaries.back() += added;
  info.partition = PartitionMap::FromBoundaries(boundaries).value();
  return info;
}

// How many records lead to this version.
absl::StatusOr<std::size_t> ShardLog::CountTo(std::uint64_t graph_version) const {
  const ShardManifest& manifest = stored_->manifest();
  const std::uint64_t stored = manifest.graph.graph_version;
  if (graph_version >= stored && graph_version - stored <= records_.size()) {
    return static_cast<std::size_t>(graph_version - stored);
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "shard ", manifest.shard.value, " of graph '", manifest.graph.name, "': expected a version from ",
      stored, " to ", stored + records_.size(), ", found ", graph_version,
      graph_version < stored ? ": its changes were folded into later ones" : ": restore the shard's volume"));
}

absl::StatusOr<std::vector<LinkState>> ShardLog::ReadLinks(std::uint64_t graph_version,
                                                           std::span<const LinkPlace> places) {
  std::vector<LinkState> states(places.size());
  std::map<MemberId, std::vector<std::size_t>> unknown;  // by source
  std::shared_ptr<const ShardReader> stored;
  {
    MutexLock lock(mutex_);
    LAWINE_RETURN_IF_ERROR(CountTo(graph_version).status());
    stored = stored_;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto versions = links_.find(places[i]);
      const bool changed = versions != links_.end() && versions->second.begin()->first <= graph_version;
      if (changed) {
        states[i] = std::prev(versions->second.upper_bound(graph_version))->second;
      } else if (places[i].source.value < stored_->manifest().graph.members()) {
        unknown[places[i].source].push_back(i);
      }
    }
  }
  const std::uint32_t first = stored->manifest().range().first.value;
  for (const auto& [source, asked] : unknown) {
    LAWINE_ASSIGN_OR_RETURN(const StoredList list, ReadStored(*stored, source));
    for (const std::size_t i : asked) {
      const auto link = list.find({places[i].receiver.value - first, places[i].kind});
      if (link != list.end()) states[i] = {.there = true, .weight = link->second};
    }
  }
  return states;
}

std::optional<MemberId> ShardLog::FindAdded(MemberKey key, std::uint64_t graph_version) const {
  MutexLock lock(mutex_);
  const auto added = added_.find(key);
  if (added == added_.end() || added->second.graph_version > graph_version) return std::nullopt;
  return added->second.id;
}

// What is too much must be refused now: a shard that is folded with it could not be opened any more.
absl::Status ShardLog::CheckLinksFit(const ChangeRecord& record, std::size_t records_before) const {
  const ShardManifest& manifest = stored_->manifest();
  const std::int64_t links = static_cast<std::int64_t>(manifest.links) + LinksAddedBy(record) +
                             (records_before > 0 ? links_added_[records_before - 1] : 0);
  if (links < 0 || static_cast<std::uint64_t>(links) > record.graph_links) {
    return absl::InvalidArgumentError(
        absl::StrCat("a change that leaves a shard ", links, " links, of a graph of ", record.graph_links));
  }
  if (static_cast<std::uint64_t>(links) <= limits::kLinksPerShardMax) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("shard ", manifest.shard.value, " of graph '", manifest.graph.name, "' would have ", links,
                   " links, the most is ", limits::kLinksPerShardMax, ": load the graph with more shards"));
}

absl::Status ShardLog::CheckFits(const ChangeRecord& record) const {
  const ShardManifest& manifest = stored_->manifest();
  const std::uint64_t before = record.graph_version - manifest.graph.graph_version - 1;  // records
  const std::uint64_t members =
      manifest.graph.members() + record.members.size() + (before > 0 ? members_added_[before - 1] : 0);
  const bool last = manifest.shard.value + 1 == manifest.graph.partition.shards_count();
  const std::uint64_t receivers =
      manifest.range().count + (last ? members - manifest.graph.members() : std::uint64_t{0});
  for (const ChangedLink& link : record.links) {
    if (link.source.value < members && link.receiver < receivers) continue;
    return absl::InvalidArgumentError("a change of a link between members that do not exist");
  }
  for (const ChangedAudience& audience : record.audiences) {
    if (audience.member < receivers) continue;
    return absl::InvalidArgumentError("a change of the audience of a member outside the shard");
  }
  if (members > limits::kMembersMax) {
    return absl::ResourceExhaustedError("more members than a graph may have");
  }
  LAWINE_RETURN_IF_ERROR(CheckLinksFit(record, before));
  const std::uint64_t changes = changes_count_ + 1 + record.links.size() + record.members.size();
  if (changes <= limits::kUnfoldedChangesMax) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "shard ", manifest.shard.value, " of graph '", manifest.graph.name, "' would have ", changes,
      " changes beside its blocks, the most is ", limits::kUnfoldedChangesMax, ": fold the graph first"));
}

absl::StatusOr<std::size_t> ShardLog::CheckNext(const ChangeRecord& record, const Digest& previous) const {
  if (record.ticket <= ticket_) {
    return absl::AbortedError(absl::StrCat("expected a ticket after ", ticket_, ", found ", record.ticket,
                                           ": later changes were written"));
  }
  LAWINE_ASSIGN_OR_RETURN(const std::size_t count, CountTo(record.graph_version - 1));
  if (const Digest here = InfoAt(count).digest; here != previous) {
    return absl::FailedPreconditionError(absl::StrCat("expected a graph with digest ", previous.ToHex(),
                                                      " before version ", record.graph_version, ", found ",
                                                      here.ToHex()));
  }
  LAWINE_RETURN_IF_ERROR(CheckFits(record));
  return count;
}

absl::Status ShardLog::Append(const ChangeRecord& record, const Digest& previous) {
  const std::string bytes = EncodeChangeRecord(record);
  if (bytes.size() > limits::kChangeRecordBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a record of at most ", limits::kChangeRecordBytesMax, " bytes, found ", bytes.size()));
  }
  if (const auto decoded = DecodeChangeRecord(bytes); !decoded.ok()) {
    return absl::InvalidArgumentError(decoded.status().message());
  }
  MutexLock writing(writing_);
  std::shared_ptr<StoredShard> stored;
  std::size_t count = 0;
  {
    MutexLock lock(mutex_);
    LAWINE_ASSIGN_OR_RETURN(count, CheckNext(record, previous));
    stored = stored_;
  }
  const absl::Status written = stored->WriteChange(record.graph_version, bytes);
  MeasureDisk();
  MutexLock lock(mutex_);
  if (!written.ok()) {
    unsure_from_ = std::min(unsure_from_, record.graph_version);
    return written;
  }
  if (record.graph_version <= unsure_from_) unsure_from_ = kSure;
  const bool replaces = count < records_.size();
  records_.resize(count);
  records_.push_back(record);
  if (replaces) {
    NoteAll();
  } else {
    Note(record);
  }
  ticket_ = record.ticket;
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const ShardDelta>> ShardLog::DeltaOf(std::uint64_t graph_version,
                                                                    const ShardMembers& base) const {
  std::vector<ChangeRecord> records;
  {
    MutexLock lock(mutex_);
    const std::uint64_t from = base.manifest().graph.graph_version;
    LAWINE_ASSIGN_OR_RETURN(const std::size_t end, CountTo(graph_version));
    LAWINE_ASSIGN_OR_RETURN(const std::size_t begin, CountTo(from));
    if (begin >= end) return std::shared_ptr<const ShardDelta>();
    records.assign(records_.begin() + static_cast<std::ptrdiff_t>(begin),
                   records_.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return ShardDelta::Of(base, records);
}

absl::Status ShardLog::CheckStored() const {
  MutexLock writing(writing_);  // what is compared stays as it is
  std::shared_ptr<const StoredShard> stored;
  std::vector<ChangeRecord> records;
  std::uint64_t unsure_from = kSure;
  {
    MutexLock lock(mutex_);
    stored = stored_;
    records = records_;
    unsure_from = unsure_from_;
  }
  const std::uint64_t sure = unsure_from - 1 - stored->manifest().graph.graph_version;
  const std::size_t expected = std::min<std::uint64_t>(records.size(), sure);
  std::size_t found = 0;
  LAWINE_RETURN_IF_ERROR(
      stored->ScanChanges([&](std::uint64_t version, std::string_view bytes) -> absl::Status {
        if (version >= unsure_from) return absl::OkStatus();
        LAWINE_ASSIGN_OR_RETURN(const ChangeRecord record, DecodeChangeRecord(bytes));
        const bool same = found < records.size() && record == records[found];
        found += same;
        if (same) return absl::OkStatus();
        return ManifestContradicted(
            stored->manifest(), absl::StrCat("the changes of version ", version, " are not those written"));
      }));
  if (found == expected) return absl::OkStatus();
  return ManifestContradicted(stored->manifest(),
                              absl::StrCat("expected ", expected, " records of changes, found ", found));
}

absl::StatusOr<std::uint64_t> ShardLog::Fold(std::uint64_t graph_version) {
  MutexLock folding(folding_);
  const std::shared_ptr<StoredShard> stored = this->stored();
  if (graph_version <= stored->manifest().graph.graph_version) return std::uint64_t{0};
  LAWINE_ASSIGN_OR_RETURN(auto base, ShardMembers::Read(*stored));
  LAWINE_ASSIGN_OR_RETURN(const auto delta, DeltaOf(graph_version, *base));
  if (delta == nullptr) return std::uint64_t{0};
  base = nullptr;  // from here on blocks alone take memory
  const FoldedShard folded = FoldOf(stored, delta);
  LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<PreparedFold> prepared, stored->PrepareFold(folded));
  // Records that came meanwhile are later ones, and stay.
  MutexLock writing(writing_);
  LAWINE_RETURN_IF_ERROR(GraphAt(graph_version).status());
  LAWINE_ASSIGN_OR_RETURN(std::shared_ptr<StoredShard> now, prepared->Commit());
  const std::uint64_t disk_bytes = now->disk_bytes();
  MutexLock lock(mutex_);
  LAWINE_ASSIGN_OR_RETURN(const std::size_t count, CountTo(graph_version));
  if (graph_version >= unsure_from_) unsure_from_ = kSure;
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(count));
  stored_ = std::move(now);
  disk_bytes_ = disk_bytes;
  NoteAll();
  return folded.followers.size() + folded.members.size() + folded.keys.size();
}

}  // namespace lawine
