#include "services/coordinator/placement/rebalancer.h"

#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/log.h"
#include "services/common/request_id.h"
#include "services/common/steady_time.h"
#include "services/coordinator/placement/rebalance_request.h"
#include "services/coordinator/registry/record.h"
#include "services/coordinator/workers/shard_calls.h"

namespace lawine {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

namespace {

constexpr char kKey[] = "rebalance";
constexpr absl::Duration kLookForWorkEvery = absl::Milliseconds(200);

}  // namespace

absl::Status Rebalancer::Start() {
  const absl::StatusOr<std::string> kept = registry_.Get(kKey);
  if (!kept.ok() && !absl::IsNotFound(kept.status())) return kept.status();
  {
    MutexLock lock(mutex_);
    if (kept.ok()) {
      LAWINE_ASSIGN_OR_RETURN(record_, ParseRecord<pbi::RebalanceRecord>(kKey, *kept));
    }
    graphs_.placements().SetDrained({record_.drained().begin(), record_.drained().end()});
  }
  thread_ = std::thread([this] { Work(); });
  return absl::OkStatus();
}

void Rebalancer::Stop() {
  {
    MutexLock lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    wake_.NotifyAll();
  }
  copying_.Cancel();
  asking_.Cancel();
  if (thread_.joinable()) thread_.join();
}

bool Rebalancer::Stopping() const {
  MutexLock lock(mutex_);
  return stopping_;
}

absl::StatusOr<pb::PlanRebalanceResponse> Rebalancer::Plan(const pb::RebalanceOptions& options) const {
  LAWINE_ASSIGN_OR_RETURN(RebalancePlan plan, PlanRebalance(options, graphs_, workers_));
  return std::move(plan.response);
}

absl::StatusOr<pb::Rebalance> Rebalancer::Apply(const pb::ApplyRebalanceRequest& request) {
  LAWINE_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  const std::uint64_t request_hash = RequestHash(request);
  const auto is_applied = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::StatusOr<bool> {
    if (request.request_id().empty() || request.request_id() != record_.request_id()) return false;
    const bool same = IsNotedRequest(record_.request_hash(), request_hash);
    return same ? absl::StatusOr<bool>(true) : RequestIdUsed("rebalance");
  };
  {
    // Asked again, it need not make sense any more: who was drained may have gone.
    MutexLock lock(mutex_);
    LAWINE_ASSIGN_OR_RETURN(const bool applied, is_applied());
    if (applied) return record_.rebalance();
  }
  LAWINE_ASSIGN_OR_RETURN(RebalancePlan plan, PlanRebalance(request.options(), graphs_, workers_));
  MutexLock writing(writing_);
  {
    MutexLock lock(mutex_);
    LAWINE_ASSIGN_OR_RETURN(const bool applied, is_applied());
    if (applied) return record_.rebalance();
    if (record_.rebalance().state() == pb::REBALANCE_STATE_RUNNING) {
      return absl::FailedPreconditionError(
          "a rebalance goes on already: wait for it, or cancel it (lawine cluster rebalance status, cancel)");
    }
  }
  pbi::RebalanceRecord record;
  pb::Rebalance& rebalance = *record.mutable_rebalance();
  rebalance.set_state(pb::REBALANCE_STATE_RUNNING);
  *rebalance.mutable_options() = request.options();
  *rebalance.mutable_create_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  for (int i = 0; i < plan.response.moves_size(); ++i) {
    *rebalance.add_moves() = plan.response.moves(i);
    rebalance.mutable_moves(i)->set_state(pb::SHARD_MOVE_STATE_COPYING);
    record.add_graph_digests(plan.graph_digests[static_cast<std::size_t>(i)]);
    record.add_cleared(false);
  }
  record.set_request_id(request.request_id());
  record.set_request_hash(request_hash);
  record.mutable_drained()->Add(plan.drained.begin(), plan.drained.end());
  LAWINE_RETURN_IF_ERROR(Save(record));
  MutexLock lock(mutex_);
  record_ = record;
  graphs_.placements().SetDrained(std::move(plan.drained));
  not_before_.clear();
  copying_.Reset();
  wake_.NotifyAll();
  return rebalance;
}

absl::StatusOr<pb::Rebalance> Rebalancer::Get() const {
  MutexLock lock(mutex_);
  if (record_.has_rebalance()) return record_.rebalance();
  return absl::NotFoundError("nothing was ever rebalanced here: see lawine cluster rebalance plan");
}

// What has passed to its new owner is finished: going back would be one more move.
absl::StatusOr<pb::Rebalance> Rebalancer::Cancel() {
  MutexLock writing(writing_);
  pbi::RebalanceRecord record;
  {
    MutexLock lock(mutex_);
    if (record_.rebalance().state() != pb::REBALANCE_STATE_RUNNING) {
      return absl::FailedPreconditionError("no rebalance goes on: there is nothing to cancel");
    }
    record = record_;
    for (int i = 0; i < record.rebalance().moves_size(); ++i) {
      if (!IsOpen(record.rebalance().moves(i)) || Passed(i)) continue;
      record.mutable_rebalance()->mutable_moves(i)->set_state(pb::SHARD_MOVE_STATE_CANCELLED);
    }
  }
  record.clear_drained();
  LAWINE_RETURN_IF_ERROR(Save(record));
  MutexLock lock(mutex_);
  record_ = record;
  graphs_.placements().SetDrained({});
  copying_.Cancel();
  wake_.NotifyAll();
  return record.rebalance();
}

void Rebalancer::Work() {
  while (!Stopping()) {
    DropStaleCopies();
    graphs_.DropLeftovers("", &asking_);
    ClearArrivals();
    if (Step()) continue;
    MutexLock lock(mutex_);
    if (!stopping_) wake_.WaitFor(mutex_, absl::ToChronoNanoseconds(kLookForWorkEvery));
  }
  uses_.clear();
}

bool Rebalancer::Step() {
  const std::optional<std::string> graph = OpenGraph();
  if (!graph.has_value()) {
    uses_.clear();
    EndIfOver();
    return false;
  }
  std::erase_if(uses_, [&graph](const auto& use) { return use.first != *graph; });
  if (!uses_.contains(*graph)) {
    auto use = GraphUse::Of(graphs_, *graph);
    if (!use.ok()) return false;  // it is being made or deleted
    spdlog::info("rebalance: shards of graph '{}' begin to move{}", *graph, LogFields({{"graph", *graph}}));
    uses_.emplace(*graph, *std::move(use));
  }
  return StepGraph(*graph);
}

// A graph with moves that are not over, one where something can be done now if there is any.
std::optional<std::string> Rebalancer::OpenGraph() const {
  MutexLock lock(mutex_);
  std::optional<std::string> open;
  for (int i = 0; i < record_.rebalance().moves_size(); ++i) {
    const Move& move = record_.rebalance().moves(i);
    if (!IsOpen(move)) continue;
    const auto later = not_before_.find(i);
    if (later == not_before_.end() || later->second <= SteadyNow()) return move.graph();
    if (!open.has_value()) open = move.graph();
  }
  return open;
}

std::vector<int> Rebalancer::MovesOf(const std::string& graph, pb::ShardMoveState state) const {
  MutexLock lock(mutex_);
  std::vector<int> moves;
  for (int i = 0; i < record_.rebalance().moves_size(); ++i) {
    const Move& move = record_.rebalance().moves(i);
    if (move.graph() == graph && move.state() == state) moves.push_back(i);
  }
  return moves;
}

bool Rebalancer::IsOpen(const Move& move) {
  return move.state() == pb::SHARD_MOVE_STATE_COPYING || move.state() == pb::SHARD_MOVE_STATE_COPIED;
}

bool Rebalancer::Passed(int i) const {
  const Move& move = record_.rebalance().moves(i);
  return move.state() == pb::SHARD_MOVE_STATE_COPIED &&
         graphs_.placements().OwnerOf(move.graph(), record_.graph_digests(i), move.shard()) ==
             move.to_node_id();
}

pbi::ShardId Rebalancer::IdOf(int move) const {
  pbi::ShardId id;
  id.set_graph(record_.rebalance().moves(move).graph());
  id.set_shard(record_.rebalance().moves(move).shard());
  id.set_graph_digest(record_.graph_digests(move));
  return id;
}

void Rebalancer::Note(int move, const absl::Status& failure, absl::Duration pause) {
  MutexLock lock(mutex_);
  if (stopping_ || !IsOpen(record_.rebalance().moves(move))) return;
  spdlog::warn("rebalance: shard {} of '{}': {}", record_.rebalance().moves(move).shard(),
               record_.rebalance().moves(move).graph(), std::string(failure.message()));
  record_.mutable_rebalance()->mutable_moves(move)->set_problem(std::string(failure.message()));
  not_before_[move] = SteadyNow() + pause;
}

// A state that could not be kept is found again from the map and from what workers hold.
void Rebalancer::SetState(int move, pb::ShardMoveState state) {
  MutexLock writing(writing_);
  pbi::RebalanceRecord record;
  {
    MutexLock lock(mutex_);
    Move& moved = *record_.mutable_rebalance()->mutable_moves(move);
    if (moved.state() == pb::SHARD_MOVE_STATE_CANCELLED) return;
    moved.set_state(state);
    if (state == pb::SHARD_MOVE_STATE_COPIED || state == pb::SHARD_MOVE_STATE_MOVED) {
      moved.clear_problem();
      moved.set_bytes_copied(moved.bytes());
    }
    record = record_;
  }
  if (const absl::Status saved = Save(record); !saved.ok()) {
    spdlog::error("rebalance: its state could not be kept: {}", std::string(saved.message()));
  }
}

absl::Status Rebalancer::Save(const pbi::RebalanceRecord& record) {
  LAWINE_ASSIGN_OR_RETURN(const std::string value, RecordOf(record));
  return registry_.Put(kKey, value);
}

void Rebalancer::EndIfOver() {
  MutexLock writing(writing_);
  pbi::RebalanceRecord record;
  {
    MutexLock lock(mutex_);
    record = record_;
  }
  if (record.rebalance().state() != pb::REBALANCE_STATE_RUNNING) return;
  pb::Rebalance& rebalance = *record.mutable_rebalance();
  const auto any = [&rebalance](pb::ShardMoveState state) {
    return std::any_of(rebalance.moves().begin(), rebalance.moves().end(),
                       [state](const Move& move) { return move.state() == state; });
  };
  rebalance.set_state(any(pb::SHARD_MOVE_STATE_CANCELLED) ? pb::REBALANCE_STATE_CANCELLED
                      : any(pb::SHARD_MOVE_STATE_FAILED)  ? pb::REBALANCE_STATE_FAILED
                                                          : pb::REBALANCE_STATE_SUCCEEDED);
  *rebalance.mutable_end_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  if (!Save(record).ok()) return;  // tried again
  {
    MutexLock lock(mutex_);
    record_ = record;
  }
  spdlog::info("rebalance of {} shards: {}", rebalance.moves_size(),
               pb::RebalanceState_Name(rebalance.state()));
}

}  // namespace lawine
