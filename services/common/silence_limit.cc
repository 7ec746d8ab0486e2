#include "services/common/silence_limit.h"

#include <grpc/grpc.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace lawine {

SilenceLimit::SilenceLimit(grpc::ServerContext& context, const std::string& advice,
                           absl::Duration silence_max)
    : context_(context),
      silence_max_(silence_max),
      message_(absl::StrCat("nothing has come for ", absl::ToDoubleSeconds(silence_max), " s: ", advice)),
      thread_([this] { Watch(); }) {}

SilenceLimit::~SilenceLimit() {
  {
    MutexLock lock(mutex_);
    over_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

absl::Status SilenceLimit::status() const {
  MutexLock lock(mutex_);
  return ended_ ? absl::DeadlineExceededError(message_) : absl::OkStatus();
}

// The watch need not be told: it looks again before any read that begins now can have lasted too long.
void SilenceLimit::BeginWaiting() {
  MutexLock lock(mutex_);
  wait_until_ = absl::Now() + silence_max_;
}

void SilenceLimit::EndWaiting() {
  MutexLock lock(mutex_);
  wait_until_ = absl::InfiniteFuture();
}

void SilenceLimit::Watch() {
  MutexLock lock(mutex_);
  while (!over_) {
    const absl::Duration left = std::min(wait_until_ - absl::Now(), silence_max_);
    if (left > absl::ZeroDuration()) {
      changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
      continue;
    }
    ended_ = true;
    spdlog::warn("a stream of {} was ended: {}", context_.peer(), message_);
    // ServerContext::TryCancel, but with a code and words of our own: a server sends them as the call's end.
    grpc_call_cancel_with_status(context_.c_call(), GRPC_STATUS_DEADLINE_EXCEEDED, message_.c_str(), nullptr);
    return;
  }
}

}  // namespace lawine
