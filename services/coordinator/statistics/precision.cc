#include "services/coordinator/statistics/precision.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/statistics/ensemble.h"
#include "services/coordinator/statistics/statistics.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

// By how many values differ: see FewDiffer.
constexpr std::array<double, kDifferingMin> kAtMost = {3, 4.74, 6.3, 7.75, 9.15};

std::size_t MostCommonCount(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  std::size_t most = 0;
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto end = std::upper_bound(first, sorted.end(), *first);
    most = std::max(most, static_cast<std::size_t>(end - first));
    first = end;
  }
  return most;
}

// None where nothing bounds it.
std::optional<double> MostOf(const Measure& measure, const PossibleReplicas& possible) {
  const auto members = static_cast<double>(possible.members);
  switch (measure.bound) {
    case MeasureBound::kMembers:
      return members;
    case MeasureBound::kMembersOnce:
      if (possible.forward_once) return members;
      break;
    case MeasureBound::kMillion:
      return 1'000'000;
    case MeasureBound::kNone:
      break;
  }
  return std::nullopt;
}

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

std::optional<FewDiffer> FewDifferIn(std::span<const double> values, const Measure& measure,
                                     const PossibleReplicas& possible, bool differences) {
  LAWINE_CHECK(values.size() >= 2);
  if (!possible.coins) return std::nullopt;
  const std::size_t alike = MostCommonCount(values);
  const std::size_t differing = values.size() - alike;
  if (differing >= kDifferingMin || differing >= alike) return std::nullopt;
  const auto count = static_cast<double>(values.size());
  FewDiffer few{.differing = static_cast<std::uint32_t>(differing),
                .at_most = std::min(kAtMost[differing], count)};
  if (const std::optional<double> most = MostOf(measure, possible)) {
    const double mean = MomentsOf(values).mean;
    const double least = differences ? -*most : 0;
    few.half_width = few.at_most / count * std::max(*most - mean, mean - least);
  }
  return few;
}

std::string FewDifferText(const FewDiffer& few, const std::string& what, std::uint32_t replicas) {
  if (few.differing == 0) {
    return absl::StrCat("In all ", replicas, " replicas ", what, " is the same: outcomes rarer than ",
                        few.at_most, " in ", replicas, " may not have come.");
  }
  return absl::StrCat("In all but ", few.differing, " of ", replicas, " replicas ", what,
                      " is the same: too few differ for an interval, and others may be as many as ",
                      few.at_most, " in ", replicas, ".");
}

pb::EnsemblePrecision PrecisionOf(std::span<const LaneOutcome> lanes, const pb::UntilPrecision& wanted,
                                  const PossibleReplicas& possible) {
  const Measure& measure = MeasureOf(wanted.measure());
  const std::vector<double> values = ValuesOf(lanes, measure);
  const Moments moments = MomentsOf(values);
  const auto count = static_cast<double>(values.size());
  double half_width = StudentT975(values.size() - 1) * std::sqrt(moments.variance / count);
  const std::optional<FewDiffer> few = FewDifferIn(values, measure, possible);
  pb::EnsemblePrecision precision;
  precision.set_measure(wanted.measure());
  if (few.has_value()) {
    const auto replicas = static_cast<std::uint32_t>(lanes.size());
    precision.set_remark(FewDifferText(*few, wanted.measure(), replicas));
    half_width = std::max(half_width, few->half_width.value_or(0));
  }
  precision.set_half_width(half_width);
  if (moments.mean > 0) precision.set_relative_half_width(half_width / moments.mean);
  const bool bounded = !few.has_value() || few->half_width.has_value();
  precision.set_met(bounded && IsPrecise(half_width, moments.mean, wanted));
  if (!wanted.message().empty()) precision.set_message(wanted.message());
  return precision;
}

bool IsPrecise(double half_width, double mean, const pb::UntilPrecision& wanted) {
  return half_width <= (wanted.has_half_width() ? wanted.half_width() : wanted.relative_half_width() * mean);
}

std::uint32_t NextLook(std::uint32_t replicas, std::uint32_t most) {
  std::uint32_t look = kFirstLook;
  while (look <= replicas) look *= 2;
  return std::min(look, most);
}

}  // namespace lawine
