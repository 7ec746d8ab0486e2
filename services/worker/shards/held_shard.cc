#include "services/worker/shards/held_shard.h"

#include <algorithm>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/store/changed_reader.h"

namespace lawine {

bool PartlyInMemory(const ShardImage& image) { return !image.stored().empty() || !image.HasFollowees(); }

ShardAtVersion WithoutImage(ShardAtVersion at) {
  at.image = nullptr;
  return at;
}

HeldShard HeldShard::Open(ShardStorage& storage, const ShardName& name) {
  HeldShard shard;
  auto stored = storage.Open(name);
  shard.status_ = stored.status();
  if (!stored.ok()) return shard;
  auto log = ShardLog::Open(*std::move(stored));
  shard.status_ = log.status();
  if (!log.ok()) return shard;
  shard.log_ = *std::move(log);
  shard.Restart();
  return shard;
}

bool LeftShard::InUse() {
  if (log_.use_count() > 1) return true;
  if (log_ != nullptr) readers_.insert(log_->stored());
  log_ = nullptr;
  return std::any_of(readers_.begin(), readers_.end(),
                     [](const auto& reader) { return reader.use_count() > 1; });
}

void HeldShard::Restart() {
  changed_.clear();
  std::erase_if(earlier_, [](const auto& reader) { return reader.expired(); });
  if (stored_.reader != nullptr) earlier_.push_back(stored_.reader);
  stored_ = ShardAtVersion();
  stored_.reader = log_->stored();
  stored_.graph_version = stored_.reader->manifest().graph.graph_version;
}

ShardAtVersion* HeldShard::Find(std::uint64_t graph_version) {
  if (graph_version == 0) graph_version = log_->head().graph_version;
  if (graph_version == stored_.graph_version) return stored_.members == nullptr ? nullptr : &stored_;
  const absl::StatusOr<GraphInfo> graph = log_->GraphAt(graph_version);
  if (!graph.ok()) return nullptr;
  // A version that did not come to count may have been replaced.
  const auto same = [&graph](const ShardAtVersion& at) { return at.reader->manifest().graph == *graph; };
  const auto found = std::find_if(changed_.begin(), changed_.end(), same);
  if (found == changed_.end()) return nullptr;
  std::rotate(found, found + 1, changed_.end());
  return &changed_.back();
}

UnreadShard HeldShard::Unread(std::uint64_t graph_version) const {
  return {.log = log_,
          .stored = WithoutImage(stored_),
          .graph_version = graph_version == 0 ? log_->head().graph_version : graph_version};
}

absl::StatusOr<ReadShard> Read(const UnreadShard& unread) {
  ReadShard read{.stored = unread.stored, .at = {.graph_version = unread.graph_version}};
  if (read.stored.members == nullptr) {
    LAWINE_ASSIGN_OR_RETURN(read.stored.members, ShardMembers::Read(*read.stored.reader));
  }
  if (unread.graph_version == read.stored.graph_version) {
    read.at = read.stored;
    return read;
  }
  LAWINE_ASSIGN_OR_RETURN(read.at.delta, unread.log->DeltaOf(unread.graph_version, *read.stored.members));
  read.at.reader = std::make_shared<ChangedReader>(read.stored.reader, read.at.delta);
  LAWINE_ASSIGN_OR_RETURN(read.at.members, ShardMembers::Read(*read.at.reader));
  return read;
}

bool HeldShard::Keep(const ReadShard& read) {
  if (stored_.reader != read.stored.reader) return false;
  if (stored_.members == nullptr) stored_.members = read.stored.members;
  if (read.at.delta == nullptr) return true;
  // What runs use stays: that the shard is in use, and what it takes, is seen from what is kept here.
  const auto idle = [](const ShardAtVersion& at) { return at.image.use_count() <= 1; };
  while (changed_.size() >= kVersionsMax) {
    const auto first = std::find_if(changed_.begin(), changed_.end(), idle);
    if (first == changed_.end()) break;
    changed_.erase(first);
  }
  changed_.push_back(read.at);
  return true;
}

bool HeldShard::Outdated(const UnreadShard& unread) {
  if (log_->stored() == unread.stored.reader) return false;
  if (stored_.reader == unread.stored.reader) Restart();
  return true;
}

const ShardImage* HeldShard::AnyImage() const {
  if (stored_.image != nullptr) return stored_.image.get();
  for (const ShardAtVersion& at : changed_) {
    if (at.image != nullptr) return at.image.get();
  }
  return nullptr;
}

bool HeldShard::InUse() const {
  const auto used = [](const ShardAtVersion& at) { return at.image.use_count() > 1; };
  return used(stored_) || std::any_of(changed_.begin(), changed_.end(), used);
}

// Layers share their lists with the stored image.
std::uint64_t HeldShard::ResidentBytes() const {
  const auto bytes_of = [](const ShardAtVersion& at) {
    if (at.image != nullptr) return at.image->resident_bytes();
    return at.members != nullptr ? at.members->resident_bytes() : 0;
  };
  std::uint64_t bytes = bytes_of(stored_);
  for (const ShardAtVersion& at : changed_) bytes += bytes_of(at);
  return bytes;
}

void HeldShard::DropIdleImages() {
  const auto drop = [](ShardAtVersion& at) {
    if (at.image.use_count() == 1) at.image = nullptr;
  };
  drop(stored_);
  std::for_each(changed_.begin(), changed_.end(), drop);
}

LeftShard HeldShard::Leave() {
  std::set<std::shared_ptr<const ShardReader>> readers = {std::move(stored_.reader)};
  for (const auto& earlier : earlier_) {
    if (auto reader = earlier.lock(); reader != nullptr) readers.insert(std::move(reader));
  }
  DropFromMemory();  // images and readers of changes hold readers too
  return {std::move(log_), std::move(readers)};
}

void HeldShard::DropFromMemory() {
  changed_.clear();
  stored_.members = nullptr;
  stored_.image = nullptr;
}

}  // namespace lawine
