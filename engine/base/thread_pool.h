// An Executor with a fixed number of threads; the calling thread works too.
#ifndef LAWINE_ENGINE_BASE_THREAD_POOL_H_
#define LAWINE_ENGINE_BASE_THREAD_POOL_H_

#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/mutex.h"

namespace lawine {

// Thread-safe. Calls of ParallelFor from several threads share the pool's threads; each caller works on its
// own batch, so progress never depends on a free pool thread. Tasks may call ParallelFor themselves.
class ThreadPool final : public Executor {
 public:
  // `threads_count` >= 1 includes the caller: a pool of 1 starts no thread.
  explicit ThreadPool(std::size_t threads_count);
  // REQUIRES: no ParallelFor in progress.
  ~ThreadPool() override;

  void ParallelFor(std::size_t count, const std::function<void(std::size_t)>& task) override;
  std::size_t parallelism() const override { return threads_.size() + 1; }

 private:
  struct Batch;
  void WorkerLoop();

  Mutex mutex_;
  CondVar work_ready_;
  std::deque<std::shared_ptr<Batch>> batches_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_THREAD_POOL_H_
