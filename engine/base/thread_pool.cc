#include "engine/base/thread_pool.h"

#include <algorithm>
#include <atomic>

namespace lawine {

// One ParallelFor call. Threads claim indices from `next`, in ascending order, and run what they have claimed
// before they claim another; the last one to finish wakes the caller.
struct ThreadPool::Batch {
  Batch(std::size_t n, const std::function<void(std::size_t)>& t) : count(n), task(t) {}

  // Runs tasks until none is left unclaimed.
  void Work() {
    std::size_t finished = 0;
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
      task(i);
      ++finished;
    }
    if (finished == 0) return;
    MutexLock lock(mutex);
    done += finished;
    if (done == count) all_done.NotifyAll();
  }

  const std::size_t count;
  const std::function<void(std::size_t)>& task;
  std::atomic<std::size_t> next{0};
  Mutex mutex;
  CondVar all_done;
  std::size_t done ABSL_GUARDED_BY(mutex) = 0;
};

ThreadPool::ThreadPool(std::size_t threads_count) {
  for (std::size_t i = 1; i < threads_count; ++i) threads_.emplace_back([this] { WorkerLoop(); });
}

ThreadPool::~ThreadPool() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  work_ready_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::ParallelFor(std::size_t count, const std::function<void(std::size_t)>& task) {
  if (count == 0) return;
  if (count == 1 || threads_.empty()) {
    for (std::size_t i = 0; i < count; ++i) task(i);
    return;
  }
  const auto batch = std::make_shared<Batch>(count, task);
  {
    MutexLock lock(mutex_);
    batches_.push_back(batch);
  }
  work_ready_.NotifyAll();
  batch->Work();
  {
    MutexLock lock(mutex_);
    std::erase(batches_, batch);
  }
  MutexLock lock(batch->mutex);
  while (batch->done < count) batch->all_done.Wait(batch->mutex);
}

void ThreadPool::WorkerLoop() {
  for (;;) {
    std::shared_ptr<Batch> batch;
    {
      MutexLock lock(mutex_);
      while (batches_.empty() && !stopping_) work_ready_.Wait(mutex_);
      if (stopping_) return;
      batch = batches_.front();
    }
    batch->Work();
    MutexLock lock(mutex_);
    std::erase(batches_, batch);
  }
}

}  // namespace lawine
