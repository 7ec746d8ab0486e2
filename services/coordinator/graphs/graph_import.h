// Imports as they arrive from callers: options, then files.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_IMPORT_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_IMPORT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/executor.h"
#include "engine/base/mutex.h"
#include "engine/base/spill_file.h"
#include "lawine/v1/graph.pb.h"
#include "services/common/silence_limit.h"
#include "services/common/steady_time.h"
#include "services/coordinator/graphs/graphs.h"

namespace lawine {

using ImportStream =
    grpc::ServerReaderWriter<lawine::v1::ImportGraphResponse, lawine::v1::ImportGraphRequest>;

class ImportUpload;

// Thread-safe.
class Imports {
 public:
  static constexpr std::uint32_t kAtOnceMax = 2;
  static constexpr absl::Duration kTurnAwaited = absl::Seconds(30);

  // Each import keeps what does not fit `spill.memory_bytes` in `spill.directory`. The others outlive this.
  // Callers may send nothing for so long.
  Imports(Graphs& graphs, Executor& executor, SpillOptions spill,
          absl::Duration silence_max = SilenceLimit::kSilenceMax);
  ~Imports();

  // Reads all files of one import and makes the graph; writes progress, then the graph and what was seen.
  // Waits for its turn for half a minute where too many go on; RESOURCE_EXHAUSTED then, and when the disk is
  // full. DEADLINE_EXCEEDED when nothing comes any more.
  absl::Status Serve(grpc::ServerContext& context, ImportStream& stream);

 private:
  absl::StatusOr<std::unique_ptr<ImportUpload>> Begin(const lawine::v1::ImportOptions& options);
  void End(const lawine::v1::ImportOptions& options, std::unique_ptr<ImportUpload> kept);
  bool AwaitTurn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Expire();
  absl::Status Upload(grpc::ServerContext& context, ImportStream& stream, SilenceLimit& silence,
                      ImportUpload& upload);

  Graphs& graphs_;
  Executor& executor_;
  const SpillOptions spill_;
  const absl::Duration silence_max_;
  Mutex mutex_;
  std::multiset<std::string> going_on_ ABSL_GUARDED_BY(mutex_);  // their request ids
  // The last upload that broke off and may go on, for some minutes and until another wants its place.
  std::unique_ptr<ImportUpload> broken_off_ ABSL_GUARDED_BY(mutex_);
  SteadyTime broke_off_at_ ABSL_GUARDED_BY(mutex_);
  CondVar wake_;
  CondVar ended_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread expiry_;  // last: it uses the others
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_IMPORT_H_
