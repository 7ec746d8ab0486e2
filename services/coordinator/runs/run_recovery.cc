#include "services/coordinator/runs/run_recovery.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lawine {
namespace {

constexpr absl::Duration kWaitMin = absl::Milliseconds(50);
constexpr absl::Duration kWaitMax = absl::Milliseconds(800);

absl::Status WithWords(const absl::Status& failure, const std::string& words) {
  // CANCELLED is for runs that were to end.
  const absl::StatusCode code = absl::IsCancelled(failure) ? absl::StatusCode::kUnavailable : failure.code();
  absl::Status told(code, absl::StrCat(failure.message(), "; ", words));
  failure.ForEachPayload(
      [&told](absl::string_view name, const absl::Cord& payload) { told.SetPayload(name, payload); });
  return told;
}

}  // namespace

// A connection that breaks may also be told as UNKNOWN, a worker that stops in order as CANCELLED.
bool IsLoss(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsCancelled(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsUnknown(status);
}

void Recovery::Started() {
  ++attempts_;
  going_on_ = true;
  since_.reset();
}

void Recovery::Interrupted() {
  if (std::exchange(going_on_, false)) --attempts_;
  since_.reset();
}

absl::Status Recovery::Lost(const absl::Status& failure, bool further, SteadyTime now) {
  going_on_ = false;
  if (!IsLoss(failure)) return failure;
  if (further) attempts_ = 1;
  wait_ = since_.has_value() ? std::min(2 * wait_, kWaitMax) : kWaitMin;
  if (!since_.has_value()) {
    since_ = now;
    first_ = failure;
  }
  if (attempts_ >= options_.attempts_max) {
    return WithWords(failure, absl::StrCat("the run was begun ", attempts_,
                                           " times without getting further: see the workers' logs"));
  }
  if (now - *since_ < options_.recover_within) return absl::OkStatus();
  // What was lost tells more than what was missing in the end.
  const std::string end = failure == first_ ? "" : absl::StrCat(", and then: ", failure.message());
  return WithWords(first_, absl::StrCat("waited ", absl::FormatDuration(options_.recover_within),
                                        " for workers to come back", end));
}

}  // namespace lawine
