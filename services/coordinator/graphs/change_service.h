// What answers calls for changes, once they are let in: translate, call, translate. The contract is in
// proto/lawine/v1/changes.proto.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_CHANGE_SERVICE_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_CHANGE_SERVICE_H_

#include <atomic>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lawine/v1/changes.grpc.pb.h"
#include "services/common/silence_limit.h"
#include "services/common/work.h"
#include "services/coordinator/graphs/graph_changes.h"

namespace lawine {

// How long a stream of changes, which keeps a place, may be silent.
struct ChangeSilence {
  absl::Duration first = SilenceLimit::kSilenceMax;  // before its first batch
  absl::Duration between = absl::Minutes(10);        // two
};

class ChangeService final {
 public:
  using Stream = grpc::ServerReaderWriter<lawine::v1::ApplyChangesResponse, lawine::v1::ApplyChangesRequest>;

  explicit ChangeService(GraphChanges& changes, const ChangeSilence& silence = {})
      : changes_(changes), silence_(silence) {}
  // A stream works only while a batch is applied.
  grpc::Status ApplyChanges(const BeginWork& begin_work, grpc::ServerContext* context, Stream* stream);
  grpc::Status FoldChanges(grpc::ServerContext* context, const lawine::v1::FoldChangesRequest* request,
                           lawine::v1::FoldChangesResponse* response);

 private:
  static constexpr std::uint32_t kStreamsAtOnceMax = 256;

  absl::StatusOr<lawine::v1::ApplyChangesResponse> ApplyOne(const BeginWork& begin_work,
                                                            const grpc::ServerContext& context,
                                                            const lawine::v1::ApplyChangesRequest& request);
  absl::Status Apply(const BeginWork& begin_work, grpc::ServerContext& context, Stream& stream);

  GraphChanges& changes_;
  const ChangeSilence silence_;
  std::atomic<std::uint32_t> going_on_{0};
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_CHANGE_SERVICE_H_
