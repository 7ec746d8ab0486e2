#include "services/worker/registration.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "services/common/rpc.h"
#include "services/common/tls_probe.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
constexpr absl::Duration kRetryEvery = absl::Milliseconds(200);
constexpr absl::Duration kRegisterTimeout = absl::Seconds(5);
constexpr absl::Duration kExplainEvery = absl::Seconds(5);
constexpr absl::Duration kExplainTimeout = absl::Seconds(2);

bool Refused(const absl::Status& status) {
  return absl::IsPermissionDenied(status) || absl::IsFailedPrecondition(status);
}

}  // namespace

Registration::Registration(std::string coordinator, std::shared_ptr<Certificates> certificates,
                           CoordinatorWatch& watch, std::function<pbi::RegisterRequest()> say)
    : coordinator_(std::move(coordinator)),
      certificates_(std::move(certificates)),
      watch_(watch),
      say_(std::move(say)),
      thread_([this] { Run(); }) {}

void Registration::Stop() {
  MutexLock lock(mutex_);
  stopping_ = true;
  if (calling_ != nullptr) calling_->TryCancel();
  wake_.NotifyAll();
}

void Registration::Join() {
  Stop();
  MutexLock lock(joining_);
  if (thread_.joinable()) thread_.join();
}

bool Registration::connected() const {
  MutexLock lock(mutex_);
  return connected_;
}

absl::Status Registration::Refusal() const {
  MutexLock lock(mutex_);
  if (Refused(last_)) return last_;
  if (strange_.empty() || strange_before_.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(strange_, ": use the right volume, or an empty one, or delete the graph"));
}

void Registration::Run() {
  const auto channel =
      OpenChannel(coordinator_, certificates_ == nullptr ? nullptr : certificates_->ForChannels());
  const auto stub = pbi::RegistryService::NewStub(channel);
  for (absl::Duration pause = absl::ZeroDuration(); Sleep(pause);) {
    grpc::ClientContext context;
    SetDeadline(context, kRegisterTimeout);
    pbi::RegisterResponse response;
    const pbi::RegisterRequest request = say_();
    if (!BeginCall(context)) return;
    const grpc::Status status = stub->Register(&context, request, &response);
    if (!EndCall()) return;
    Heard(status, response);
    pause = status.ok() ? absl::Milliseconds(response.heartbeat_milliseconds()) : kRetryEvery;
  }
}

bool Registration::BeginCall(grpc::ClientContext& context) {
  MutexLock lock(mutex_);
  if (!stopping_) calling_ = &context;
  return !stopping_;
}

bool Registration::EndCall() {
  MutexLock lock(mutex_);
  calling_ = nullptr;
  return !stopping_;
}

// Tells changes only.
void Registration::Heard(const grpc::Status& status, const pbi::RegisterResponse& response) {
  const absl::Status heard = Explained(status);
  TellWatch(heard);
  MutexLock lock(mutex_);
  const bool known = heard.ok() == connected_ && (heard.ok() || heard.code() == last_.code());
  connected_ = heard.ok();
  last_ = heard;
  if (heard.ok()) {
    strange_before_ = std::exchange(strange_, absl::StrJoin(response.strange_shards(), "; "));
    if (!strange_.empty() && strange_before_.empty()) spdlog::warn("{}", strange_);
  }
  if (known) return;
  if (heard.ok()) spdlog::info("registered with coordinator {}", coordinator_);
  if (!heard.ok()) spdlog::warn("coordinator {}: {}", coordinator_, std::string(heard.message()));
}

// One that refuses this worker is there all the same.
void Registration::TellWatch(const absl::Status& heard) {
  if (heard.ok()) return watch_.Heard(absl::Now());
  if (Refused(heard)) return;
  if (const std::size_t calls = watch_.Missed(absl::Now()); calls > 0) {
    spdlog::warn("coordinator {} has said nothing for longer than {}: ends the {} calls it has begun here",
                 coordinator_, absl::FormatDuration(CoordinatorWatch::kSilentMax), calls);
  }
}

absl::Status Registration::Explained(const grpc::Status& status) {
  if (status.ok()) {
    why_ = absl::OkStatus();
    return why_;
  }
  if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) {
    return absl::FailedPreconditionError(status.error_message());
  }
  if (certificates_ != nullptr && absl::Now() - explained_ > kExplainEvery) {
    explained_ = absl::Now();
    why_ = ProbeTls(coordinator_, "", certificates_->texts(), kExplainTimeout);
    if (absl::IsPermissionDenied(why_)) {
      why_ = absl::PermissionDeniedError(absl::StrCat(why_.message(), ": this worker does not join until ",
                                                      certificates_->files().certificate, " or ",
                                                      certificates_->files().ca, " is replaced"));
    }
  }
  return absl::IsPermissionDenied(why_) ? why_ : absl::UnavailableError(status.error_message());
}

// False when it is time to stop.
bool Registration::Sleep(absl::Duration time) {
  MutexLock lock(mutex_);
  if (!stopping_ && time > absl::ZeroDuration()) wake_.WaitFor(mutex_, absl::ToChronoNanoseconds(time));
  return !stopping_;
}

}  // namespace lawine
