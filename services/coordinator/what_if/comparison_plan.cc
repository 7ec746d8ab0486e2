#include "services/coordinator/what_if/comparison_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/json/suggest.h"
#include "services/coordinator/plan/labels.h"
#include "services/coordinator/plan/scenario_merge.h"
#include "services/coordinator/statistics/ensemble.h"
#include "services/coordinator/statistics/precision.h"
#include "services/coordinator/what_if/difference.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr int kVariantsMax = 64;
constexpr int kPairsMax = 16;
constexpr std::size_t kNameBytesMax = 64;
constexpr std::uint32_t kReplicasDefault = 100;
// With until_precision: at most, where nobody says.
constexpr std::uint32_t kPreciseReplicasDefault = 1000;
// With until_precision, replicas of all messages of all parts together: outcomes are kept until they are
// enough, with up to 15 KB of steps each.
constexpr std::uint64_t kPreciseReplicasMax = 100'000;
// The result holds every scenario whole.
constexpr std::size_t kScenariosBytesMax = 16u << 20;

absl::Status CheckName(const std::string& path, const std::string& name,
                       const std::vector<ComparisonPlan::Part>& before) {
  if (name.empty() || name.size() > kNameBytesMax) {
    return FieldError(path, absl::StrCat("expected a name of 1 to ", kNameBytesMax, " bytes, found ",
                                         name.empty() ? "none" : absl::StrCat(name.size())));
  }
  LAWINE_RETURN_IF_ERROR(CheckLabel(path, name));
  for (const ComparisonPlan::Part& part : before) {
    if (part.name == name)
      return FieldError(path, absl::StrCat("expected each name once, found '", name, "' again"));
  }
  return absl::OkStatus();
}

absl::Status CheckChange(const std::string& path, const pb::Scenario& change) {
  const auto same_for_all = [&path](const char* field) {
    return FieldError(absl::StrCat(path, ".", field),
                      "expected it in the base only: replicas are compared one by one under the same luck");
  };
  if (change.has_replicas()) return same_for_all("replicas");
  if (change.has_first_replica()) return same_for_all("first_replica");
  if (change.has_run_seed()) return same_for_all("run_seed");
  if (change.has_until_precision()) return same_for_all("until_precision");
  if (!change.has_steps_to_percent()) return absl::OkStatus();
  return FieldError(path + ".steps_to_percent",
                    "expected it in the base only: it says what is measured, which is one for all");
}

absl::Status AddVariants(ComparisonPlan& plan) {
  const pb::Comparison& comparison = plan.comparison;
  if (comparison.variants_size() < 1 || comparison.variants_size() > kVariantsMax) {
    return FieldError("variants", absl::StrCat("expected 1 to ", kVariantsMax, " variants, found ",
                                               comparison.variants_size()));
  }
  std::size_t bytes = comparison.base().ByteSizeLong();
  for (int i = 0; i < comparison.variants_size(); ++i) {
    const pb::Variant& variant = comparison.variants(i);
    const std::string path = absl::StrCat("variants[", i, "]");
    LAWINE_RETURN_IF_ERROR(CheckName(path + ".name", variant.name(), plan.parts));
    LAWINE_RETURN_IF_ERROR(CheckChange(path + ".change", variant.change()));
    plan.differences.emplace_back(plan.parts.size(), 0);
    plan.parts.push_back({.name = variant.name(),
                          .path = path + ".change",
                          .scenario = MergeScenario(comparison.base(), variant.change())});
    bytes += plan.parts.back().scenario.ByteSizeLong();
    if (plan.parts.back().scenario.SerializeAsString() != plan.parts[0].scenario.SerializeAsString())
      continue;
    plan.warnings.push_back(absl::StrCat("'", variant.name(), "' is the same scenario as '",
                                         comparison.base_name(),
                                         "': its change changes nothing (an empty list takes nothing away)"));
  }
  if (bytes <= kScenariosBytesMax) return absl::OkStatus();
  return FieldError("variants", absl::StrCat("expected scenarios of ", kScenariosBytesMax,
                                             " bytes in all, found ", bytes, ": name fewer seed members"));
}

absl::StatusOr<std::size_t> FindPart(const ComparisonPlan& plan, const std::string& path,
                                     const std::string& name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < plan.parts.size(); ++i) {
    if (plan.parts[i].name == name) return i;
    names.push_back(plan.parts[i].name);
  }
  return FieldError(path, absl::StrCat("no variant '", name, "'", DidYouMean(name, names), "; there are ",
                                       absl::StrJoin(names, ", ")));
}

absl::Status AddPairs(ComparisonPlan& plan) {
  if (plan.comparison.pairs_size() > kPairsMax) {
    return FieldError("pairs", absl::StrCat("expected at most ", kPairsMax, " pairs, found ",
                                            plan.comparison.pairs_size()));
  }
  for (int i = 0; i < plan.comparison.pairs_size(); ++i) {
    const pb::VariantPair& pair = plan.comparison.pairs(i);
    const std::string path = absl::StrCat("pairs[", i, "]");
    LAWINE_ASSIGN_OR_RETURN(const std::size_t of, FindPart(plan, path + ".of", pair.of()));
    LAWINE_ASSIGN_OR_RETURN(const std::size_t against, FindPart(plan, path + ".against", pair.against()));
    if (of == against) return FieldError(path, "expected two different names");
    plan.differences.emplace_back(of, against);
  }
  return absl::OkStatus();
}

absl::Status AddBreakEven(ComparisonPlan& plan) {
  if (!plan.comparison.has_break_even()) return absl::OkStatus();
  const pb::BreakEven& wanted = plan.comparison.break_even();
  LAWINE_ASSIGN_OR_RETURN(plan.break_even_part, FindPart(plan, "break_even.variant", wanted.variant()));
  if (plan.break_even_part == 0) {
    return FieldError("break_even.variant", "expected a variant, found the base");
  }
  auto field = FieldPath::Parse(*pb::Scenario::descriptor(), wanted.field());
  if (!field.ok()) return FieldError("break_even.field", std::string(field.status().message()));
  LAWINE_RETURN_IF_ERROR(CheckMayChange("break_even.field", *field));
  for (const auto& [path, value] :
       {std::pair("break_even.from", wanted.from()), std::pair("break_even.to", wanted.to())}) {
    const absl::Status held = field->Check(value);
    if (!held.ok()) return FieldError(path, std::string(held.message()));
  }
  if (wanted.from() >= wanted.to()) {
    return FieldError("break_even.to",
                      absl::StrCat("expected more than `from`, ", wanted.from(), ", found ", wanted.to()));
  }
  plan.break_even_field = *std::move(field);
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPreciseSize(const std::string& path, const pb::Scenario& complete, std::uint64_t messages) {
  if (!complete.has_until_precision()) return absl::OkStatus();
  const std::uint64_t replicas = kPreciseReplicasMax / messages;
  if (complete.replicas() <= replicas) return absl::OkStatus();
  return FieldError(path,
                    absl::StrCat("expected at most ", replicas, " of each of ", messages,
                                 " messages in all beside until_precision, found ", complete.replicas()));
}

absl::Status CompleteReplicas(const std::string& path, std::size_t parts, pb::Scenario& scenario) {
  if (!scenario.has_replicas() && scenario.has_until_precision()) {
    const std::uint64_t messages =
        1ull + scenario.messages_size() + scenario.later().change().messages_size();
    scenario.set_replicas(static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
        kPreciseReplicasMax / (parts * messages), kFirstLook, kPreciseReplicasDefault)));
  }
  if (!scenario.has_replicas()) scenario.set_replicas(kReplicasDefault);
  if (scenario.replicas() >= 2 && scenario.replicas() <= limits::kReplicasMax) return absl::OkStatus();
  return FieldError(path,
                    absl::StrCat("expected 2 to ", limits::kReplicasMax, ", found ", scenario.replicas()));
}

absl::Status CheckMayChange(const std::string& path, const FieldPath& field) {
  pb::Scenario probe;
  field.Set(probe, 0);
  if (CheckChange("", probe).ok()) return absl::OkStatus();
  return FieldError(path, absl::StrCat("expected a field that may differ, found ", field.text(),
                                       ": it is one for all that is compared, under the same luck"));
}

namespace {

// What is to be precise is what is compared.
absl::Status CheckOwnMeasure(const pb::UntilPrecision& wanted) {
  for (const auto& [given, field] :
       {std::pair(wanted.measure(), "measure"), std::pair(wanted.message(), "message")}) {
    if (given.empty()) continue;
    return FieldError(absl::StrCat("base.until_precision.", field),
                      absl::StrCat("expected none: the comparison's own ", field, " is meant"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ComparisonPlan> PlanComparison(const pb::Comparison& comparison) {
  ComparisonPlan plan;
  plan.comparison = comparison;
  pb::Comparison& full = plan.comparison;
  if (full.base_name().empty()) full.set_base_name("base");
  if (full.measure().empty()) full.set_measure("reach");
  LAWINE_RETURN_IF_ERROR(CheckMeasure("measure", full.measure()));
  if (!pb::Goal_IsValid(full.goal())) {
    return FieldError("goal", UnknownValue(*pb::Goal_descriptor(), full.goal()));
  }
  if (full.goal() == pb::GOAL_UNSPECIFIED) {
    full.set_goal(LessIsBetter(full.measure()) ? pb::GOAL_LEAST : pb::GOAL_MOST);
  }
  LAWINE_RETURN_IF_ERROR(CheckOwnMeasure(full.base().until_precision()));
  LAWINE_RETURN_IF_ERROR(CheckName("base_name", full.base_name(), {}));
  LAWINE_RETURN_IF_ERROR(CompleteReplicas("base.replicas", 1 + full.variants_size(), *full.mutable_base()));
  plan.parts.push_back({.name = full.base_name(), .path = "base", .scenario = full.base()});
  LAWINE_RETURN_IF_ERROR(AddVariants(plan));
  LAWINE_RETURN_IF_ERROR(AddPairs(plan));
  LAWINE_RETURN_IF_ERROR(AddBreakEven(plan));
  return plan;
}

}  // namespace lawine
