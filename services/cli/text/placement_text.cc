#include "services/cli/text/placement_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/cli/text/text.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;

std::uint64_t BytesOf(const google::protobuf::RepeatedPtrField<v1::ShardMove>& moves) {
  std::uint64_t bytes = 0;
  for (const v1::ShardMove& move : moves) bytes += move.bytes();
  return bytes;
}

const char* StateText(v1::ShardMoveState state) {
  switch (state) {
    case v1::SHARD_MOVE_STATE_COPYING:
      return "copying";
    case v1::SHARD_MOVE_STATE_COPIED:
      return "copied";
    case v1::SHARD_MOVE_STATE_MOVED:
      return "moved";
    case v1::SHARD_MOVE_STATE_CANCELLED:
      return "cancelled";
    case v1::SHARD_MOVE_STATE_FAILED:
      return "given up";
    default:
      return "planned";
  }
}

const char* StateText(v1::RebalanceState state) {
  switch (state) {
    case v1::REBALANCE_STATE_RUNNING:
      return "going on";
    case v1::REBALANCE_STATE_SUCCEEDED:
      return "done";
    case v1::REBALANCE_STATE_FAILED:
      return "done, but for what was given up";
    default:
      return "cancelled";
  }
}

std::string Problems(const v1::Rebalance& rebalance) {
  std::string text;
  for (const v1::ShardMove& move : rebalance.moves()) {
    if (move.problem().empty()) continue;
    absl::StrAppend(&text,
                    Wrap(absl::StrCat("shard ", move.shard(), " of ", move.graph(), ": ", move.problem()), 2),
                    "\n");
  }
  return text;
}

}  // namespace

std::string PlanText(const v1::PlanRebalanceResponse& plan, bool color) {
  if (plan.moves().empty()) return "Nothing to move: every graph is spread as evenly as its shards allow.\n";
  Table moves({{"graph", Align::kLeft},
               {"shard", Align::kRight},
               {"from", Align::kLeft},
               {"to", Align::kLeft},
               {"size", Align::kRight},
               {"why", Align::kLeft}});
  for (const v1::ShardMove& move : plan.moves()) {
    moves.AddRow({move.graph(), absl::StrCat(move.shard()), move.from_node_id(), move.to_node_id(),
                  Bytes(move.bytes()), move.reason()});
  }
  Table workers({{"worker", Align::kLeft},
                 {"address", Align::kLeft},
                 {"shards", Align::kRight},
                 {"after", Align::kRight},
                 {"disk", Align::kRight},
                 {"after", Align::kRight},
                 {"", Align::kLeft}});
  for (const v1::WorkerLoad& load : plan.workers()) {
    workers.AddRow({load.node_id(), load.address(), absl::StrCat(load.shards()),
                    absl::StrCat(load.shards_after()), Bytes(load.bytes()), Bytes(load.bytes_after()),
                    load.drained() ? "drained" : ""});
  }
  return absl::StrCat(moves.Render(color), "\n", workers.Render(color), "\n",
                      Counted(static_cast<std::uint64_t>(plan.moves_size()), "shard", "shards"), ", ",
                      Bytes(BytesOf(plan.moves())), ", would move: lawine cluster rebalance apply\n");
}

std::string RebalanceProgress(const v1::Rebalance& rebalance) {
  std::uint64_t copied = 0;
  for (const v1::ShardMove& move : rebalance.moves()) copied += std::min(move.bytes_copied(), move.bytes());
  const auto moved =
      std::count_if(rebalance.moves().begin(), rebalance.moves().end(),
                    [](const v1::ShardMove& move) { return move.state() == v1::SHARD_MOVE_STATE_MOVED; });
  return absl::StrCat(moved, " of ",
                      Counted(static_cast<std::uint64_t>(rebalance.moves_size()), "shard", "shards"),
                      " moved, ", Bytes(copied), " of ", Bytes(BytesOf(rebalance.moves())), " copied");
}

std::string RebalanceText(const v1::Rebalance& rebalance, bool color) {
  const std::string head =
      absl::StrCat("rebalance ", StateText(rebalance.state()), ": ", RebalanceProgress(rebalance), "\n");
  if (rebalance.moves().empty()) return head;
  Table table({{"graph", Align::kLeft},
               {"shard", Align::kRight},
               {"from", Align::kLeft},
               {"to", Align::kLeft},
               {"size", Align::kRight},
               {"copied", Align::kRight},
               {"", Align::kLeft}});
  for (const v1::ShardMove& move : rebalance.moves()) {
    table.AddRow({move.graph(), absl::StrCat(move.shard()), move.from_node_id(), move.to_node_id(),
                  Bytes(move.bytes()), PercentCell(std::min(move.bytes_copied(), move.bytes()), move.bytes()),
                  StateText(move.state())});
  }
  const std::string problems = Problems(rebalance);
  return absl::StrCat(head, "\n", table.Render(color), problems.empty() ? "" : "\n", problems);
}

}  // namespace lawine::cli
