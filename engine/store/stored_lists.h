// Lists of followers that are not in memory, of a shard that is larger than its share of it: read from the
// store, block by block, when a step needs them. Microseconds a list where memory takes nanoseconds, and the
// same lists.
#ifndef LAWINE_ENGINE_STORE_STORED_LISTS_H_
#define LAWINE_ENGINE_STORE_STORED_LISTS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/store/gap_lists.h"
#include "engine/store/shard_store.h"

namespace lawine {

// The list of `source` is wanted; `place` is what its visitor is told.
struct ListRequest {
  MemberId source;
  std::uint32_t place = 0;
  friend auto operator<=>(const ListRequest&, const ListRequest&) = default;
};

// Immutable; thread-safe.
class StoredLists {
 public:
  // None are: all are in memory.
  StoredLists() = default;
  // Those of sources from `first_source` on, which begins a block, are. `marks[b]` is the mark of block b as
  // it was checked once, 0 where there is none: what comes from the store later must be that.
  StoredLists(std::shared_ptr<const ShardReader> reader, MemberId first_source,
              std::vector<std::uint32_t> marks)
      : reader_(std::move(reader)), first_source_(first_source), marks_(std::move(marks)) {}

  bool empty() const { return reader_ == nullptr; }
  bool Contains(MemberId source) const { return !empty() && source >= first_source_; }
  MemberId first_source() const { return first_source_; }

  // Calls visit(place, gaps) for each of `requests`, ascending and all of them stored, that has followers.
  // The gaps are gone when visit returns. Returns how many followers that were; DATA_LOSS when the store no
  // longer holds what was read from it at first.
  using Visit = absl::FunctionRef<void(std::uint32_t place, Gaps gaps)>;
  absl::StatusOr<std::uint64_t> Read(std::span<const ListRequest> requests, Visit visit) const;

  std::uint64_t bytes() const { return marks_.capacity() * sizeof(std::uint32_t); }

 private:
  class BlockVisits;
  static std::uint32_t BlockOf(MemberId source) { return source.value / limits::kSourcesPerBlock; }

  std::shared_ptr<const ShardReader> reader_;
  MemberId first_source_;
  std::vector<std::uint32_t> marks_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_STORED_LISTS_H_
