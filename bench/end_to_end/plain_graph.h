// A generated graph as plain arrays: what a program that knows nothing of shards would hold.
#ifndef LAWINE_BENCH_END_TO_END_PLAIN_GRAPH_H_
#define LAWINE_BENCH_END_TO_END_PLAIN_GRAPH_H_

#include <cstdint>
#include <span>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/executor.h"
#include "engine/base/huge_array.h"
#include "engine/graph/link_source.h"

namespace lawine::bench {

// Compressed sparse rows: for each member a list of members, ascending.
class PlainRows {
 public:
  PlainRows() = default;
  // Member m's list is ids[offsets[m]] to ids[offsets[m + 1]]; `ids` may have room at its end.
  PlainRows(HugeArray<std::uint64_t> offsets, HugeArray<std::uint32_t> ids)
      : offsets_(std::move(offsets)), ids_(std::move(ids)) {}

  std::uint32_t members_count() const { return static_cast<std::uint32_t>(offsets_.size() - 1); }
  std::uint64_t links_count() const { return offsets_[members_count()]; }
  std::uint32_t CountOf(std::uint32_t member) const {
    return static_cast<std::uint32_t>(offsets_[member + 1] - offsets_[member]);
  }
  std::span<const std::uint32_t> Of(std::uint32_t member) const {
    return ids_.span().subspan(offsets_[member], CountOf(member));
  }
  std::uint64_t bytes() const { return offsets_.bytes() + links_count() * sizeof(std::uint32_t); }

  // The same links from their other end. As many members at once as `executor` has threads.
  PlainRows Transposed(Executor& executor) const;

 private:
  HugeArray<std::uint64_t> offsets_;
  HugeArray<std::uint32_t> ids_;
};

// Members are their keys, as in every generated graph.
struct PlainGraph {
  PlainRows followers;
  Digest digest;  // of all links and members; the same number as the cluster's for the same graph

  // Chunks in parallel on `executor`.
  static absl::StatusOr<PlainGraph> Load(const LinkSource& source, Executor& executor);
};

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_END_TO_END_PLAIN_GRAPH_H_
