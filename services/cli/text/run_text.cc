#include "services/cli/text/run_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/text.h"
#include "services/common/json/message_json.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;

template <typename Enum>
std::string Word(const google::protobuf::EnumDescriptor& type, Enum value) {
  const auto* word = type.FindValueByNumber(value);
  return word == nullptr ? "unknown" : ShortEnumWord(*word);
}

std::string State(const v1::Run& run) {
  const std::string word = Word(*v1::RunState_descriptor(), run.state());
  return run.queue_position() == 0 ? word : absl::StrCat(word, " (place ", run.queue_position(), ")");
}

std::string TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixSeconds(time.seconds()), absl::LocalTimeZone());
}

}  // namespace

std::string SeedRuleText(const v1::Scenario& scenario) {
  constexpr int kIdsShown = 3;
  const v1::SeedMembers& seeds = scenario.seed_members();
  const std::uint32_t count = seeds.has_count() ? seeds.count() : 1;
  if (seeds.ids_size() > 0) {
    const auto end = seeds.ids().begin() + std::min(kIdsShown, seeds.ids_size());
    return absl::StrCat(seeds.ids_size() == 1 ? "member " : "members ",
                        absl::StrJoin(seeds.ids().begin(), end, ", "),
                        seeds.ids_size() > kIdsShown ? ", ..." : "");
  }
  const std::string among = seeds.has_community() ? absl::StrCat(" of community ", seeds.community()) : "";
  const std::string members = Counted(count, "member", "members");
  if (seeds.has_audience())
    return absl::StrCat(members, among, " with audience ", Thousands(seeds.audience()));
  if (seeds.has_highest_audience()) return absl::StrCat(members, among, " with the highest audience");
  if (seeds.page_rank()) return absl::StrCat(members, among, " with the highest PageRank");
  if (seeds.core()) return absl::StrCat(members, among, " of the innermost cores");
  return absl::StrCat(members, among, " at random");
}

std::string SeedDrawSentence(const v1::Scenario& scenario, const std::string& whose) {
  const bool random = scenario.seed_members().random() ||
                      std::any_of(scenario.messages().begin(), scenario.messages().end(),
                                  [](const auto& message) { return message.seed_members().random(); });
  if (!random || scenario.replicas() < 2) return "";
  return absl::StrCat("The seed members at random", whose, " are one draw (run seed ", scenario.run_seed(),
                      "), the same in all replicas: other draws may answer otherwise; vary --run-seed.");
}

std::string RunText(const v1::Run& run) {
  const v1::Scenario& scenario = run.scenario();
  std::vector<std::pair<std::string, std::string>> facts = {
      {"run", run.name()},
      {"state", State(run)},
      {"graph", scenario.graph()},
      {"seed members", SeedRuleText(scenario)},
      {"model", ModelText(scenario.model())},
      {"run seed", absl::StrCat(scenario.run_seed())},
      {"replicas", Thousands(std::max(1u, scenario.replicas()))},
      {"replicas done", Thousands(run.replicas_done())},
      {"steps so far", Thousands(run.steps_done())},
      {"receipts", run.record_receipts() ? "kept" : "not kept"}};
  if (run.reason_stopped() != v1::REASON_STOPPED_UNSPECIFIED) {
    facts.emplace_back("stopped", Word(*v1::ReasonStopped_descriptor(), run.reason_stopped()));
  }
  if (!run.error().empty()) facts.emplace_back("error", run.error());
  if (run.attempts() > 1) facts.emplace_back("attempts", Thousands(run.attempts()));
  if (run.began_at_step() > 0) facts.emplace_back("gone on from step", Thousands(run.began_at_step()));
  if (run.has_checkpoint_step())
    facts.emplace_back("checkpoint", absl::StrCat("step ", Thousands(run.checkpoint_step())));
  if (!run.waiting_for().empty()) facts.emplace_back("waiting", run.waiting_for());
  if (run.has_create_time()) facts.emplace_back("asked for", TimeOf(run.create_time()));
  if (run.has_end_time()) facts.emplace_back("ended", TimeOf(run.end_time()));
  if (run.pinned()) facts.emplace_back("kept", "until deleted");
  if (run.has_expire_time()) facts.emplace_back("kept until", TimeOf(run.expire_time()));
  return Facts(facts);
}

std::string RunsText(const std::vector<v1::Run>& runs, bool color) {
  if (runs.empty()) return "No runs yet. Make one: lawine simulate NAME\n";
  Table table({{"run", Align::kLeft},
               {"state", Align::kLeft},
               {"graph", Align::kLeft},
               {"seed members", Align::kLeft},
               {"model", Align::kLeft},
               {"run seed", Align::kRight},
               {"steps", Align::kRight},
               {"asked for", Align::kLeft}});
  for (const v1::Run& run : runs) {
    const v1::Scenario& scenario = run.scenario();
    table.AddRow({run.name(), State(run), scenario.graph(), SeedRuleText(scenario),
                  ModelText(scenario.model()), absl::StrCat(scenario.run_seed()), Thousands(run.steps_done()),
                  run.has_create_time() ? TimeOf(run.create_time()) : "-"});
  }
  return table.Render(color);
}

std::string ProgressText(const v1::WatchRunResponse& response, const v1::Scenario& scenario) {
  if (response.has_replicas_done()) {
    return Counted(response.replicas_done(), "replica", "replicas") + " done\n";
  }
  const v1::StepCounts& step = response.step();
  const std::string replica =
      response.replica() == 0 ? "" : absl::StrCat("replica ", response.replica(), ", ");
  return absl::StrCat(replica, StepWord(scenario), " ", step.step(), ": ",
                      Counted(step.deliveries(), "delivery", "deliveries"), ", ",
                      Counted(step.first_receipts(), "new member", "new members"), ", ",
                      Thousands(step.duplicates()), " already had it, ",
                      Counted(step.forwards(), "forward", "forwards"), "\n");
}

std::string ReachedText(const v1::StepCounts& step, std::uint64_t reached, const v1::Scenario& scenario) {
  return absl::StrCat(StepWord(scenario), " ", step.step(), ": ",
                      Counted(step.deliveries(), "delivery", "deliveries"), ", ",
                      Counted(reached, "member", "members"), " reached");
}

}  // namespace lawine::cli
