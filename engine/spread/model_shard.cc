#include "engine/spread/model_shard.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/gap_lists.h"

namespace lawine {
namespace {

ModelShardContext MakeContext(const RunSpec& spec, const ModelSpec& model, const ShardImage& image,
                              NetworkChanges* changes, const MemberGroups* groups) {
  ModelShardContext context{.model = model,
                            .image = image,
                            .monitors = MemberSet(model.monitors.empty() ? 0 : image.range().count),
                            .followee_chances = {},
                            .changes = changes,
                            .groups = groups,
                            .last_step = spec.max_steps.value_or(kNoStep),
                            .keep_receipts = spec.record_receipts,
                            .keep_attribution = spec.record_attribution};
  for (const MemberId monitor : model.monitors) {
    if (!image.range().Contains(monitor)) continue;
    context.monitors.Insert(LocalId(monitor.value - image.range().first.value));
  }
  const std::vector<const MessageSpec*> rules = AllRules(model);
  const bool by_followees = std::any_of(rules.begin(), rules.end(), [](const MessageSpec* message) {
    return message->link.kind == LinkChance::Kind::kByFollowees;
  });
  if (by_followees) context.followee_chances = FolloweeChances(image.members());
  return context;
}

absl::Status CheckColumns(const MessageSpec& message, std::size_t number, const ShardImage& image) {
  const bool kinds = NeedsLinkKinds(message), weights = NeedsLinkWeights(message);
  const LinkColumns columns = image.graph().columns;
  const auto refuse = [&](std::string_view what) {
    return absl::FailedPreconditionError(absl::StrCat("message ", number, ": ", std::string(what)));
  };
  if (kinds && !columns.kinds) return refuse("expected a graph whose links have kinds, found one without");
  if (weights && !columns.weights)
    return refuse("expected a graph whose links have weights, found one without");
  if ((kinds || weights) && !image.stored().empty()) {
    return refuse("kinds and weights of links are only known in memory: raise the memory limit");
  }
  return absl::OkStatus();
}

absl::Status CheckPeopleOn(const ModelSpec& model, const ShardImage& image) {
  if (!model.people.has_value()) return absl::OkStatus();
  if (!image.graph().persons || !image.graph().columns.kinds) {
    return absl::FailedPreconditionError(
        "people: expected a graph that knows persons, found one that does not");
  }
  if (image.stored().empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "people: accounts of one person are only known in memory: raise the memory limit");
}

// A half of a unit of rounding a link is forgiven.
absl::Status CheckLinearWeights(const ShardImage& image) {
  const MemberRange range = image.range();
  std::vector<std::uint64_t> sums(range.count);
  for (std::uint32_t source = 0; source < image.graph().members(); ++source) {
    const Gaps list = image.GapsOf(MemberId(source));
    const auto weights = image.WeightsOf(MemberId(source));
    std::uint32_t place = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
      place += list[i];
      if (list[i] != kSkip) sums[place] += weights[i];
    }
  }
  const auto followees = image.members().followees();
  for (std::uint32_t local = 0; local < range.count; ++local) {
    if (sums[local] <= kLinkWeightOne + std::uint64_t{(followees[local] + 1) / 2}) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("linear threshold: expected weights of links to a member that sum to at most 1, found ",
                     "1 + ", static_cast<double>(sums[local] - kLinkWeightOne) / kLinkWeightOne,
                     " for the member with key ", image.KeyOf(LocalId(local))));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckModelOn(const ModelSpec& model, const ShardImage& image) {
  bool linear = false;
  const std::vector<const MessageSpec*> rules = AllRules(model);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    LAWINE_RETURN_IF_ERROR(CheckColumns(*rules[i], i % model.messages.size(), image));
    linear = linear || rules[i]->acceptance.kind == Acceptance::Kind::kLinearByWeight;
  }
  LAWINE_RETURN_IF_ERROR(CheckPeopleOn(model, image));
  LAWINE_RETURN_IF_ERROR(CheckChangesOn(model, image));
  return linear ? CheckLinearWeights(image) : absl::OkStatus();
}

ModelShard::ModelShard(const RunSpec& spec, const ShardImage& image)
    : spec_(spec),
      drawn_(spec.drawn_rates.empty() ? std::nullopt : std::optional<ModelSpec>(*spec.model)),
      changes_(NetworkChangesIn(*spec.model) ? std::optional<NetworkChanges>(std::in_place, rules(), image)
                                             : std::nullopt),
      groups_(spec.model->groups.has_value()
                  ? std::optional<MemberGroups>(std::in_place, *spec.model->groups, image.members())
                  : std::nullopt),
      context_(MakeContext(spec, rules(), image, changes_.has_value() ? &*changes_ : nullptr,
                           groups_.has_value() ? &*groups_ : nullptr)) {
  for (std::uint32_t m = 0; m < spec.model->messages.size(); ++m) {
    messages_.push_back(std::make_unique<MessageShard>(context_, m));
  }
}

void ModelShard::Begin(std::uint32_t replica) {
  if (drawn_.has_value()) SetDrawnRates(spec_.drawn_rates, replica, RatesOf(*drawn_));
  if (changes_.has_value()) changes_->Begin({.run_seed = spec_.run_seed, .message = 0, .replica = replica});
  for (std::size_t m = 0; m < messages_.size(); ++m) {
    messages_[m]->Begin({.run_seed = spec_.run_seed, .message = spec_.message + m, .replica = replica});
  }
}

absl::Status ModelShard::Step(std::uint32_t step, std::span<const Frontier> frontiers,
                              const RunProgress& progress, std::span<MessageStep> steps) {
  if (changes_.has_value()) LAWINE_RETURN_IF_ERROR(changes_->Advance(step));
  for (std::size_t m = 0; m < messages_.size(); ++m) {
    LAWINE_RETURN_IF_ERROR(messages_[m]->Receive(step, frontiers[m], progress));
    if (changes_.has_value()) LAWINE_RETURN_IF_ERROR(changes_->CheckCounts());
  }
  for (const auto& message : messages_) message->Decide(step, progress, messages_);
  for (std::size_t m = 0; m < messages_.size(); ++m) messages_[m]->Close(step, steps[m]);
  return absl::OkStatus();
}

void ModelShard::SaveTo(StateWriter& out) const {
  if (changes_.has_value()) changes_->SaveTo(out);
  for (const auto& message : messages_) message->SaveTo(out);
}

void ModelShard::LoadFrom(std::uint32_t step, StateReader& in) {
  if (changes_.has_value()) changes_->LoadFrom(step, in);
  for (const auto& message : messages_) message->LoadFrom(step, in);
}

std::vector<GroupRow> ModelShard::GroupsOf(std::uint32_t message) const {
  if (!groups_.has_value()) return {};
  return messages_[message]->Groups(messages_);
}

void ModelShard::TellAccounts(std::span<MessageStep> steps) const {
  for (std::size_t m = 0; m < messages_.size(); ++m) messages_[m]->TellAccounts(steps[m]);
}

std::uint64_t ModelShard::UnreachedWithoutFollowees(std::uint32_t message) const {
  return NeverReachable(context_.image.members(), messages_[message]->received());
}

std::uint64_t ModelShard::links_touched() const {
  std::uint64_t touched = 0;
  for (const auto& message : messages_) touched += message->links_touched();
  return touched;
}

}  // namespace lawine
