#include "services/coordinator/access/failure_log.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/log.h"

namespace lawine {
namespace {

constexpr std::size_t kMessageBytesMax = 500;

// As one line of the log: callers' words may be part of it.
std::string Line(const std::string& message) {
  std::string line = message.substr(0, kMessageBytesMax);
  std::replace_if(
      line.begin(), line.end(), [](unsigned char letter) { return letter < ' '; }, ' ');
  return line;
}

// A fault of the cluster's, not of the caller's.
bool IsFault(grpc::StatusCode code) {
  return code == grpc::StatusCode::INTERNAL || code == grpc::StatusCode::DATA_LOSS ||
         code == grpc::StatusCode::UNKNOWN;
}

}  // namespace

void FailureLog::Note(const Call& call, const grpc::Status& status) {
  if (status.ok() || status.error_code() == grpc::StatusCode::CANCELLED) return;
  std::uint64_t untold = 0;
  if (!MayTell(untold)) return;
  const std::string code = absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code()));
  const std::string more = untold == 0 ? "" : absl::StrCat(" (before it ", untold, " more that failed)");
  spdlog::log(IsFault(status.error_code()) ? spdlog::level::err : spdlog::level::info,
              "{} failed: {}: {}{}{}", call.method, code, Line(status.error_message()), more,
              LogFields({{"request", call.request_id}, {"owner", call.owner}, {"code", code}}));
}

bool FailureLog::MayTell(std::uint64_t& untold) {
  const SteadyTime now = SteadyNow();
  MutexLock lock(mutex_);
  if (now - second_ >= absl::Seconds(1)) {
    second_ = now;
    lines_ = 0;
  }
  if (lines_ == kLinesMax) {
    ++untold_;
    return false;
  }
  ++lines_;
  untold = std::exchange(untold_, 0);
  return true;
}

}  // namespace lawine
