// Where work runs. The engine starts no threads of its own: it is given an Executor.
#ifndef LAWINE_ENGINE_BASE_EXECUTOR_H_
#define LAWINE_ENGINE_BASE_EXECUTOR_H_

#include <cstddef>
#include <functional>

namespace lawine {

class Executor {
 public:
  virtual ~Executor() = default;
  // Calls task(i) once for every i < count, possibly at the same time on several threads, and returns when
  // all are done. Tasks are begun in ascending order: task i only when all before it have been begun, so that
  // it may wait for what they do. Tasks must not touch each other's data. May be called from several threads.
  virtual void ParallelFor(std::size_t count, const std::function<void(std::size_t)>& task) = 0;
  // How many tasks can make progress at once, at least 1. A hint for splitting work.
  virtual std::size_t parallelism() const = 0;
};

// Runs everything on the calling thread, in order.
class InlineExecutor final : public Executor {
 public:
  void ParallelFor(std::size_t count, const std::function<void(std::size_t)>& task) override {
    for (std::size_t i = 0; i < count; ++i) task(i);
  }
  std::size_t parallelism() const override { return 1; }
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_EXECUTOR_H_
