#include "engine/graph/id_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/graph/edge_line.h"

namespace lawine {

namespace {

// Ids are of a file that can be read otherwise, or mended.
absl::Status WithAdvice(const absl::Status& status, const char* advice) {
  return absl::Status(status.code(), absl::StrCat(status.message(), ": ", advice));
}

}  // namespace

absl::StatusOr<MemberKey> IdTable::KeyOf(std::string_view text) {
  if (!string_ids_) {
    const absl::StatusOr<MemberKey> key = ParseIntegerId(text);
    return key.ok() ? key : WithAdvice(key.status(), "use `string_ids` if members have names");
  }
  if (const absl::Status status = CheckStringId(text); !status.ok()) {
    return WithAdvice(status, "mend the file, which is to be UTF-8");
  }
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
