// Workers that say where they are, but do not answer there.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_UNREACHED_WORKERS_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_UNREACHED_WORKERS_H_

#include <grpcpp/security/credentials.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lawine/internal/v1/worker.pb.h"
#include "lawine/v1/cluster.pb.h"
#include "services/common/steady_time.h"

namespace lawine {

// FAILED_PRECONDITION, with what to do, unless the process that says `request` answers at its address within
// seconds. `credentials` as of calls to workers.
absl::Status AskWhoAnswers(const internal::v1::RegisterRequest& request,
                           const std::shared_ptr<grpc::ChannelCredentials>& credentials);

// Those that were heard of lately. One thread at a time.
class UnreachedWorkers {
 public:
  // What AskWhoAnswers said. Forgets those that were not heard of since `since`.
  void Note(const internal::v1::RegisterRequest& request, const absl::Status& answered, SteadyTime since);
  // As problems of workers in `all`, or beside them as workers that are not alive.
  void AddTo(std::vector<lawine::v1::WorkerStatus>& all, SteadyTime since) const;

 private:
  struct Worker {
    std::string address;
    std::string problem;
    SteadyTime heard;
  };
  std::map<std::string, Worker> workers_;  // by node id
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_UNREACHED_WORKERS_H_
