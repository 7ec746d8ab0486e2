// A disk on which the closing of a database takes as long as a test wants: a layer over another.
#ifndef LAWINE_TESTS_SERVICES_CLOSING_GATE_H_
#define LAWINE_TESTS_SERVICES_CLOSING_GATE_H_

#include <rocksdb/file_system.h>

#include <memory>
#include <utility>

#include "tests/support/waiting_gate.h"

namespace lawine {

// Thread-safe.
class ClosingGate final : public rocksdb::FileSystemWrapper {
 public:
  explicit ClosingGate(std::shared_ptr<rocksdb::FileSystem> disk)
      : rocksdb::FileSystemWrapper(std::move(disk)) {}
  const char* Name() const override { return "ClosingGate"; }

  // Who closes a database waits where it lets go of its lock, until the gate is opened.
  void Close() { gate_.Close(); }
  void Open() { gate_.Open(); }
  bool AwaitSomebody() { return gate_.AwaitSomebody(); }

  rocksdb::IOStatus UnlockFile(rocksdb::FileLock* held, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    gate_.Pass();
    return target()->UnlockFile(held, options, debug);
  }

 private:
  WaitingGate gate_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SERVICES_CLOSING_GATE_H_
