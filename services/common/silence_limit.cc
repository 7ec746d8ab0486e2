#include "services/common/silence_limit.h"

#include <grpc/grpc.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(50);

}  // namespace

SilenceLimit::SilenceLimit(grpc::ServerContext& context, const std::string& advice,
                           absl::Duration silence_max, absl::Duration unread_max)
    : context_(context), advice_(advice), silence_max_(silence_max), unread_max_(unread_max), thread_([this] {
        Watch();
      }) {}

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
  return ended_;
}

absl::Status SilenceLimit::WhyNothingCame(const std::string& part) const {
  const absl::Status silent = status();
  if (!silent.ok()) return silent;
  if (context_.IsCancelled()) return absl::CancelledError("the caller is gone");
  return FieldError("part", absl::StrCat("expected ", part, " first, found the end"));
}

// The watch need not be told: it looks again before what begins now can have lasted too long.
void SilenceLimit::BeginReading() {
  MutexLock lock(mutex_);
  read_until_ = SteadyNow() + silence_max_;
}

void SilenceLimit::EndReading() {
  MutexLock lock(mutex_);
  read_until_ = SteadyTime::Never();
}

void SilenceLimit::BeginWriting(const std::function<bool()>& wanted) {
  MutexLock lock(mutex_);
  written_until_ = SteadyNow() + unread_max_;
  wanted_ = wanted;
  if (wanted == nullptr || looks_often_) return;
  looks_often_ = true;
  changed_.NotifyAll();
}

void SilenceLimit::EndWriting() {
  MutexLock lock(mutex_);
  written_until_ = SteadyTime::Never();
  wanted_until_ = SteadyTime::Never();
  wanted_ = nullptr;
}

absl::Status SilenceLimit::Overdue() {
  const SteadyTime now = SteadyNow();
  if (wanted_until_ == SteadyTime::Never() && wanted_ != nullptr && wanted_()) {
    wanted_until_ = now + kWantedUnreadMax;
  }
  if (now >= read_until_) {
    return absl::DeadlineExceededError(
        absl::StrCat("nothing has come for ", absl::ToDoubleSeconds(silence_max_), " s: ", advice_));
  }
  if (now >= written_until_) {
    return absl::DeadlineExceededError(absl::StrCat("what was sent has not been read for ",
                                                    absl::ToDoubleSeconds(unread_max_),
                                                    " s: expected a caller that reads; repeat the call"));
  }
  if (now >= wanted_until_) {
    return absl::UnavailableError(
        absl::StrCat("others wait for what this call uses, and what was sent has not been read for ",
                     absl::ToDoubleSeconds(kWantedUnreadMax), " s: repeat the call, and read what comes"));
  }
  return absl::OkStatus();
}

absl::Duration SilenceLimit::LookAgainIn() const {
  if (looks_often_) return kLookEvery;
  const SteadyTime next = std::min(read_until_, written_until_);
  return std::min({next - SteadyNow(), silence_max_, unread_max_});
}

void SilenceLimit::Watch() {
  MutexLock lock(mutex_);
  while (!over_) {
    ended_ = Overdue();
    if (!ended_.ok()) break;
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(std::max(LookAgainIn(), absl::Milliseconds(1))));
  }
  if (ended_.ok()) return;
  const std::string message(ended_.message());
  spdlog::warn("a stream of {} was ended: {}", context_.peer(), message);
  // ServerContext::TryCancel, but with a code and words of our own: a server sends them as the call's end.
  grpc_call_cancel_with_status(context_.c_call(), static_cast<grpc_status_code>(ended_.code()),
                               message.c_str(), nullptr);
}

}  // namespace lawine
