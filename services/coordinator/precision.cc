#include "services/coordinator/precision.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/comparison_plan.h"
#include "services/coordinator/ensemble.h"
#include "services/coordinator/statistics.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint32_t kFirstLook = 32;

// Adds the replicas that follow.
void Append(ConductOutcome part, ConductOutcome& whole) {
  whole.steps.resize(part.steps.size());
  for (std::size_t m = 0; m < part.steps.size(); ++m) {
    for (const StepCounts& counts : part.steps[m]) AddTo(counts, whole.steps[m]);
  }
  whole.lanes.insert(whole.lanes.end(), part.lanes.begin(), part.lanes.end());
  std::move(part.kept_steps.begin(), part.kept_steps.end(), std::back_inserter(whole.kept_steps));
  whole.groups.resize(part.groups.size());
  for (std::size_t m = 0; m < part.groups.size(); ++m) AddTo(part.groups[m], whole.groups[m]);
  whole.load_seconds += part.load_seconds;
  whole.links_on_disk = part.links_on_disk;
  whole.partly_in_memory = part.partly_in_memory;
  whole.processing_seconds += part.processing_seconds;
  whole.exchange_bytes += part.exchange_bytes;
  whole.links_touched += part.links_touched;
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

pb::EnsemblePrecision PrecisionOf(std::span<const LaneOutcome> lanes, const pb::UntilPrecision& wanted) {
  const std::vector<double> values = ValuesOf(lanes, MeasureOf(wanted.measure()));
  const Moments moments = MomentsOf(values);
  const auto count = static_cast<double>(values.size());
  const double half_width = StudentT975(values.size() - 1) * std::sqrt(moments.variance / count);
  pb::EnsemblePrecision precision;
  precision.set_measure(wanted.measure());
  precision.set_half_width(half_width);
  if (moments.mean > 0) precision.set_relative_half_width(half_width / moments.mean);
  precision.set_met(half_width <= (wanted.has_half_width() ? wanted.half_width()
                                                           : wanted.relative_half_width() * moments.mean));
  return precision;
}

std::uint32_t NextLook(std::uint32_t replicas, std::uint32_t most) {
  return std::min(most, std::max(kFirstLook, 2 * replicas));
}

absl::StatusOr<ConductOutcome> ConductUntilPrecise(RunPlan& plan, const Placement& placement,
                                                   absl::Duration timeout, const RunWatch& watch,
                                                   Cancellation& cancellation) {
  if (!plan.scenario.has_until_precision()) return ConductRun(plan, placement, timeout, watch, cancellation);
  const absl::Time end = absl::Now() + timeout;
  const std::uint32_t most = plan.spec.replicas;
  ConductOutcome whole;
  std::uint32_t made = 0;
  RunPlan block = plan;
  do {
    const std::uint32_t next = NextLook(made, most);
    block.spec.first_replica = plan.spec.first_replica + made;
    block.spec.replicas = next - made;
    const RunWatch block_watch{
        .step = [](const StepCounts&) {},  // of a block of one replica
        .replicas_done = [&](std::uint32_t replicas) { watch.replicas_done(made + replicas); }};
    LAWINE_ASSIGN_OR_RETURN(ConductOutcome part,
                            ConductRun(block, placement, end - absl::Now(), block_watch, cancellation));
    Append(std::move(part), whole);
    made = next;
    ++block.spec.attempt;  // a block's frames are not the next one's
  } while (made < most && !PrecisionOf(LanesOf(whole, 0), plan.scenario.until_precision()).met());
  plan.spec.replicas = made;
  plan.scenario.set_replicas(made);
  return whole;
}

}  // namespace lawine
