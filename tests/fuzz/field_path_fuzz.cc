// Any path leads to a number of a scenario, which then takes any value that it says it takes, or is refused.
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/check.h"
#include "services/common/json/field_path.h"
#include "services/common/json/scenario_json.h"
#include "tests/fuzz/fuzz_input.h"

namespace lawine {
namespace {

void CheckPath(const std::string& path, double value) {
  const auto field = FieldPath::Parse(*v1::Scenario::descriptor(), path);
  if (!field.ok()) {
    LAWINE_CHECK(absl::IsInvalidArgument(field.status()) && !field.status().message().empty());
    return;
  }
  LAWINE_CHECK(field->text() == path);
  if (!field->Check(value).ok()) return;
  v1::Scenario scenario;
  field->Set(scenario, value);
  LAWINE_CHECK(value == 0 || scenario.ByteSizeLong() > 0);
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  static const std::vector<std::string> known = FieldPath::AllOf(*v1::Scenario::descriptor());
  FuzzInput input(data, size);
  const auto value = std::bit_cast<double>(input.Number(8));
  std::string path = known[input.U8() % known.size()];
  CheckPath(path, value);
  Damage(input, path);
  CheckPath(path, value);
  CheckPath(std::string(input.Rest()), value);
  return 0;
}
