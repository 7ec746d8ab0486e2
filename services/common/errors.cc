#include "services/common/errors.h"

#include <google/protobuf/util/time_util.h>

#include <cstdint>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace lawine {
namespace {

constexpr char kFieldPayload[] = "lawine/field";
constexpr char kDescriptionPayload[] = "lawine/description";
constexpr char kReasonPayload[] = "lawine/reason";
constexpr char kRetryPayload[] = "lawine/retry";  // milliseconds

// gRPC's clients take 8 KiB of metadata. A message is in them twice, once with each byte that is not ASCII as
// three, and the rest once: in all about three quarters of that.
constexpr std::size_t kMessageBytesMax = 1'000;
constexpr std::size_t kPathBytesMax = 300;
static_assert(3 * kMessageBytesMax + 4 * (2 * kMessageBytesMax + kPathBytesMax) / 3 < 6'500);

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::string Payload(const absl::Status& status, const char* name) {
  const auto cord = status.GetPayload(name);
  return cord.has_value() ? std::string(*cord) : std::string();
}

// At most `bytes_max` of it, with "..." in the place of the rest; a letter of UTF-8 is whole or not there.
std::string Cut(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "...";
}

std::string DefaultReason(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case absl::StatusCode::kNotFound:
      return "NOT_FOUND";
    case absl::StatusCode::kAlreadyExists:
      return "ALREADY_EXISTS";
    case absl::StatusCode::kFailedPrecondition:
      return "WRONG_STATE";
    case absl::StatusCode::kResourceExhausted:
      return "LIMIT_REACHED";
    case absl::StatusCode::kUnavailable:
      return "WORKER_UNAVAILABLE";
    case absl::StatusCode::kDataLoss:
      return "DATA_DAMAGED";
    case absl::StatusCode::kDeadlineExceeded:
      return "TOO_SLOW";
    case absl::StatusCode::kCancelled:
      return "CANCELLED";
    case absl::StatusCode::kUnimplemented:
      return "UNKNOWN_CALL";
    case absl::StatusCode::kAborted:
      return "ABORTED";
    case absl::StatusCode::kOutOfRange:
      return "OUT_OF_RANGE";
    case absl::StatusCode::kUnauthenticated:
      return "UNAUTHENTICATED";
    case absl::StatusCode::kPermissionDenied:
      return "PERMISSION_DENIED";
    default:
      return "INTERNAL";
  }
}

}  // namespace

absl::Status FieldError(std::string_view path, std::string_view description) {
  return AboutField(path, absl::InvalidArgumentError(View(description)));
}

absl::Status AboutField(std::string_view path, const absl::Status& status) {
  const std::string description =
      FieldOf(status).empty() ? std::string(status.message()) : Payload(status, kDescriptionPayload);
  absl::Status about(status.code(), absl::StrCat(View(path), ": ", description));
  about.SetPayload(kFieldPayload, absl::Cord(View(path)));
  about.SetPayload(kDescriptionPayload, absl::Cord(description));
  return absl::IsInvalidArgument(status) ? WithReason(std::move(about), "INVALID_FIELD") : about;
}

absl::Status InPart(std::string_view prefix, const absl::Status& status) {
  const std::string field = FieldOf(status);
  return field.empty() ? status : AboutField(absl::StrCat(View(prefix), ".", field), status);
}

std::string FieldOf(const absl::Status& status) { return Payload(status, kFieldPayload); }

absl::Status OfCallersFile(const absl::Status& status) {
  return absl::IsDataLoss(status) ? absl::InvalidArgumentError(status.message()) : status;
}

absl::Status WithReason(absl::Status status, std::string_view reason) {
  status.SetPayload(kReasonPayload, absl::Cord(View(reason)));
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  const std::string reason = Payload(status, kReasonPayload);
  return reason.empty() ? DefaultReason(status.code()) : reason;
}

absl::Status WithRetry(absl::Status status, absl::Duration delay) {
  status.SetPayload(kRetryPayload, absl::Cord(absl::StrCat(absl::ToInt64Milliseconds(delay))));
  return status;
}

absl::Status StillGoingOn(std::string_view what) {
  constexpr absl::Duration kRetry = absl::Seconds(2);
  const absl::string_view of(what.data(), what.size());
  return WithRetry(WithReason(absl::AbortedError(absl::StrCat("an earlier call of ", of,
                                                              " is still going on: try again soon")),
                              "STILL_GOING_ON"),
                   kRetry);
}

absl::Status Busy(std::string_view why) {
  constexpr absl::Duration kRetry = absl::Seconds(10);
  return WithRetry(
      WithReason(absl::ResourceExhaustedError(absl::string_view(why.data(), why.size())), "BUSY"), kRetry);
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status rich;
  rich.set_code(static_cast<int>(status.code()));
  rich.set_message(Cut(std::string(status.message()), kMessageBytesMax));
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonOf(status));
  info.set_domain("lawine");
  rich.add_details()->PackFrom(info);
  if (const std::string field = Payload(status, kFieldPayload); !field.empty()) {
    google::rpc::BadRequest bad;
    auto* violation = bad.add_field_violations();
    violation->set_field(Cut(field, kPathBytesMax));
    violation->set_description(Cut(Payload(status, kDescriptionPayload), kMessageBytesMax));
    rich.add_details()->PackFrom(bad);
  }
  if (std::int64_t milliseconds = 0; absl::SimpleAtoi(Payload(status, kRetryPayload), &milliseconds)) {
    google::rpc::RetryInfo again;
    *again.mutable_retry_delay() = google::protobuf::util::TimeUtil::MillisecondsToDuration(milliseconds);
    rich.add_details()->PackFrom(again);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), rich.message(), rich.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details())) return result;
  for (const auto& detail : rich.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    google::rpc::RetryInfo again;
    if (detail.UnpackTo(&info)) result = WithReason(std::move(result), info.reason());
    if (detail.UnpackTo(&bad) && bad.field_violations_size() > 0) {
      result.SetPayload(kFieldPayload, absl::Cord(bad.field_violations(0).field()));
      result.SetPayload(kDescriptionPayload, absl::Cord(bad.field_violations(0).description()));
    }
    if (detail.UnpackTo(&again)) {
      result = WithRetry(
          std::move(result),
          absl::Milliseconds(google::protobuf::util::TimeUtil::DurationToMilliseconds(again.retry_delay())));
    }
  }
  return result;
}

grpc::Status WithRequestId(const grpc::Status& status, const std::string& request_id) {
  if (status.ok()) return status;
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details()) || rich.details().empty()) {
    rich.ParseFromString(
        ToGrpc(absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message()))
            .error_details());
  }
  google::rpc::RequestInfo request;
  request.set_request_id(request_id);
  rich.add_details()->PackFrom(request);
  return grpc::Status(status.error_code(), status.error_message(), rich.SerializeAsString());
}

std::vector<std::string> FieldViolations(const grpc::Status& status) {
  std::vector<std::string> lines;
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details())) return lines;
  for (const auto& detail : rich.details()) {
    google::rpc::BadRequest bad;
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) {
      lines.push_back(absl::StrCat(violation.field(), ": ", violation.description()));
    }
  }
  return lines;
}

}  // namespace lawine
