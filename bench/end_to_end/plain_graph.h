// A generated graph as one plain array: what a program that knows nothing of shards would hold.
#ifndef LAWINE_BENCH_END_TO_END_PLAIN_GRAPH_H_
#define LAWINE_BENCH_END_TO_END_PLAIN_GRAPH_H_

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/executor.h"
#include "engine/base/huge_array.h"
#include "engine/graph/link_source.h"

namespace lawine::bench {

// Compressed sparse rows. Members are their keys, as in every generated graph.
class PlainGraph {
 public:
  // Chunks in parallel on `executor`.
  static absl::StatusOr<PlainGraph> Load(const LinkSource& source, Executor& executor);

  std::uint32_t members_count() const { return static_cast<std::uint32_t>(offsets_.size() - 1); }
  std::uint64_t links_count() const { return offsets_[members_count()]; }
  std::span<const std::uint32_t> FollowersOf(std::uint32_t member) const {
    return followers_.span().subspan(offsets_[member], offsets_[member + 1] - offsets_[member]);
  }
  // Of all links and members; the same number as the cluster's for the same graph.
  const Digest& digest() const { return digest_; }
  std::uint64_t resident_bytes() const { return offsets_.bytes() + links_count() * sizeof(std::uint32_t); }

 private:
  PlainGraph() = default;
  absl::Status Append(MemberRange sources, const FollowerLists& lists);

  HugeArray<std::uint64_t> offsets_;
  HugeArray<std::uint32_t> followers_;  // with room at its end that is never touched
  Digest digest_;
};

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_END_TO_END_PLAIN_GRAPH_H_
