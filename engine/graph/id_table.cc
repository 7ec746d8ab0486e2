#include "engine/graph/id_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/graph/edge_line.h"

namespace lawine {

absl::StatusOr<MemberKey> IdTable::KeyOf(std::string_view text) {
  if (!string_ids_) return ParseIntegerId(text);
  LAWINE_RETURN_IF_ERROR(CheckStringId(text));
  const MemberKey key = KeyOfStringId(text);
  const auto [entry, is_new] = names_.try_emplace(key, text);
  if (is_new || entry->second == text) return key;
  return absl::InvalidArgumentError(
      absl::StrCat("the ids '", entry->second, "' and '", std::string(text), "' have the same 64-bit key (",
                   key, "), so they cannot be in one graph: rename one of them in all files"));
}

std::vector<std::pair<MemberKey, std::string>> IdTable::TakeNames() {
  std::vector<std::pair<MemberKey, std::string>> names;
  names.reserve(names_.size());
  for (auto& [key, name] : names_) names.emplace_back(key, std::move(name));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace lawine
