// Ctrl-C: ends the call in progress instead of the process, so that the command can say how things stand.
#ifndef LAWINE_SERVICES_CLI_CONNECTION_INTERRUPT_H_
#define LAWINE_SERVICES_CLI_CONNECTION_INTERRUPT_H_

#include <grpcpp/client_context.h>
#include <signal.h>

#include <atomic>
#include <thread>

#include "absl/time/time.h"
#include "engine/base/mutex.h"

namespace lawine::cli {

// Make one, before any other thread is started. Blocks SIGINT and SIGTERM in the calling thread. The second
// of them ends the process at once. Thread-safe.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool raised() const { return raised_.load(); }
  // Sleeps, but not on after an interrupt. True when the whole time has passed.
  bool Sleep(absl::Duration time) const;

 private:
  friend class CallScope;
  void Wait();
  void CancelOnSignal(grpc::ClientContext* context);
  void Forget();

  sigset_t signals_;
  std::atomic<bool> raised_{false};
  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::thread thread_;
};

// The context of one call, with its deadline, cancelled by an interrupt.
class CallScope {
 public:
  CallScope(Interrupt& interrupt, absl::Duration timeout);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  grpc::ClientContext& context() { return context_; }

 private:
  Interrupt& interrupt_;
  grpc::ClientContext context_;
};

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_CONNECTION_INTERRUPT_H_
