// External ids as they are read: their keys, and for string ids what each key stands for.
#ifndef LAWINE_ENGINE_GRAPH_ID_TABLE_H_
#define LAWINE_ENGINE_GRAPH_ID_TABLE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/base/ids.h"

namespace lawine {

// Not thread-safe.
class IdTable {
 public:
  explicit IdTable(bool string_ids) : string_ids_(string_ids) {}

  // INVALID_ARGUMENT when `text` is no id, or has the key of another id.
  absl::StatusOr<MemberKey> KeyOf(std::string_view text);
  // String ids by key, ascending; none where ids are integers. Call once, last.
  std::vector<std::pair<MemberKey, std::string>> TakeNames();

 private:
  const bool string_ids_;
  absl::flat_hash_map<MemberKey, std::string> names_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_ID_TABLE_H_
