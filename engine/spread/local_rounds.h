// Workers' machines in one process, side by side.
#ifndef LAWINE_ENGINE_SPREAD_LOCAL_ROUNDS_H_
#define LAWINE_ENGINE_SPREAD_LOCAL_ROUNDS_H_

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "engine/base/status_macros.h"

namespace lawine {

// `make(w, send)` makes the machine of worker w; what it sends reaches all others. Machines take turns side
// by side; none waits for another within a round.
template <class Machine>
class LocalRounds {
 public:
  using Send = std::function<void(std::string frame)>;
  using Make = std::function<std::unique_ptr<Machine>(std::size_t worker, Send send)>;

  LocalRounds(std::size_t workers_count, const Make& make) : statuses_(workers_count) {
    machines_.resize(workers_count);
    for (std::size_t from = 0; from < workers_count; ++from) {
      machines_[from] = make(from, [this, from](std::string frame) {
        for (std::size_t to = 0; to < machines_.size(); ++to) {
          if (to != from && statuses_[from].ok()) statuses_[from] = machines_[to]->Receive(frame);
        }
      });
    }
  }
  // Machines send through it.
  LocalRounds(const LocalRounds&) = delete;
  LocalRounds& operator=(const LocalRounds&) = delete;

  template <class Turn>
  absl::Status Round(Executor& executor, Turn&& turn) {
    executor.ParallelFor(machines_.size(), [&](std::size_t w) {
      absl::Status status = turn(*machines_[w]);
      if (!status.ok()) statuses_[w] = std::move(status);
    });
    for (const absl::Status& status : statuses_) LAWINE_RETURN_IF_ERROR(status);
    return absl::OkStatus();
  }
  // INTERNAL when some are not done, and none can go on.
  absl::Status RunUntilDone(Executor& executor) {
    const auto done = [](const auto& machine) { return machine->done(); };
    const auto ready = [](const auto& machine) { return machine->Ready(); };
    while (!std::all_of(machines_.begin(), machines_.end(), done)) {
      if (std::none_of(machines_.begin(), machines_.end(), ready)) {
        return absl::InternalError("no worker can go on: each waits for frames that nobody will send");
      }
      LAWINE_RETURN_IF_ERROR(Round(executor, [&executor](Machine& machine) {
        return machine.Ready() ? machine.Advance(executor) : absl::OkStatus();
      }));
    }
    return absl::OkStatus();
  }

  const std::vector<std::unique_ptr<Machine>>& machines() const { return machines_; }

 private:
  std::vector<std::unique_ptr<Machine>> machines_;
  std::vector<absl::Status> statuses_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_LOCAL_ROUNDS_H_
