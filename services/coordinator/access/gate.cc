#include "services/coordinator/access/gate.h"

#include <algorithm>
#include <atomic>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

constexpr absl::Duration kBusyRetry = absl::Seconds(1);
constexpr absl::Duration kStoppingRetry = absl::Seconds(2);

// Empty when the caller has not sent it.
std::string_view Header(const grpc::ServerContext& context, const char* name) {
  const auto& headers = context.client_metadata();
  const auto it = headers.find(name);
  return it == headers.end() ? std::string_view() : std::string_view(it->second.data(), it->second.size());
}

// The caller's, if it can stand in a log.
std::string RequestId(const grpc::ServerContext& context) {
  static std::atomic<std::uint64_t> count{static_cast<std::uint64_t>(absl::ToUnixNanos(absl::Now()))};
  const std::string_view given = Header(context, "x-request-id");
  const bool good =
      !given.empty() && given.size() <= limits::kRequestIdBytesMax &&
      std::all_of(given.begin(), given.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
      });
  return good ? std::string(given) : absl::StrCat("c-", absl::Hex(++count));
}

}  // namespace

absl::StatusOr<Token> Gate::TokenOf(const grpc::ServerContext& context) const {
  constexpr std::string_view kScheme = "bearer ";
  std::string_view given = Header(context, "authorization");
  if (given.size() < kScheme.size() ||
      !absl::EqualsIgnoreCase({given.data(), kScheme.size()}, {kScheme.data(), kScheme.size()})) {
    return WithReason(
        absl::UnauthenticatedError("this call needs a token: send the header 'authorization: Bearer "
                                   "TOKEN' (lawine: --token-file)"),
        "TOKEN_MISSING");
  }
  given.remove_prefix(kScheme.size());
  if (auto token = tokens_->Find(given); token.has_value()) return *std::move(token);
  return WithReason(
      absl::UnauthenticatedError("nobody has this token: ask the operator of the cluster for one, or "
                                 "look whether its line is still in the tokens file"),
      "TOKEN_UNKNOWN");
}

absl::Status Gate::CheckOpen() const {
  if (!closed_) return absl::OkStatus();
  return WithRetry(WithReason(absl::UnavailableError("the coordinator is stopping and begins nothing: call "
                                                     "again when it is back"),
                              "DRAINING"),
                   kStoppingRetry);
}

absl::StatusOr<Work> Gate::BeginWork(const Token& token) {
  MutexLock lock(mutex_);
  LAWINE_RETURN_IF_ERROR(CheckOpen());  // with the lock, or it could begin after WaitIdle saw that none does
  const std::uint32_t of_owner = working_.Of(token.name);
  if (token.runs_at_once > 0 && of_owner >= token.runs_at_once) {
    return WithRetry(
        WithReason(absl::ResourceExhaustedError(absl::StrCat(
                       "token '", token.name, "' has ", of_owner,
                       " calls at work, as many as it may: wait for one, or call CreateRun, which queues")),
                   "RUN_QUOTA"),
        kBusyRetry);
  }
  working_.Add(token.name);
  return Work([this, owner = token.name] { EndWork(owner); });
}

void Gate::EndWork(const std::string& owner) {
  MutexLock lock(mutex_);
  working_.Remove(owner);
  if (working_.all() == 0) changed_.NotifyAll();
}

absl::Status Gate::BeginStream(const std::string& owner) {
  MutexLock lock(mutex_);
  const std::uint32_t of_owner = streams_.Of(owner);
  const bool too_many_of_owner = tokens_ != nullptr && of_owner >= kStreamsOfTokenMax;
  if (too_many_of_owner || streams_.all() >= kStreamsMax) {
    const std::string whose = too_many_of_owner ? absl::StrCat("token '", owner, "' has ", of_owner)
                                                : absl::StrCat("the coordinator has ", streams_.all());
    return Busy(absl::StrCat(whose, " streams open, as many as there may be: end one, or call again later"));
  }
  streams_.Add(owner);
  return absl::OkStatus();
}

void Gate::EndStream(const std::string& owner) {
  MutexLock lock(mutex_);
  streams_.Remove(owner);
}

bool Gate::WaitIdle(absl::Time end) {
  MutexLock lock(mutex_);
  for (absl::Duration left = end - absl::Now(); working_.all() > 0 && left > absl::ZeroDuration();
       left = end - absl::Now()) {
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
  }
  return working_.all() == 0;
}

Gate::Call::Call(Gate& gate, grpc::ServerContext& context, const Rule& rule, bool streams)
    : gate_(gate), context_(context), rule_(rule), began_(absl::Now()), wants_stream_(streams) {
  caller_.request_id = RequestId(context);
  context.AddTrailingMetadata("x-request-id", caller_.request_id);
  gate_.metrics_.Began(rule.method);
}

Gate::Call::~Call() {
  work_.reset();
  if (streams_) gate_.EndStream(caller_.owner);
  const std::string code = absl::StatusCodeToString(static_cast<absl::StatusCode>(code_));
  gate_.metrics_.Ended(rule_.method, code, absl::Now() - began_);
}

absl::Status Gate::Call::Admit() {
  Token token{.name = "", .role = Role::kAdmin, .sha256 = ""};
  if (gate_.tokens_ != nullptr) {
    LAWINE_ASSIGN_OR_RETURN(token, gate_.TokenOf(context_));
    caller_.owner = token.name;
    if (token.role < rule_.role) {
      return WithReason(
          absl::PermissionDeniedError(absl::StrCat(
              "token '", token.name, "' has the role ", std::string(RoleWord(token.role)), "; ", rule_.method,
              " needs ", std::string(RoleWord(rule_.role)), ": use another token")),
          "ROLE_TOO_LOW");
    }
    if (const absl::Duration wait = gate_.tokens_->TakeRequest(token, began_); wait > absl::ZeroDuration()) {
      return WithRetry(WithReason(absl::ResourceExhaustedError(absl::StrCat(
                                      "token '", token.name, "' may call ", token.requests_per_second,
                                      " times a second: call again later")),
                                  "RATE_LIMITED"),
                       wait);
    }
  }
  if (wants_stream_) {
    LAWINE_RETURN_IF_ERROR(gate_.BeginStream(caller_.owner));
    streams_ = true;
  }
  if (rule_.kind == Rule::Kind::kAnswers) return absl::OkStatus();
  {
    MutexLock lock(gate_.mutex_);
    LAWINE_RETURN_IF_ERROR(gate_.CheckOpen());
  }
  caller_.begin_work = [this, token] { return gate_.BeginWork(token); };
  if (rule_.kind == Rule::Kind::kBegins) return absl::OkStatus();
  LAWINE_ASSIGN_OR_RETURN(Work work, gate_.BeginWork(token));
  work_.emplace(std::move(work));
  return absl::OkStatus();
}

grpc::Status Gate::Call::Refuse(const absl::Status& status) {
  gate_.metrics_.Refused(ReasonOf(status));
  return End(ToGrpc(status));
}

grpc::Status Gate::Call::End(const grpc::Status& status) {
  code_ = status.error_code();
  gate_.failures_.Note({.method = rule_.method, .owner = caller_.owner, .request_id = caller_.request_id},
                       status);
  return WithRequestId(status, caller_.request_id);
}

}  // namespace lawine
