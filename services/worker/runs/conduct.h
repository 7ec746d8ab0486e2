// A worker's part in a run or in traffic, from plan to outcome: the worker's side of ConductRun and
// ConductTraffic.
#ifndef LAWINE_SERVICES_WORKER_RUNS_CONDUCT_H_
#define LAWINE_SERVICES_WORKER_RUNS_CONDUCT_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/worker/runs/peer_links.h"
#include "services/worker/runs/run_host.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

using ConductStream =
    grpc::ServerReaderWriter<internal::v1::ConductRunResponse, internal::v1::ConductRunRequest>;

using ConductTrafficStream =
    grpc::ServerReaderWriter<internal::v1::ConductTrafficResponse, internal::v1::ConductTrafficRequest>;

// Each serves one call, on the calling thread. Returns when the run is over here, failed, or cancelled by the
// coordinator. `incarnation`: which process of the worker this is; UNAVAILABLE when the plan is for another.
absl::Status Conduct(std::uint64_t incarnation, ShardHost& shards, RunHost& runs, PeerLinks& peers,
                     Executor& executor, grpc::ServerContext& context, ConductStream& stream);
absl::Status ConductTraffic(std::uint64_t incarnation, ShardHost& shards, RunHost& runs, PeerLinks& peers,
                            Executor& executor, grpc::ServerContext& context, ConductTrafficStream& stream);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_CONDUCT_H_
