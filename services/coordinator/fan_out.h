// The same question to several workers at once.
#ifndef LAWINE_SERVICES_COORDINATOR_FAN_OUT_H_
#define LAWINE_SERVICES_COORDINATOR_FAN_OUT_H_

#include <functional>
#include <future>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/status_macros.h"
#include "services/coordinator/worker_directory.h"

namespace lawine {

// Calls ask(worker index) for all workers at the same time and waits for all. Returns the failure of the
// first worker that has one; WorkerHandle::Said names it.
inline absl::Status AskAll(std::span<const WorkerHandle> workers,
                           const std::function<absl::Status(std::size_t)>& ask) {
  std::vector<std::future<absl::Status>> others;
  for (std::size_t w = 1; w < workers.size(); ++w) others.push_back(std::async(std::launch::async, ask, w));
  std::vector<absl::Status> statuses;
  statuses.push_back(workers.empty() ? absl::OkStatus() : ask(0));
  for (auto& other : others) statuses.push_back(other.get());
  for (const absl::Status& status : statuses) LAWINE_RETURN_IF_ERROR(status);
  return absl::OkStatus();
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_FAN_OUT_H_
