// What a lane asks of a shard: one replica's step of every message of a run. Two kinds of process answer:
// CascadeShard, the kernels of the forward model and of the cascade with one probability, and ModelShard,
// every model there is.
#ifndef LAWINE_ENGINE_SPREAD_SHARD_PROCESS_H_
#define LAWINE_ENGINE_SPREAD_SHARD_PROCESS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/digest.h"
#include "engine/spread/group_counts.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_progress.h"
#include "engine/spread/run_spec.h"
#include "engine/spread/state_codec.h"
#include "engine/store/shard_image.h"

namespace lawine {

// Members of the whole graph that acted at a message's last step, in any number of parts, each ascending.
using Frontier = std::span<const std::span<const MemberId>>;

// One message's part of a step at a shard.
struct MessageStep {
  StepCounts counts;
  std::vector<MemberId> acting;  // of the shard's range, ascending
  // The first later step at which something is due, whoever acts; kNoStep when nothing is.
  std::uint32_t next_pending_step = kNoStep;
};

// Receipt and forward steps by member of the range; kNoStep where there was none.
struct Receipts {
  std::vector<std::uint32_t> receipt_steps;
  std::vector<std::uint32_t> forward_steps;  // the first of each
  // Only where attribution is recorded: who brought it, as dense id plus 1 (0: nobody did), and how often
  // each member was delivered to, also by what is still under way over links with delays; 2^32 - 1 is as
  // often or more.
  std::vector<std::uint32_t> senders_plus_one;
  std::vector<std::uint32_t> deliveries;

  // Columns have the sizes that Begin gave them. No later step than `step` is in the first two.
  void SaveTo(StateWriter& out) const;
  void LoadFrom(std::uint32_t step, std::uint32_t graph_members, StateReader& in);
};

// Not thread-safe: one thread at a time.
class ShardProcess {
 public:
  virtual ~ShardProcess() = default;

  // Forgets everything and starts a replica.
  virtual void Begin(std::uint32_t replica) = 0;
  // Takes `step` for all messages: `frontiers[m]` and `steps[m]` are message m's. Fails when lists that are
  // not in memory cannot be read, and with RESOURCE_EXHAUSTED when the network changes more than limits
  // allow; the process is then of no use until Begin.
  virtual absl::Status Step(std::uint32_t step, std::span<const Frontier> frontiers,
                            const RunProgress& progress, std::span<MessageStep> steps) = 0;
  // What the steps taken since Begin have led to.
  virtual void SaveTo(StateWriter& out) const = 0;
  // Makes it so again, as it was after `step`. REQUIRES: Begin was just called. When `in` does not hold that,
  // it says so, and the process is of no use until Begin.
  virtual void LoadFrom(std::uint32_t step, StateReader& in) = 0;

  virtual Digest DigestOf(std::uint32_t message) const = 0;
  // Members that have not received and never can: nobody's messages reach them.
  virtual std::uint64_t UnreachedWithoutFollowees(std::uint32_t message) const = 0;
  // Members of the range that have received.
  virtual const MemberSet& ReceivedOf(std::uint32_t message) const = 0;
  // Only kept when the spec asks for them.
  virtual const Receipts& ReceiptsOf(std::uint32_t message) const = 0;
  // Of a replica that is over: what came of a message in each group. Empty unless the spec asks.
  virtual std::vector<GroupRow> GroupsOf(std::uint32_t) const { return {}; }
  // Where people are counted: of each message, which accounts it reached that are not their person's first.
  virtual void TellAccounts(std::span<MessageStep>) const {}
  // Persons of the range, each by the first account, whom a message reached. The frontier is what
  // all shards tell.
  virtual std::uint64_t PeopleOf(std::uint32_t, Frontier) const { return 0; }
  // Links read, by all replicas.
  virtual std::uint64_t links_touched() const = 0;
};

// Members of the range that a message is meant for.
MemberSet TargetMembersOf(const TargetSpec& target, const ShardMembers& members);
// Members of both.
std::uint64_t CountBoth(const MemberSet& a, const MemberSet& b);

// Members of the range that have not received and never can, as nobody's messages reach them.
std::uint64_t NeverReachable(const ShardMembers& members, const MemberSet& received);

// The process that a run needs. `spec` and `image` must outlive it.
std::unique_ptr<ShardProcess> MakeShardProcess(const RunSpec& spec, const ShardImage& image);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_SHARD_PROCESS_H_
