#include "services/coordinator/plan/goal_plan.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/graph/profile.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint64_t kPostCostMax = 1'000'000'000'000;
// Of a message over all replicas, and of one replica a thousand times: results tell both in 64 bits.
constexpr std::uint64_t kCostMax = (1ull << 63) - 1;

absl::Status CheckTarget(const pb::Target& target) {
  if (!target.has_community() && target.network().empty() && target.account_kind().empty()) {
    return FieldError("target", "expected community, network or account_kind in it, found none");
  }
  if (!target.network().empty()) {
    const absl::StatusOr<std::uint8_t> network = ParseNetwork(target.network());
    if (!network.ok()) return FieldError("target.network", std::string(network.status().message()));
  }
  if (target.account_kind().empty()) return absl::OkStatus();
  const absl::StatusOr<std::uint8_t> kind = ParseAccountKind(target.account_kind());
  return kind.ok() ? absl::OkStatus()
                   : FieldError("target.account_kind", std::string(kind.status().message()));
}

absl::Status CheckPost(bool given, std::uint64_t post, const std::string& path) {
  if (given && post <= kPostCostMax) return absl::OkStatus();
  return FieldError(path, absl::StrCat("expected a cost of at most ", kPostCostMax, ", found ",
                                       given ? absl::StrCat(post) : "none"));
}

absl::Status CheckCosts(const pb::Costs& costs) {
  if (!costs.has_post() && costs.account_kinds_size() == 0) {
    return FieldError("costs", "expected post or account_kinds in it, found none");
  }
  if (costs.has_post()) LAWINE_RETURN_IF_ERROR(CheckPost(true, costs.post(), "costs.post"));
  std::array<bool, 256> given{};
  for (int i = 0; i < costs.account_kinds_size(); ++i) {
    const pb::AccountKindCost& cost = costs.account_kinds(i);
    const std::string path = absl::StrCat("costs.account_kinds[", i, "]");
    const absl::StatusOr<std::uint8_t> kind = ParseAccountKind(cost.account_kind());
    if (!kind.ok()) return FieldError(path + ".account_kind", std::string(kind.status().message()));
    if (std::exchange(given[*kind], true)) {
      return FieldError(path + ".account_kind", "expected each account kind once");
    }
    LAWINE_RETURN_IF_ERROR(CheckPost(cost.has_post(), cost.post(), path + ".post"));
  }
  return absl::OkStatus();
}

// By message.
std::vector<std::vector<Injection>> InjectionsOf(const RunSpec& spec) {
  if (spec.model == nullptr) return {{{.step = 0, .members = spec.seed_members}}};
  std::vector<std::vector<Injection>> injections;
  for (const MessageSpec& message : spec.model->messages) injections.push_back(message.injections);
  return injections;
}

std::optional<std::uint32_t> StartOf(const RunSpec& spec, std::size_t message) {
  if (spec.model == nullptr) return 0;
  const Trigger& start = spec.model->messages[message].start;
  if (start.kind != Trigger::Kind::kStep) return std::nullopt;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(kNoStep, std::max<std::uint64_t>(start.count, start.not_before)));
}

// What posts cost, by member.
class PostCosts {
 public:
  explicit PostCosts(const pb::Costs& costs)
      : other_(costs.post()), by_account_kind_(costs.account_kinds_size() > 0) {
    by_kind_.fill(costs.post());
    for (const pb::AccountKindCost& cost : costs.account_kinds()) {
      by_kind_[*ParseAccountKind(cost.account_kind())] = cost.post();
    }
  }

  // Looks up who is in them, all at once.
  absl::Status Read(const std::vector<Injection>& injections, const Members& members) {
    if (!by_account_kind_) return absl::OkStatus();
    std::vector<std::uint32_t> ids;
    for (const Injection& injection : injections) {
      for (const MemberId member : injection.members) ids.push_back(member.value);
    }
    LAWINE_ASSIGN_OR_RETURN(const auto records, members.ProfilesOf(ids));
    for (const auto& record : records) by_member_[record.id()] = by_kind_[record.account_kind() & 0xFF];
    return absl::OkStatus();
  }

  std::uint64_t Of(const Injection& injection) const {
    std::uint64_t sum = 0;
    for (const MemberId member : injection.members) {
      const auto found = by_member_.find(member.value);
      sum += found == by_member_.end() ? other_ : found->second;
    }
    return sum;
  }

 private:
  const std::uint64_t other_;
  const bool by_account_kind_;
  std::array<std::uint64_t, 256> by_kind_;
  std::map<std::uint32_t, std::uint64_t> by_member_;
};

}  // namespace

absl::Status CheckGoal(const pb::Scenario& scenario) {
  if (scenario.has_target()) LAWINE_RETURN_IF_ERROR(CheckTarget(scenario.target()));
  const std::uint32_t percent = scenario.steps_to_percent();
  if (scenario.has_steps_to_percent() && (percent < 1 || percent > 100)) {
    return FieldError("steps_to_percent", absl::StrCat("expected 1 to 100, found ", percent));
  }
  return scenario.has_costs() ? CheckCosts(scenario.costs()) : absl::OkStatus();
}

absl::Status CheckTargetIsThere(const pb::Target& target, const Members& members) {
  const TargetSpec wanted = PlanTarget(target);
  const SeedRule rule{.account_kind = wanted.account_kind.value_or(0),  // one of them will do
                      .community = wanted.community,
                      .network = wanted.network};
  LAWINE_ASSIGN_OR_RETURN(const std::vector<SeedCandidate> found, members.Choose(rule));
  if (!found.empty()) return absl::OkStatus();
  const std::string kind = wanted.account_kind.has_value() ? target.account_kind() + " accounts" : "members";
  const char* const field = wanted.community.has_value() ? "target.community"
                            : wanted.network.has_value() ? "target.network"
                                                         : "target.account_kind";
  return FieldError(
      field,
      absl::StrCat("expected some that graph '", members.graph_name(), "' has, found no ", kind,
                   wanted.network.has_value() ? absl::StrCat(" of network ", target.network()) : "",
                   wanted.community.has_value() ? absl::StrCat(" of community ", target.community()) : "",
                   ": GetGraphStats tells what there is"));
}

TargetSpec PlanTarget(const pb::Target& target) {
  TargetSpec plan;
  if (target.has_community()) plan.community = target.community();
  if (!target.network().empty()) plan.network = *ParseNetwork(target.network());
  if (!target.account_kind().empty()) plan.account_kind = *ParseAccountKind(target.account_kind());
  return plan;
}

std::uint64_t MessageCosts::In(const LaneOutcome& lane, std::optional<std::uint32_t> max_steps) const {
  if (lane.first_step == kNoStep) return 0;
  const std::uint64_t begin = start.value_or(lane.first_step);
  std::uint64_t sum = 0;
  for (const InjectionCost& injection : injections) {
    if (begin + injection.step <= max_steps.value_or(kNoStep)) sum += injection.cost;
  }
  return sum;
}

absl::StatusOr<std::vector<MessageCosts>> PlanCosts(const pb::Costs& costs, const RunSpec& spec,
                                                    const Members& members) {
  const std::uint64_t most = kCostMax / std::max<std::uint64_t>(1000, spec.replicas);
  PostCosts posts(costs);
  std::vector<MessageCosts> plan;
  for (const std::vector<Injection>& injections : InjectionsOf(spec)) {
    MessageCosts& message =
        plan.emplace_back(MessageCosts{.start = StartOf(spec, plan.size()), .injections = {}});
    LAWINE_RETURN_IF_ERROR(posts.Read(injections, members));
    std::uint64_t sum = 0;
    for (const Injection& injection : injections) {
      message.injections.push_back({.step = injection.step, .cost = posts.Of(injection)});
      sum += message.injections.back().cost;
    }
    if (sum <= most) continue;
    return FieldError(
        "costs", absl::StrCat("expected posts of a message to cost at most ", most, " together, in each of ",
                              spec.replicas, " replicas, found ", sum));
  }
  return plan;
}

std::vector<pb::Sentiment> SentimentsOf(const pb::Scenario& scenario) {
  std::vector<pb::Sentiment> sentiments = {scenario.message().sentiment()};
  for (const pb::FurtherMessage& message : scenario.messages()) {
    sentiments.push_back(message.message().sentiment());
  }
  for (const pb::FurtherMessage& message : scenario.later().change().messages()) {
    sentiments.push_back(message.message().sentiment());
  }
  return sentiments;
}

}  // namespace lawine
