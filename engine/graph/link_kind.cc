#include "engine/graph/link_kind.h"

#include <algorithm>
#include <array>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/graph/edge_line.h"

namespace lawine {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"follow", "same_person", "group"};

}  // namespace

std::string LinkKindName(std::uint8_t kind) {
  return kind < kNames.size() ? std::string(kNames[kind]) : absl::StrCat(kind);
}

absl::StatusOr<std::uint8_t> ParseLinkKind(std::string_view text) {
  const auto* const name = std::find(kNames.begin(), kNames.end(), text);
  if (name != kNames.end()) return static_cast<std::uint8_t>(name - kNames.begin());
  std::uint64_t number = 0;
  if (ParseDecimal(text, number) && number <= std::numeric_limits<std::uint8_t>::max()) {
    return static_cast<std::uint8_t>(number);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "expected a link kind (0 or follow, 1 or same_person, 2 or group, 3 to 255), found ", Quoted(text)));
}

}  // namespace lawine
