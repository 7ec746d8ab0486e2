// Scenarios and comparisons that come with the program: files of services/cli/scenarios, built in.
#ifndef LAWINE_SERVICES_CLI_SCENARIOS_SCENARIO_LIBRARY_H_
#define LAWINE_SERVICES_CLI_SCENARIOS_SCENARIO_LIBRARY_H_

#include <span>
#include <string>
#include <string_view>

namespace lawine::cli {

struct LibraryScenario {
  std::string_view name;  // of its file, without ending
  std::string_view text;  // the file, with its comment

  // A comparison, not a scenario.
  bool IsComparison() const { return text.find("\"base\":") != std::string_view::npos; }
  // Traffic, not a scenario.
  bool IsTraffic() const { return text.find("\"generated\":") != std::string_view::npos; }
};

// By name.
std::span<const LibraryScenario> ScenarioLibrary();
// Null when there is none of that name.
const LibraryScenario* FindLibraryScenario(std::string_view name);
// What it asks, in a sentence: the first of its comment.
std::string TitleOf(const LibraryScenario& scenario);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_SCENARIOS_SCENARIO_LIBRARY_H_
