// One shard of one running cascade: who has received the message, and what a step changes.
//
// Purpose: the `forward` model's step on a range of members. Encoding: one bit a member, so that a shard's
// state stays in a core's cache. A delivery sets a bit; whether it was a first receipt is only settled at
// the end of the step. Three ways of finding the new bits, chosen by what each would read:
//   sparse push  every delivery appends its receiver, keeping the place only if the bit was clear
//   dense push   deliveries only set bits; the words are compared with a copy taken before the step
//   pull         each member without the message looks for one forwarder among its followees and stops there;
//                deliveries are the sum of the forwarders' list lengths, so none needs to be read
// Where links have coins of their own, a push over lists that asks each link, counting as deliveries those
// that carried. All give the same set and counts. The judge in tests/support is the specification they are
// held against.
#ifndef LAWINE_ENGINE_SPREAD_SHARD_STATE_H_
#define LAWINE_ENGINE_SPREAD_SHARD_STATE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/key_batch.h"
#include "engine/base/member_set.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_spec.h"
#include "engine/spread/shard_process.h"
#include "engine/store/shard_image.h"

namespace lawine {

// Not thread-safe: one thread at a time. The image must outlive the state.
class ShardState {
 public:
  explicit ShardState(const ShardImage& image) : image_(image) {}

  // Forgets everything and starts the replica: seed members inside the range receive and forward at step 0.
  void Begin(const RunSpec& spec, std::uint32_t replica);

  // Step `step` >= 1: every follower, inside the range, of every member of `frontier` gets one delivery per
  // list it is on; first receipts decide. `frontier` are all members of the graph that forwarded a step
  // before, in any number of parts. Replaces `forwards` by the members that forward at `step`, ascending.
  // Fails when lists that are not in memory cannot be read; the state is then of no use until Begin.
  absl::StatusOr<StepCounts> Step(const RunSpec& spec, std::uint32_t step, Frontier frontier,
                                  std::vector<MemberId>& forwards);

  // See ShardProcess.
  void SaveTo(StateWriter& out) const;
  void LoadFrom(std::uint32_t step, StateReader& in);

  const Digest& digest() const { return digest_; }
  const MemberSet& received() const { return received_; }
  // Links read, by all replicas; deliveries count each link of the model, whether it had to be read or not.
  std::uint64_t links_touched() const { return links_touched_; }
  // Members that have not received and never can: nobody's messages reach them.
  std::uint64_t UnreachedWithoutFollowees() const;
  // Only kept when the spec asks for it.
  const Receipts& receipts() const { return receipts_; }

 private:
  enum class Direction { kSparsePush, kDensePush, kLinkPush, kPull };

  std::uint64_t CountDeliveries(Frontier frontier) const;
  Direction Choose(const RunSpec& spec, Frontier frontier) const;
  // Each returns the deliveries.
  absl::StatusOr<std::uint64_t> Deliver(const RunSpec& spec, Frontier frontier);
  absl::StatusOr<std::uint64_t> PushSparse(Frontier frontier);
  absl::StatusOr<std::uint64_t> PushDense(Frontier frontier);
  absl::StatusOr<std::uint64_t> PushByLinks(const RunSpec& spec, Frontier frontier);
  void Pull(Frontier frontier);
  template <class Followees>
  void FindForwarders(const Followees& followees);
  void CollectNew();
  void Decide(const RunSpec& spec, std::uint32_t step, std::vector<MemberId>& forwards);
  KeySpan KeysOf(std::span<const std::uint32_t> members, KeyBuffer& buffer) const;

  const ShardImage& image_;
  std::uint32_t replica_ = 0;
  MemberSet received_;
  std::uint64_t unreached_ = 0;     // members that can be reached and are not
  MemberSet before_;                // dense push: received_ as it was before the step
  MemberSet forwarders_;            // pull: the frontier, over the whole graph; else empty
  std::vector<std::uint32_t> new_;  // members that received in this step, ascending once collected
  std::uint64_t links_touched_ = 0;
  Digest digest_;
  Receipts receipts_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_SHARD_STATE_H_
