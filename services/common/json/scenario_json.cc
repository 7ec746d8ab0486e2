#include "services/common/json/scenario_json.h"

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/json/message_reader.h"

namespace lawine {
namespace {

constexpr std::size_t kMessageKindBytesMax = 64;

void CheckSeedIds(const v1::SeedMembers& seeds, std::vector<std::string>& problems) {
  std::unordered_map<std::string_view, int> seen;
  for (int i = 0; i < seeds.ids_size(); ++i) {
    const auto [first, is_new] = seen.emplace(seeds.ids(i), i);
    if (is_new && !seeds.ids(i).empty()) continue;
    problems.push_back(seeds.ids(i).empty()
                           ? absl::StrCat("seed_members.ids[", i, "]: expected an id, found \"\"")
                           : absl::StrCat("seed_members.ids[", i, "]: repeats seed_members.ids[",
                                          first->second, "] (", seeds.ids(i), ")"));
  }
}

void CheckSeedMembers(const v1::SeedMembers& seeds, std::vector<std::string>& problems) {
  std::vector<std::string> rules;
  if (seeds.ids_size() > 0) rules.push_back("ids");
  if (seeds.has_audience()) rules.push_back("audience");
  if (seeds.has_highest_audience()) rules.push_back("highest_audience");
  if (seeds.has_random()) rules.push_back("random");
  if (seeds.has_page_rank()) rules.push_back("page_rank");
  if (seeds.has_core()) rules.push_back("core");
  if (rules.empty()) {
    problems.push_back(
        "seed_members: partial: expected one of ids, audience, highest_audience, random, page_rank, core in "
        "it");
  }
  if (rules.size() > 1) {
    problems.push_back(
        absl::StrCat("seed_members.", rules[1], ": contradicts seed_members.", rules[0],
                     "; exactly one of ids, audience, highest_audience, random, page_rank, core is allowed"));
  }
  if (seeds.has_count() && seeds.ids_size() > 0) {
    problems.push_back("seed_members.count: contradicts seed_members.ids; it belongs to the other rules");
  }
  if (seeds.has_count() && (seeds.count() < 1 || seeds.count() > limits::kSeedMembersMax)) {
    problems.push_back(absl::StrCat("seed_members.count: expected 1 to ", limits::kSeedMembersMax, ", found ",
                                    seeds.count()));
  }
  if (seeds.has_highest_audience() && !seeds.highest_audience()) {
    problems.push_back("seed_members.highest_audience: expected true; leave it out otherwise");
  }
  if (seeds.has_random() && !seeds.random()) {
    problems.push_back("seed_members.random: expected true; leave it out otherwise");
  }
  for (const auto& [no, name] : {std::pair(seeds.has_page_rank() && !seeds.page_rank(), "page_rank"),
                                 std::pair(seeds.has_core() && !seeds.core(), "core")}) {
    if (no)
      problems.push_back(absl::StrCat("seed_members.", name, ": expected true; leave it out otherwise"));
  }
  CheckSeedIds(seeds, problems);
}

}  // namespace

absl::Status CheckScenario(const v1::Scenario& scenario) {
  std::vector<std::string> problems;
  if (scenario.has_seed_members()) CheckSeedMembers(scenario.seed_members(), problems);
  if (scenario.has_model() && scenario.model().model_case() == v1::Model::MODEL_NOT_SET) {
    problems.push_back("model: partial: expected a model in it, such as forward");
  }
  const auto check_probability = [&problems](const char* path, const auto& model) {
    if (!model.has_probability() || (model.probability() >= 0.0 && model.probability() <= 1.0)) return;
    problems.push_back(absl::StrCat(path, ": expected 0 to 1, found ", model.probability()));
  };
  check_probability("model.forward.probability", scenario.model().forward());
  check_probability("model.independent_cascade.probability", scenario.model().independent_cascade());
  const v1::IndependentCascadeModel& cascade = scenario.model().independent_cascade();
  if (scenario.model().has_independent_cascade() && !cascade.has_probability() &&
      !cascade.has_probability_counts() && !cascade.link_weights()) {
    problems.push_back("model.independent_cascade.probability: expected 0 to 1, or counts, found nothing");
  }
  if (scenario.stop().max_steps() > limits::kStepsMax) {
    problems.push_back(absl::StrCat("stop.max_steps: expected at most ", limits::kStepsMax, ", found ",
                                    scenario.stop().max_steps()));
  }
  if (scenario.has_replicas() && (scenario.replicas() < 1 || scenario.replicas() > limits::kReplicasMax)) {
    problems.push_back(
        absl::StrCat("replicas: expected 1 to ", limits::kReplicasMax, ", found ", scenario.replicas()));
  }
  if (scenario.first_replica() >= limits::kReplicasMax) {
    problems.push_back(absl::StrCat("first_replica: expected 0 to ", limits::kReplicasMax - 1, ", found ",
                                    scenario.first_replica()));
  }
  if (scenario.message().kind().size() > kMessageKindBytesMax) {
    problems.push_back(absl::StrCat("message.kind: expected at most ", kMessageKindBytesMax, " bytes, found ",
                                    scenario.message().kind().size()));
  }
  return ProblemsStatus(problems);
}

absl::StatusOr<v1::Scenario> ParseScenarioJson(std::string_view text) {
  v1::Scenario scenario;
  LAWINE_RETURN_IF_ERROR(ReadMessageJson(text, "scenario", scenario));
  LAWINE_RETURN_IF_ERROR(CheckScenario(scenario));
  return scenario;
}

Json ScenarioToJson(const v1::Scenario& scenario) { return MessageToJson(scenario, /*empty=*/false); }

}  // namespace lawine
