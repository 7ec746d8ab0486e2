// A disk on which the closing of a database takes as long as a test wants: a layer over another.
#ifndef LAWINE_TESTS_SERVICES_CLOSING_GATE_H_
#define LAWINE_TESTS_SERVICES_CLOSING_GATE_H_

#include <rocksdb/file_system.h>

#include <chrono>
#include <memory>
#include <utility>

#include "engine/base/mutex.h"

namespace lawine {

// Thread-safe.
class ClosingGate final : public rocksdb::FileSystemWrapper {
 public:
  explicit ClosingGate(std::shared_ptr<rocksdb::FileSystem> disk)
      : rocksdb::FileSystemWrapper(std::move(disk)) {}
  const char* Name() const override { return "ClosingGate"; }

  // Who closes a database waits where it lets go of its lock, until the gate is opened.
  void Close() {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  void Open() {
    MutexLock lock(mutex_);
    closed_ = false;
    changed_.NotifyAll();
  }
  // Waits until somebody waits there; false when nobody comes.
  bool AwaitSomebody() {
    MutexLock lock(mutex_);
    while (!waiting_ && changed_.WaitFor(mutex_, std::chrono::seconds(10))) continue;
    return waiting_;
  }

  rocksdb::IOStatus UnlockFile(rocksdb::FileLock* held, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    {
      MutexLock lock(mutex_);
      waiting_ = true;
      changed_.NotifyAll();
      while (closed_) changed_.Wait(mutex_);
      waiting_ = false;
    }
    return target()->UnlockFile(held, options, debug);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SERVICES_CLOSING_GATE_H_
