#include "services/cli/connection/interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>

#include "absl/time/clock.h"
#include "services/cli/connection/exit_code.h"
#include "services/cli/connection/unfinished_file.h"
#include "services/common/rpc.h"

namespace lawine::cli {

// SIGUSR1 is the destructor's own way to wake the waiting thread.
Interrupt::Interrupt() {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  thread_ = std::thread([this] { Wait(); });
}

Interrupt::~Interrupt() {
  stopping_.store(true);
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
}

bool Interrupt::Sleep(absl::Duration time) const {
  constexpr absl::Duration kNap = absl::Milliseconds(50);
  for (; time > absl::ZeroDuration() && !raised(); time -= kNap) absl::SleepFor(std::min(time, kNap));
  return !raised();
}

void Interrupt::Wait() {
  while (true) {
    int signal = 0;
    sigwait(&signals_, &signal);
    if (stopping_.load()) return;
    if (raised_.exchange(true)) {
      RemoveUnfinishedFiles();
      _exit(static_cast<int>(ExitCode::kInterrupted));
    }
    MutexLock lock(mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }
}

void Interrupt::CancelOnSignal(grpc::ClientContext* context) {
  MutexLock lock(mutex_);
  context_ = context;
  if (raised()) context->TryCancel();
}

void Interrupt::Forget() {
  MutexLock lock(mutex_);
  context_ = nullptr;
}

CallScope::CallScope(Interrupt& interrupt, absl::Duration timeout) : interrupt_(interrupt) {
  SetDeadline(context_, timeout);
  interrupt_.CancelOnSignal(&context_);
}

CallScope::~CallScope() { interrupt_.Forget(); }

}  // namespace lawine::cli
