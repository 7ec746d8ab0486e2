#include "services/coordinator/statistics/precision.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/statistics/ensemble.h"
#include "services/coordinator/statistics/statistics.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

}  // namespace

absl::Status CompletePrecision(pb::Scenario& scenario) {
  if (!scenario.has_until_precision()) return absl::OkStatus();
  pb::UntilPrecision& wanted = *scenario.mutable_until_precision();
  if (wanted.measure().empty()) wanted.set_measure("reach");
  LAWINE_RETURN_IF_ERROR(CheckMeasure("until_precision.measure", wanted.measure()));
  if (wanted.target_case() == pb::UntilPrecision::TARGET_NOT_SET) {
    return FieldError("until_precision", "expected relative_half_width or half_width in it, found none");
  }
  const double share = wanted.relative_half_width();
  if (wanted.has_relative_half_width() && !(share > 0 && share < 1)) {
    return FieldError("until_precision.relative_half_width",
                      absl::StrCat("expected more than 0 and less than 1, found ", share));
  }
  if (wanted.has_half_width() && !(wanted.half_width() > 0 && std::isfinite(wanted.half_width()))) {
    return FieldError("until_precision.half_width",
                      absl::StrCat("expected more than 0, found ", wanted.half_width()));
  }
  const std::uint32_t first = std::min(scenario.first_replica(), limits::kReplicasMax - kFirstLook);
  if (!scenario.has_replicas()) scenario.set_replicas(limits::kReplicasMax - first);
  if (scenario.replicas() >= kFirstLook) return absl::OkStatus();
  return FieldError("replicas", absl::StrCat("expected at least ", kFirstLook,
                                             " beside until_precision, found ", scenario.replicas()));
}

pb::EnsemblePrecision PrecisionOf(std::span<const LaneOutcome> lanes, const pb::UntilPrecision& wanted,
                                  bool coins) {
  const std::vector<double> values = ValuesOf(lanes, MeasureOf(wanted.measure()));
  const Moments moments = MomentsOf(values);
  const auto count = static_cast<double>(values.size());
  const double half_width = StudentT975(values.size() - 1) * std::sqrt(moments.variance / count);
  pb::EnsemblePrecision precision;
  precision.set_measure(wanted.measure());
  precision.set_half_width(half_width);
  if (moments.mean > 0) precision.set_relative_half_width(half_width / moments.mean);
  precision.set_met(
      IsPrecise(half_width, moments.mean, static_cast<std::uint32_t>(lanes.size()), coins, wanted));
  if (!wanted.message().empty()) precision.set_message(wanted.message());
  return precision;
}

bool IsPrecise(double half_width, double mean, std::uint32_t replicas, bool coins,
               const pb::UntilPrecision& wanted) {
  if (half_width == 0 && coins) {
    const double width_of_mean = mean > 0 ? wanted.half_width() / mean : 0;
    return 3.0 / replicas <= (wanted.has_half_width() ? width_of_mean : wanted.relative_half_width());
  }
  return half_width <= (wanted.has_half_width() ? wanted.half_width() : wanted.relative_half_width() * mean);
}

std::string AlikeText(std::uint32_t replicas) {
  return absl::StrCat("Nothing varied in ", replicas, " replicas: outcomes rarer than 3 in ", replicas,
                      " may not have come.");
}

std::uint32_t NextLook(std::uint32_t replicas, std::uint32_t most) {
  std::uint32_t look = kFirstLook;
  while (look <= replicas) look *= 2;
  return std::min(look, most);
}

}  // namespace lawine
