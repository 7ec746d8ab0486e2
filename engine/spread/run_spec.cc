#include "engine/spread/run_spec.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/spread/group_counts.h"

namespace lawine {

std::uint32_t LanesFor(std::uint32_t members_count, std::uint32_t replicas) {
  const std::uint64_t small = limits::kLaneMembersMax / std::max(members_count, 1u);
  const auto lanes = std::clamp<std::uint64_t>(small, limits::kLanesMin, limits::kLanesMax);
  return std::min(static_cast<std::uint32_t>(lanes), std::max(replicas, 1u));
}

namespace {

// A rate of 0 is of something that a model does not have, and that no shard is made ready for.
absl::Status CheckDraws(const RunSpec& spec) {
  constexpr std::size_t kKernelRates = 2;
  const auto& drawn = spec.drawn_rates;
  if (drawn.empty()) return absl::OkStatus();
  if (spec.model == nullptr) return CheckDrawnRates(drawn, kKernelRates, spec.first_replica, spec.replicas);
  ModelSpec model = *spec.model;
  const std::vector<Threshold*> rates = RatesOf(model);
  LAWINE_RETURN_IF_ERROR(CheckDrawnRates(drawn, rates.size(), spec.first_replica, spec.replicas));
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    for (const std::uint32_t place : drawn[i].places) {
      if (*rates[place] != Threshold()) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "drawn_rates[", i, "]: expected rates above 0 in the model, found 0 at place ", place));
    }
  }
  return absl::OkStatus();
}

// A run ends after its last injection, or at max_steps. One whose last injection comes after all the steps
// that it may take would fail when it has taken these. What waits for a number of members may never start.
absl::Status CheckReach(const RunSpec& spec) {
  if (spec.model == nullptr || spec.max_steps.has_value()) return absl::OkStatus();
  const std::uint32_t most = StepsMaxOf(MessagesOf(spec));
  for (std::size_t m = 0; m < spec.model->messages.size(); ++m) {
    const MessageSpec& message = spec.model->messages[m];
    const std::uint64_t last = LastInjectionStep(message).value_or(0);
    if (last <= most || message.start.kind != Trigger::Kind::kStep) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "message ", m, ": expected its last injection by step ", most, ", the last one that a run of ",
        spec.model->messages.size(), " messages may take, found it at step ", last,
        ": begin earlier, use longer steps, or set stop.max_steps"));
  }
  return absl::OkStatus();
}

}  // namespace

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
  LAWINE_RETURN_IF_ERROR(CheckReach(spec));
  if (spec.record_receipts && spec.replicas != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "record_receipts: receipts are kept for single runs, found ", spec.replicas, " replicas"));
  }
  if (spec.record_attribution && (!spec.record_receipts || spec.model == nullptr)) {
    return absl::InvalidArgumentError("record_attribution: expected record_receipts and a model beside it");
  }
  if (spec.steps_to_percent > 100) {
    return absl::InvalidArgumentError(
        absl::StrCat("steps_to_percent: expected at most 100, found ", spec.steps_to_percent));
  }
  return CheckDraws(spec);
}

namespace {

// What lanes have beside messages' states, a member: chances of links, and groups.
std::uint64_t TableBytes(const ModelSpec& model) {
  const std::vector<const MessageSpec*> rules = AllRules(model);
  const bool by_followees = std::any_of(rules.begin(), rules.end(), [](const MessageSpec* message) {
    return message->link.kind == LinkChance::Kind::kByFollowees;
  });
  return (by_followees ? sizeof(Threshold) : 0) + (model.groups.has_value() ? 3 : 0);
}

}  // namespace

// A lane's bits, a frontier's bits at each shard, what a step finds, and everybody's forwards of two steps.
// Any model: sets, receipt steps, what was seen, arrivals; a row for each group at each shard.
std::uint64_t StateBytes(const RunSpec& spec, std::uint64_t graph_members, std::uint64_t members,
                         std::uint64_t shards) {
  const double messages = MessagesOf(spec);
  const double message =
      spec.model == nullptr ? 0 : 24 * messages + static_cast<double>(TableBytes(*spec.model));
  const bool by_group = spec.model != nullptr && spec.model->groups.has_value();
  const double rows = by_group ? messages * sizeof(GroupRow) * GroupsCount(*spec.model->groups) : 0;
  const double lane = 0.25 + 4 + 8 * spec.forward.ToDouble() + message;
  const double kept = (spec.record_receipts ? 8 : 0) + (spec.record_attribution ? 24 : 0);
  const double frontier = 0.125 * static_cast<double>(graph_members) * static_cast<double>(shards);
  return static_cast<std::uint64_t>(static_cast<double>(members) * (lane * spec.lanes + kept * messages) +
                                    (frontier + rows * static_cast<double>(shards)) * spec.lanes);
}

}  // namespace lawine
