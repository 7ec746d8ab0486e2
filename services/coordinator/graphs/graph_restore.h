// Graphs made of files (engine/store/graph_file.h), whole, or only the shards that are missing.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_RESTORE_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_RESTORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/store/graph_file.h"
#include "lawine/internal/v1/placement.pb.h"
#include "lawine/v1/backups.pb.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// One restore. Nothing of it counts before Finish has returned, and then all of it; given up before, it
// leaves nothing behind. Not thread-safe.
class GraphRestore final : private GraphFileVisitor {
 public:
  GraphRestore(Graphs& graphs, WorkerDirectory& workers, const lawine::v1::RestoreOptions& options,
               Cancellation& cancellation);
  ~GraphRestore() override;

  // Further bytes of the file.
  absl::Status Append(std::string_view bytes);
  // All bytes have come: checks what the shards add up to, and makes them count.
  absl::StatusOr<lawine::v1::RestoredGraph> Finish();

  std::uint64_t bytes_taken() const { return reader_.bytes_taken(); }
  std::uint64_t bytes_expected() const { return head_.bytes; }

 private:
  class Upload;
  absl::Status OnHead(const GraphFileHead& head) override;
  absl::Status OnShard(ShardIndex shard, const std::vector<ShardFile>& files) override;
  absl::Status OnData(std::string_view bytes) override;
  absl::Status OnShardEnd(ShardIndex shard) override;

  absl::Status BeginWhole();
  absl::Status BeginMissing();
  absl::Status CheckSameGraph(const internal::v1::GraphInfo& info) const;
  absl::Status CheckWhole() const;
  absl::StatusOr<lawine::v1::Graph> AdoptWhole();
  absl::StatusOr<lawine::v1::Graph> AdoptMissing();
  void LeaveHeld(const internal::v1::GraphInfo& graph);
  absl::Status AdoptAll();
  absl::Status HandOver(const internal::v1::GraphInfo& graph);
  internal::v1::ShardId IdOf(std::uint32_t shard) const;

  Graphs& graphs_;
  WorkerDirectory& workers_;
  const lawine::v1::RestoreOptions options_;
  Cancellation& cancellation_;
  GraphFileReader reader_;
  absl::Status begun_;  // of OnHead: what is damaged then is not the file
  GraphFileHead head_;
  std::string name_;
  bool name_taken_ = false;
  GraphUse use_;
  std::map<std::uint32_t, WorkerHandle> targets_;  // of the shards that are restored
  std::unique_ptr<Upload> upload_;
  std::map<std::uint32_t, internal::v1::StoreShardResponse> stored_;
  bool adopted_ = false;
  bool done_ = false;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_RESTORE_H_
