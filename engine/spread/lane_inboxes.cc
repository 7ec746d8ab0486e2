#include "engine/spread/lane_inboxes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace lawine {

LaneInboxes::LaneInboxes(const RunSpec& spec, const PartitionMap& partition, std::vector<bool> remote)
    : spec_(spec), partition_(partition), remote_(std::move(remote)), begun_end_(spec.first_replica) {}

std::shared_ptr<StepInbox> LaneInboxes::Begin(std::uint32_t replica) {
  MutexLock lock(mutex_);
  LAWINE_CHECK(replica == begun_end_);
  ++begun_end_;
  return InboxOf(replica);
}

void LaneInboxes::End(std::uint32_t replica) {
  MutexLock lock(mutex_);
  inboxes_.erase(replica);
}

absl::Status LaneInboxes::Receive(std::string_view bytes) {
  LAWINE_ASSIGN_OR_RETURN(const FrameView frame, DecodeFrame(bytes));
  if (frame.header.run != spec_.run_id || frame.header.attempt != spec_.attempt) return absl::OkStatus();
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<StepInbox> inbox, Find(frame.header));
  return inbox == nullptr ? absl::OkStatus() : inbox->Receive(frame);
}

// Null for replicas that have ended.
absl::StatusOr<std::shared_ptr<StepInbox>> LaneInboxes::Find(const FrameHeader& header) {
  const std::uint32_t replica = header.key.replica;
  MutexLock lock(mutex_);
  if (replica < begun_end_) {
    const auto it = inboxes_.find(replica);
    return it == inboxes_.end() ? nullptr : it->second;
  }
  const std::uint32_t end = std::min(spec_.first_replica + spec_.replicas, begun_end_ + spec_.lanes);
  if (replica < end) return InboxOf(replica);
  return absl::DataLossError(absl::StrCat("shard ", header.from.value, ": a frame of replica ", replica,
                                          " came, expected none from number ", end, " on"));
}

const std::shared_ptr<StepInbox>& LaneInboxes::InboxOf(std::uint32_t replica) {
  auto& inbox = inboxes_[replica];
  if (inbox == nullptr) {
    inbox = std::make_shared<StepInbox>(partition_, remote_, spec_.run_id, spec_.attempt);
  }
  return inbox;
}

}  // namespace lawine
