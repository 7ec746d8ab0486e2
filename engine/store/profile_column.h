// One attribute of the members of a range, in memory: a value for each, or one for all where all are alike.
#ifndef LAWINE_ENGINE_STORE_PROFILE_COLUMN_H_
#define LAWINE_ENGINE_STORE_PROFILE_COLUMN_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/ids.h"

namespace lawine {

// Thread-safe once filled.
template <class Value>
class ProfileColumn {
 public:
  explicit ProfileColumn(std::uint32_t members_count) : members_count_(members_count) {}

  // Adds the values of the next members.
  void Append(std::span<const Value> values) {
    if (values.empty()) return;
    if (appended_count_ == 0) all_ = values.front();
    const bool alike =
        values_.empty() && std::all_of(values.begin(), values.end(), [this](Value v) { return v == all_; });
    if (!alike && values_.empty()) {
      values_.reserve(members_count_);
      values_.assign(appended_count_, all_);
    }
    if (!alike) values_.insert(values_.end(), values.begin(), values.end());
    appended_count_ += values.size();
  }

  Value operator[](LocalId member) const { return values_.empty() ? all_ : values_[member.value]; }
  // By member of the range; empty where all members have all(), so that loops need not look.
  std::span<const Value> values() const { return values_; }
  Value all() const { return all_; }

  std::uint64_t bytes() const { return values_.capacity() * sizeof(Value); }

 private:
  std::uint32_t members_count_;
  std::size_t appended_count_ = 0;
  Value all_ = {};
  std::vector<Value> values_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_PROFILE_COLUMN_H_
