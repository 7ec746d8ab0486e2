// Moving shards, backups and restores, as a caller asks for them.
#ifndef LAWINE_TESTS_CLUSTER_PLACEMENT_CALLS_H_
#define LAWINE_TESTS_CLUSTER_PLACEMENT_CALLS_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lawine/v1/backups.grpc.pb.h"
#include "lawine/v1/placement.grpc.pb.h"
#include "tests/cluster/client.h"

namespace lawine {

// Thread-safe.
class PlacementCalls {
 public:
  explicit PlacementCalls(const Client& client);

  Answer<pb::PlanRebalanceResponse> Plan(const pb::RebalanceOptions& options = {});
  Answer<pb::Rebalance> Apply(const pb::RebalanceOptions& options = {}, const std::string& request_id = "");
  Answer<pb::Rebalance> Latest();
  Answer<pb::Rebalance> Cancel();
  // The latest rebalance as it is when it has ended, at most `timeout` from now. Goes on asking while the
  // coordinator is away.
  pb::Rebalance AwaitEnd(absl::Duration timeout = kCallTimeout);

  // The whole file.
  Answer<std::string> Backup(const std::string& graph);
  // Sends the file in parts of `part` bytes; says that it is all unless `leave`.
  Answer<pb::RestoredGraph> Restore(std::string_view file, const pb::RestoreOptions& options = {},
                                    std::size_t part = 1 << 20, bool leave = false);

 private:
  const std::unique_ptr<pb::PlacementService::Stub> placement_;
  const std::unique_ptr<pb::BackupService::Stub> backups_;
};

// What `call` comes to, repeated while shards of its graph move, as callers are told to.
template <class Call>
auto OnceShardsRest(const Call& call) {
  auto answer = call();
  Eventually(absl::Seconds(60), [&] {
    if (DetailsOf(answer.status).reason != "SHARDS_MOVE") return true;
    answer = call();
    return false;
  });
  return answer;
}

pb::RebalanceOptions Drained(const std::vector<std::string>& workers);
// Shards by node id, of live workers.
std::map<std::string, std::uint32_t> ShardsByWorker(Client& client);

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_PLACEMENT_CALLS_H_
