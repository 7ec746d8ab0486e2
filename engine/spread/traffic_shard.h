// One shard of a wave of messages: who receives which message, and who passes it on.
//
// Most messages die after a hop or two and reach a few hundred members, so none keeps a set of its receivers.
// At its first step nobody but the sender has a message: the sender's list is delivered as it is. Later the
// sets are made again when they are needed: a set as large as the shard, empty between messages, is marked
// with the lists of all earlier forwarders, takes the new deliveries, and is wiped where it was touched. It
// stays in the core's cache. Only messages whose lists outgrow the shard get sets of their own, a few a wave.
#ifndef LAWINE_ENGINE_SPREAD_TRAFFIC_SHARD_H_
#define LAWINE_ENGINE_SPREAD_TRAFFIC_SHARD_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/member_set.h"
#include "engine/spread/decide.h"
#include "engine/spread/message_events.h"
#include "engine/spread/outcome.h"
#include "engine/spread/scratch_sets.h"
#include "engine/spread/traffic_spec.h"
#include "engine/store/shard_image.h"

namespace lawine {

// Lists to walk in a step: of each message still alive those of everyone who has forwarded it.
struct Walk {
  struct Message {
    std::uint32_t offset = 0;
    // Of `members`: begin <= i < split forwarded earlier, the sender first; split <= i < end a step before.
    std::uint32_t begin = 0;
    std::uint32_t split = 0;
    std::uint32_t end = 0;
  };
  std::vector<Message> messages;  // ascending by offset
  std::vector<MemberId> members;
  std::vector<DecisionLanes> lanes;  // parallel to messages, of the step to take
};

// Deliveries by hour of the day; the last are those after midnight.
using HourCounts = std::array<std::uint64_t, kDayHours + 1>;

// One thread at a time, but for RunPart.
class TrafficShard {
 public:
  // Spec and image must outlive the shard's state.
  TrafficShard(const TrafficSpec& spec, const ShardImage& image) : spec_(spec), image_(image) {}

  // Step 0 of a new wave, which must outlive it: senders inside the range receive and forward.
  void Begin(const Wave& wave);

  // A step: Open, then every part once, on any threads at the same time, then Close. Parts are ranges of
  // messages; results do not depend on how many there are.
  std::size_t Open(std::uint32_t step, const Walk& walk, std::size_t parts_count);
  void RunPart(std::size_t part, ScratchSets& sets);
  // Replaces `forwards` by this step's of members of the range, ascending.
  // DATA_LOSS, or what the store says, when lists could not be read.
  absl::StatusOr<StepCounts> Close(std::vector<MessageForward>& forwards);

  // By offset: receipts (the sender's too) and deliveries inside the range, so far.
  const std::vector<std::uint32_t>& receipts() const { return receipts_; }
  const std::vector<std::uint32_t>& deliveries() const { return deliveries_; }
  const HourCounts& hours() const { return hours_; }
  const Digest& digest() const { return digest_; }

 private:
  class Pass;
  struct Part {
    std::size_t begin = 0;  // messages of the walk
    std::size_t end = 0;
    std::vector<MessageForward> forwards = {};
    std::uint64_t deliveries = 0;
    std::uint64_t first_receipts = 0;
    HourCounts hours = {};
    Digest digest = {};
    absl::Status status = {};
  };
  // The receivers of a message that has a set of its own.
  struct OwnSet {
    MemberSet set;
    bool marked = false;  // with what earlier steps delivered
  };
  absl::Status TakePart(Part& part, Scratch& scratch);
  void ChooseOwnSets();
  void Split(std::size_t parts_count);

  const TrafficSpec& spec_;
  const ShardImage& image_;
  const Wave* wave_ = nullptr;
  const Walk* walk_ = nullptr;
  std::uint32_t step_ = 0;
  std::vector<Part> parts_;
  std::map<std::uint32_t, OwnSet> own_sets_;  // by offset
  std::vector<std::uint32_t> receipts_;
  std::vector<std::uint32_t> deliveries_;
  HourCounts hours_ = {};
  Digest digest_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_TRAFFIC_SHARD_H_
