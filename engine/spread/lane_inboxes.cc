#include "engine/spread/lane_inboxes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/spread/message_events.h"

namespace lawine {

std::vector<bool> RemoteShards(const PartitionMap& partition, const std::vector<const ShardImage*>& local) {
  std::vector<bool> remote(partition.shards_count(), true);
  for (const ShardImage* image : local) remote[image->manifest().shard.value] = false;
  return remote;
}

template <class Events>
LaneInboxesOf<Events>::LaneInboxesOf(const LaneFrames& frames, const PartitionMap& partition,
                                     std::vector<bool> remote)
    : frames_(frames), partition_(partition), remote_(std::move(remote)), begun_end_(frames.first) {}

template <class Events>
auto LaneInboxesOf<Events>::Begin(std::uint32_t replica) -> std::shared_ptr<Inbox> {
  MutexLock lock(mutex_);
  LAWINE_CHECK(replica == begun_end_);
  ++begun_end_;
  return InboxOf(replica);
}

template <class Events>
void LaneInboxesOf<Events>::End(std::uint32_t replica) {
  MutexLock lock(mutex_);
  inboxes_.erase(replica);
}

template <class Events>
absl::Status LaneInboxesOf<Events>::Receive(std::string_view bytes) {
  LAWINE_ASSIGN_OR_RETURN(const FrameView frame, DecodeFrame(bytes));
  if (frame.header.run != frames_.run || frame.header.attempt != frames_.attempt) return absl::OkStatus();
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<Inbox> inbox, Find(frame.header));
  return inbox == nullptr ? absl::OkStatus() : inbox->Receive(frame);
}

// Null for replicas that have ended.
template <class Events>
auto LaneInboxesOf<Events>::Find(const FrameHeader& header) -> absl::StatusOr<std::shared_ptr<Inbox>> {
  const std::uint32_t replica = header.key.replica;
  MutexLock lock(mutex_);
  if (replica < begun_end_) {
    const auto it = inboxes_.find(replica);
    return it == inboxes_.end() ? nullptr : it->second;
  }
  const std::uint32_t end = std::min(frames_.end, begun_end_ + frames_.lanes);
  if (replica < end) return InboxOf(replica);
  return absl::DataLossError(absl::StrCat("shard ", header.from.value, ": a frame of replica ", replica,
                                          " came, expected none from number ", end, " on"));
}

template <class Events>
auto LaneInboxesOf<Events>::InboxOf(std::uint32_t replica) -> const std::shared_ptr<Inbox>& {
  auto& inbox = inboxes_[replica];
  if (inbox == nullptr) {
    inbox = std::make_shared<Inbox>(partition_, remote_, frames_.run, frames_.attempt);
  }
  return inbox;
}

template class LaneInboxesOf<MemberEvents>;
template class LaneInboxesOf<MessageEvents>;

}  // namespace lawine
