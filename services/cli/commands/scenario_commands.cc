#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/scenarios/scenario_library.h"
#include "services/cli/text/text.h"
#include "services/common/json/message_json.h"

namespace lawine::cli {
namespace {

const char* CommandOf(const LibraryScenario& scenario) {
  if (scenario.IsTraffic()) return "lawine traffic --scenario";
  return scenario.IsComparison() ? "lawine compare" : "lawine simulate --scenario";
}

const char* KindOf(const LibraryScenario& scenario) {
  if (scenario.IsTraffic()) return "traffic";
  return scenario.IsComparison() ? "comparison" : "scenario";
}

absl::Status List(const Session& session) {
  if (session.options.json) {
    Json list = Json::array();
    for (const LibraryScenario& scenario : ScenarioLibrary()) {
      list.push_back(
          {{"name", std::string(scenario.name)}, {"kind", KindOf(scenario)}, {"title", TitleOf(scenario)}});
    }
    Print(JsonText(list));
    return absl::OkStatus();
  }
  Table table({{"name", Table::Align::kLeft},
               {"run with", Table::Align::kLeft},
               {"what it asks", Table::Align::kLeft}});
  for (const LibraryScenario& scenario : ScenarioLibrary()) {
    table.AddRow({std::string(scenario.name), CommandOf(scenario), TitleOf(scenario)});
  }
  Print(table.Render(session.options.color));
  return absl::OkStatus();
}

// JSON has no comments.
std::string WithoutComments(std::string_view text) {
  return JsonText(Json::parse(text, nullptr, /*allow_exceptions=*/true, /*ignore_comments=*/true));
}

absl::Status Show(const Session& session, const std::string& name) {
  if (const LibraryScenario* const scenario = FindLibraryScenario(name); scenario != nullptr) {
    Print(session.options.json ? WithoutComments(scenario->text) : std::string(scenario->text));
    return absl::OkStatus();
  }
  std::vector<std::string> names;
  for (const LibraryScenario& scenario : ScenarioLibrary()) names.emplace_back(scenario.name);
  return absl::NotFoundError(
      absl::StrCat("no scenario '", name, "': choose one of ", absl::StrJoin(names, ", ")));
}

}  // namespace

void AddScenarioCommands(CLI::App& app, Action& action) {
  CLI::App& scenario = AddCommand(app, "scenario", "Scenarios that come with the program",
                                  "lawine scenario list\nlawine scenario show rumour > mine.json");
  scenario.require_subcommand(1);
  CLI::App& list = AddCommand(scenario, "list", "List them", "lawine scenario list");
  list.callback([&action] { action = [](Session& session) { return List(session); }; });
  CLI::App& show = AddCommand(scenario, "show", "Print one: a file to run, or to begin with",
                              "lawine scenario show rumour\n"
                              "lawine simulate hyves --scenario rumour\n"
                              "lawine compare forward-limit --graph hyves");
  const auto name = std::make_shared<std::string>();
  show.add_option("NAME", *name, "Which one")->required();
  show.callback([name, &action] { action = [name](Session& session) { return Show(session, *name); }; });
}

}  // namespace lawine::cli
