#include "services/coordinator/placement/rebalance_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace lawine {
namespace {

std::size_t CountOf(const std::string& graph, const PlannedWorker& worker) {
  return static_cast<std::size_t>(
      std::count_if(worker.shards.begin(), worker.shards.end(),
                    [&graph](const PlannedShard& shard) { return shard.graph == graph; }));
}

// How many shards of the graph each worker is to hold.
std::vector<std::size_t> Quotas(const std::vector<std::size_t>& counts,
                                const std::vector<PlannedWorker>& workers) {
  std::vector<std::size_t> receivers;
  for (std::size_t w = 0; w < workers.size(); ++w) {
    if (!workers[w].drained) receivers.push_back(w);
  }
  LAWINE_CHECK(!receivers.empty());
  // The remainder goes to those who have most of it already, then to those who hold least of everything.
  std::stable_sort(receivers.begin(), receivers.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(counts[b], workers[a].bytes()) < std::pair(counts[a], workers[b].bytes());
  });
  const std::size_t total = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  std::vector<std::size_t> quotas(workers.size());
  for (std::size_t i = 0; i < receivers.size(); ++i) {
    quotas[receivers[i]] = total / receivers.size() + (i < total % receivers.size() ? 1 : 0);
  }
  return quotas;
}

std::string Reason(const PlannedWorker& from, std::size_t held, std::size_t quota) {
  if (from.drained) return absl::StrCat(from.node_id, " is to hold nothing");
  return absl::StrCat(from.node_id, " holds ", held, " shards of it, ", quota,
                      " when they are spread evenly");
}

}  // namespace

std::uint64_t PlannedWorker::bytes() const {
  std::uint64_t sum = 0;
  for (const PlannedShard& shard : shards) sum += shard.bytes;
  return sum;
}

std::vector<PlannedMove> PlanMoves(const std::string& graph, std::vector<PlannedWorker>& workers) {
  std::vector<std::size_t> counts;
  for (const PlannedWorker& worker : workers) counts.push_back(CountOf(graph, worker));
  const std::vector<std::size_t> held = counts;
  const std::vector<std::size_t> quotas = Quotas(counts, workers);
  std::vector<PlannedMove> moves;
  for (std::size_t from = 0; from < workers.size(); ++from) {
    while (counts[from] > quotas[from]) {
      // The last one: what stays is together.
      std::vector<PlannedShard>& shards = workers[from].shards;
      const auto last =
          std::max_element(shards.begin(), shards.end(), [&graph](const auto& a, const auto& b) {
            return std::pair(a.graph == graph, a.shard) < std::pair(b.graph == graph, b.shard);
          });
      std::size_t to = workers.size();
      for (std::size_t w = 0; w < workers.size(); ++w) {
        if (counts[w] >= quotas[w]) continue;
        if (to == workers.size() || workers[w].bytes() < workers[to].bytes()) to = w;
      }
      moves.push_back({.shard = *last,
                       .from = from,
                       .to = to,
                       .reason = Reason(workers[from], held[from], quotas[from])});
      workers[to].shards.push_back(*last);
      shards.erase(last);
      --counts[from];
      ++counts[to];
    }
  }
  std::stable_sort(moves.begin(), moves.end(),
                   [](const PlannedMove& a, const PlannedMove& b) { return a.shard.shard < b.shard.shard; });
  return moves;
}

}  // namespace lawine
