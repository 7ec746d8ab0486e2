#include "engine/spread/run_spec.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {

std::uint32_t LanesFor(std::uint32_t members_count, std::uint32_t replicas) {
  const std::uint64_t small = limits::kLaneMembersMax / std::max(members_count, 1u);
  const auto lanes = std::clamp<std::uint64_t>(small, limits::kLanesMin, limits::kLanesMax);
  return std::min(static_cast<std::uint32_t>(lanes), std::max(replicas, 1u));
}

absl::Status CheckRunSpec(const RunSpec& spec, std::uint32_t members_count) {
  const auto& seeds = spec.seed_members;
  if (spec.model != nullptr) {
    LAWINE_RETURN_IF_ERROR(CheckModelSpec(*spec.model, members_count));
  } else if (seeds.empty() || seeds.size() > limits::kSeedMembersMax) {
    return absl::InvalidArgumentError(absl::StrCat("seed_members: expected 1 to ", limits::kSeedMembersMax,
                                                   " members, found ", seeds.size()));
  }
  if (std::adjacent_find(seeds.begin(), seeds.end(), std::greater_equal<>()) != seeds.end()) {
    return absl::InvalidArgumentError("seed_members: expected each member once, in ascending order");
  }
  if (!seeds.empty() && seeds.back().value >= members_count) {
    return absl::InvalidArgumentError(absl::StrCat("seed_members: the graph has ", members_count,
                                                   " members, found dense id ", seeds.back().value));
  }
  if (spec.replicas < 1 || spec.replicas > limits::kReplicasMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("replicas: expected 1 to ", limits::kReplicasMax, ", found ", spec.replicas));
  }
  if (spec.first_replica > limits::kReplicasMax - spec.replicas) {
    return absl::InvalidArgumentError(absl::StrCat("first_replica: expected replicas 0 to ",
                                                   limits::kReplicasMax - 1, ", found ", spec.replicas,
                                                   " from number ", spec.first_replica));
  }
  if (spec.lanes < 1 || spec.lanes > limits::kLanesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("lanes: expected 1 to ", limits::kLanesMax, ", found ", spec.lanes));
  }
  const std::uint32_t most = StepsMaxOf(MessagesOf(spec));
  if (spec.max_steps.value_or(0) > most) {
    return absl::InvalidArgumentError(
        absl::StrCat("stop.max_steps: expected at most ", most, ", found ", *spec.max_steps));
  }
  if (spec.record_receipts && spec.replicas != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "record_receipts: receipts are kept for single runs, found ", spec.replicas, " replicas"));
  }
  if (spec.record_attribution && (!spec.record_receipts || spec.model == nullptr)) {
    return absl::InvalidArgumentError("record_attribution: expected record_receipts and a model beside it");
  }
  std::size_t rates = 2;
  if (spec.model != nullptr) {
    ModelSpec model = *spec.model;
    rates = RatesOf(model).size();
  }
  return CheckDrawnRates(spec.drawn_rates, rates, spec.first_replica, spec.replicas);
}

// A lane's bits, a frontier's bits at each shard, what a step finds, and everybody's forwards of two steps.
// Any model: sets, receipt steps, what was seen, arrivals.
std::uint64_t StateBytes(const RunSpec& spec, std::uint64_t graph_members, std::uint64_t members,
                         std::uint64_t shards) {
  const double messages = MessagesOf(spec);
  const double message = spec.model == nullptr ? 0 : 24 * messages;
  const double lane = 0.25 + 4 + 8 * spec.forward.ToDouble() + message;
  const double kept = (spec.record_receipts ? 8 : 0) + (spec.record_attribution ? 24 : 0);
  const double frontier = 0.125 * static_cast<double>(graph_members) * static_cast<double>(shards);
  return static_cast<std::uint64_t>(static_cast<double>(members) * (lane * spec.lanes + kept * messages) +
                                    frontier * spec.lanes);
}

}  // namespace lawine
