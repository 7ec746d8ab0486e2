// Moving the shards of one graph: copies, then the passage to their new owners. The rest is in rebalancer.cc.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/common/steady_time.h"
#include "services/coordinator/placement/rebalancer.h"
#include "services/coordinator/workers/graph_identity.h"
#include "services/coordinator/workers/shard_calls.h"

namespace lawine {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

namespace {

constexpr absl::Duration kDropTimeout = absl::Seconds(30);
constexpr absl::Duration kLookEvery = absl::Milliseconds(50);
constexpr absl::Duration kRetryEvery = absl::Seconds(1);

// Whether trying again cannot help before somebody has done something: a full disk, a damaged source.
bool IsFinal(const absl::Status& failure) {
  return absl::IsResourceExhausted(failure) || absl::IsDataLoss(failure) ||
         absl::IsFailedPrecondition(failure) || absl::IsInvalidArgument(failure);
}

bool Holds(const pbi::RegisterRequest& worker, const pbi::ShardId& shard) {
  for (const pbi::HeldShard& held : worker.shards()) {
    if (held.graph() == shard.graph() && held.shard() == shard.shard() &&
        held.graph_digest() == shard.graph_digest()) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool Rebalancer::StepGraph(const std::string& graph) {
  const absl::StatusOr<pbi::GraphRecord> record = graphs_.Find(graph);
  GiveUpUnless(graph, record.ok() ? MadeDigest(record->info()) : "");
  if (const std::vector<int> copying = MovesOf(graph, pb::SHARD_MOVE_STATE_COPYING); !copying.empty()) {
    const auto ready =
        std::find_if_not(copying.begin(), copying.end(), [this](int move) { return Waits(move); });
    return ready != copying.end() && CopyOne(*ready);
  }
  const std::vector<int> copied = MovesOf(graph, pb::SHARD_MOVE_STATE_COPIED);
  if (copied.empty() || Waits(copied[0])) return false;
  const bool passed = [&] {
    MutexLock lock(mutex_);
    return Passed(copied[0]);
  }();
  const SteadyTime begun = SteadyNow();
  const absl::Status status = passed ? Settle(graph) : CutOver(graph);
  if (status.ok()) return true;
  // Runs get as long to go on as they were kept waiting for nothing.
  const absl::Duration pause = std::max(kRetryEvery, SteadyNow() - begun);
  for (const int move : MovesOf(graph, pb::SHARD_MOVE_STATE_COPIED)) Note(move, status, pause);
  return false;
}

// A graph that was deleted, or made again, has nothing that could move.
void Rebalancer::GiveUpUnless(const std::string& graph, const std::string& digest) {
  MutexLock writing(writing_);
  MutexLock lock(mutex_);
  for (int i = 0; i < record_.rebalance().moves_size(); ++i) {
    Move& move = *record_.mutable_rebalance()->mutable_moves(i);
    if (move.graph() != graph || !IsOpen(move) || record_.graph_digests(i) == digest) continue;
    move.set_state(pb::SHARD_MOVE_STATE_FAILED);
    move.set_problem("the graph was deleted");
  }
}

bool Rebalancer::Waits(int move) const {
  MutexLock lock(mutex_);
  const auto later = not_before_.find(move);
  return later != not_before_.end() && later->second > SteadyNow();
}

bool Rebalancer::CopyOne(int number) {
  const absl::Status copied = Copy(number);
  if (copied.ok()) {
    SetState(number, pb::SHARD_MOVE_STATE_COPIED);
    return true;
  }
  Note(number, copied, kRetryEvery);
  if (IsFinal(copied)) SetState(number, pb::SHARD_MOVE_STATE_FAILED);
  return false;
}

absl::Status Rebalancer::Copy(int number) {
  Move move;
  pbi::ShardId id;
  {
    MutexLock lock(mutex_);
    move = record_.rebalance().moves(number);
    id = IdOf(number);
  }
  LAWINE_ASSIGN_OR_RETURN(id, AtLastVersion(std::move(id)));
  LAWINE_ASSIGN_OR_RETURN(const WorkerHandle from, workers_.Live(move.from_node_id()));
  LAWINE_ASSIGN_OR_RETURN(const WorkerHandle to, workers_.Live(move.to_node_id()));
  const auto told = [this, number](std::uint64_t bytes) {
    MutexLock lock(mutex_);
    record_.mutable_rebalance()->mutable_moves(number)->set_bytes_copied(bytes);
  };
  return FetchShard(to, from, id, CopyTimeout(move.bytes()), told, copying_);
}

// The shard with all changes that count by now.
absl::StatusOr<pbi::ShardId> Rebalancer::AtLastVersion(pbi::ShardId shard) const {
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord record, graphs_.Find(shard.graph()));
  shard.set_graph_version(record.info().graph_version());
  shard.set_version_digest(record.info().digest());
  return shard;
}

// What a worker said before it was killed, or lost its disk, lets no other copy be deleted.
absl::Status Rebalancer::ConfirmHeld(const std::string& node_id, const pbi::ShardId& shard) const {
  LAWINE_ASSIGN_OR_RETURN(const pbi::ShardId now, AtLastVersion(shard));
  LAWINE_ASSIGN_OR_RETURN(const WorkerHandle owner, workers_.Live(node_id));
  return ConfirmShard(owner, now, &asking_);
}

// All copies of the graph are whole: brings them up to date and passes the shards on.
absl::Status Rebalancer::CutOver(const std::string& graph) {
  LAWINE_ASSIGN_OR_RETURN(const auto hold,
                          graphs_.placements().HoldGraph(graph, [this] { return Stopping(); }));
  for (const int move : MovesOf(graph, pb::SHARD_MOVE_STATE_COPIED)) {
    const absl::Status copied = Copy(move);
    if (!copied.ok()) SetState(move, pb::SHARD_MOVE_STATE_COPYING);  // copied again without a hold
    LAWINE_RETURN_IF_ERROR(copied);
  }
  LAWINE_RETURN_IF_ERROR(Flip(graph));
  return Settle(graph);
}

// From here on the others own the shards. A cancellation comes before it, or too late.
absl::Status Rebalancer::Flip(const std::string& graph) {
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord record, graphs_.Find(graph));
  MutexLock writing(writing_);
  std::map<std::uint32_t, std::string> owners;
  {
    MutexLock lock(mutex_);
    for (const Move& move : record_.rebalance().moves()) {
      if (move.graph() == graph && move.state() == pb::SHARD_MOVE_STATE_COPIED) {
        owners[move.shard()] = move.to_node_id();
      }
    }
  }
  return owners.empty() ? absl::OkStatus() : graphs_.placements().SetOwners(record.info(), owners);
}

// The new owners adopt their copies, and only then the others drop theirs.
absl::Status Rebalancer::Settle(const std::string& graph) {
  const std::vector<int> moves = MovesOf(graph, pb::SHARD_MOVE_STATE_COPIED);
  std::vector<std::pair<Move, pbi::ShardId>> passed;
  {
    MutexLock lock(mutex_);
    for (const int move : moves) passed.emplace_back(record_.rebalance().moves(move), IdOf(move));
  }
  for (const auto& [move, id] : passed) {
    LAWINE_ASSIGN_OR_RETURN(const WorkerHandle to, workers_.Live(move.to_node_id()));
    LAWINE_RETURN_IF_ERROR(AdoptShard(to, id, &asking_));
  }
  for (const auto& [move, id] : passed) LAWINE_RETURN_IF_ERROR(AwaitHeld(move.to_node_id(), id, true));
  for (const int move : moves) SetState(move, pb::SHARD_MOVE_STATE_MOVED);
  std::erase_if(passed, [this](const auto& shard) { return !DropMoved(shard.first, shard.second); });
  for (const auto& [move, id] : passed) AwaitHeld(move.from_node_id(), id, false).IgnoreError();
  spdlog::info("rebalance: {} shards of '{}' have moved", moves.size(), graph);
  return absl::OkStatus();
}

// False when one of both workers is away: the copy is dropped when they are back.
bool Rebalancer::DropMoved(const Move& move, const pbi::ShardId& shard) const {
  const absl::StatusOr<WorkerHandle> from = workers_.Live(move.from_node_id());
  const SteadyTime end = SteadyNow() + kDropTimeout;
  while (from.ok() && SteadyNow() < end && !Stopping() && ConfirmHeld(move.to_node_id(), shard).ok()) {
    if (DropShard(*from, shard, /*arrived_only=*/false, &asking_).ok()) return true;
    absl::SleepFor(kLookEvery);
  }
  return false;
}

// Waits until the worker says that it holds the shard, or no more.
absl::Status Rebalancer::AwaitHeld(const std::string& node_id, const pbi::ShardId& shard, bool held) const {
  const SteadyTime end = SteadyNow() + WorkerDirectory::kHeldTimeout;
  for (; SteadyNow() < end && !Stopping(); absl::SleepFor(kLookEvery)) {
    bool holds = false;
    for (const pbi::RegisterRequest& worker : workers_.Said()) {
      holds = holds || (worker.node_id() == node_id && Holds(worker, shard));
    }
    if (holds == held) return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat("worker ", node_id, " does not say that it ",
                                             held ? "holds" : "has dropped", " shard ", shard.shard(),
                                             " of '", shard.graph(), "'"));
}

// Of two workers that hold a shard the one that does not own it drops it, while the owner has it.
void Rebalancer::DropStaleCopies() const {
  std::set<std::string> silent;  // owners that do not answer now
  const std::vector<pbi::RegisterRequest> workers = workers_.Said();
  for (const pbi::RegisterRequest& worker : workers) {
    for (const pbi::HeldShard& held : worker.shards()) {
      const std::string owner = graphs_.placements().OwnerOf(held.graph(), held.graph_digest(), held.shard());
      if (owner.empty() || owner == worker.node_id() || !held.problem().empty()) continue;
      const pbi::ShardId id = ShardIdOf(held);
      for (const pbi::RegisterRequest& other : workers) {
        if (other.node_id() != owner || silent.contains(owner) || !Holds(other, id)) continue;
        const absl::Status confirmed = ConfirmHeld(owner, id);
        if (absl::IsDeadlineExceeded(confirmed)) silent.insert(owner);
        if (!confirmed.ok()) continue;
        const absl::StatusOr<WorkerHandle> live = workers_.Live(worker.node_id());
        if (live.ok()) DropShard(*live, id, /*arrived_only=*/false, &asking_).IgnoreError();  // tried again
      }
    }
  }
}

// What arrived of moves that are not going to happen takes room for nothing.
void Rebalancer::ClearArrivals() {
  std::vector<std::tuple<int, std::string, pbi::ShardId>> left;
  {
    MutexLock lock(mutex_);
    for (int i = 0; i < record_.rebalance().moves_size(); ++i) {
      const pb::ShardMoveState state = record_.rebalance().moves(i).state();
      const bool over = state == pb::SHARD_MOVE_STATE_CANCELLED || state == pb::SHARD_MOVE_STATE_FAILED;
      if (over && !record_.cleared(i))
        left.emplace_back(i, record_.rebalance().moves(i).to_node_id(), IdOf(i));
    }
  }
  for (const auto& [move, node_id, id] : left) {
    const absl::StatusOr<WorkerHandle> to = workers_.Live(node_id);
    if (!to.ok() || !DropShard(*to, id, /*arrived_only=*/true, &asking_).ok()) continue;
    MutexLock writing(writing_);
    pbi::RebalanceRecord record;
    {
      MutexLock lock(mutex_);
      // Another rebalance may have been applied meanwhile.
      const bool same =
          move < record_.cleared_size() && IdOf(move).SerializeAsString() == id.SerializeAsString();
      if (!same) return;
      record_.set_cleared(move, true);
      record = record_;
    }
    Save(record).IgnoreError();  // done again, then
  }
}

}  // namespace lawine
