#include "services/cli/scenarios/scenario_library.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace lawine::cli {

const LibraryScenario* FindLibraryScenario(std::string_view name) {
  const auto library = ScenarioLibrary();
  const auto it = std::find_if(library.begin(), library.end(),
                               [name](const LibraryScenario& scenario) { return scenario.name == name; });
  return it == library.end() ? nullptr : &*it;
}

std::string TitleOf(const LibraryScenario& scenario) {
  const std::string_view comment = scenario.text.substr(0, scenario.text.find("\n{"));
  const std::string plain = absl::StrReplaceAll(std::string(comment), {{"// ", ""}, {"\n", " "}});
  const std::size_t end = plain.find_first_of(".?:");
  return plain.substr(0, plain[end] == ':' ? end : end + 1);
}

}  // namespace lawine::cli
