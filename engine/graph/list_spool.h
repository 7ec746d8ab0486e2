// Followers of all sources of a graph or of one shard, ascending, as they come: kept as follower blocks, in
// bounded memory, and read again by ranges of sources.
#ifndef LAWINE_ENGINE_GRAPH_LIST_SPOOL_H_
#define LAWINE_ENGINE_GRAPH_LIST_SPOOL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/spill_file.h"
#include "engine/graph/follower_block.h"

namespace lawine {

// Filled by one thread, then read by many. Beside the memory it is given: the links of 64 sources, and 8
// bytes for every 64 sources.
class ListSpool {
 public:
  // Followers are local ids below `receivers_count`.
  ListSpool(std::uint32_t sources_count, std::uint32_t receivers_count, LinkColumns columns,
            SpillOptions options);

  // Links ascending: by source, follower, and kind where there are kinds. RESOURCE_EXHAUSTED when the disk is
  // full.
  absl::Status Add(std::uint32_t source, std::uint32_t follower, std::uint8_t kind, std::uint32_t weight);
  // Call once, after the last Add.
  absl::Status Finish();

  std::uint64_t links_count() const { return links_count_; }
  // Replaces `lists` by those of sources [first, end). REQUIRES: both are multiples of
  // limits::kSourcesPerBlock, or the end of all sources; Finish was called.
  absl::Status Read(std::uint32_t first, std::uint32_t end, FollowerLists& lists) const;
  // Forgets all links, on disk too.
  void Clear();

 private:
  absl::Status EndBlocksBefore(std::uint32_t block);

  std::uint32_t sources_count_;
  std::uint32_t receivers_count_;
  LinkColumns columns_;
  SpillFile file_;
  std::vector<std::uint64_t> offsets_{0};  // of blocks in the file, and where the last one ends
  FollowerLists block_;                    // the one at hand
  std::string bytes_;
  std::uint64_t links_count_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_LIST_SPOOL_H_
