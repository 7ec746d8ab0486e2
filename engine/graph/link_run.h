// Sorted runs of links, in memory or in a spill file, and their merge.
//
// A run in a file is a sequence of frames of up to a few thousand links each:
//   ...  links ascending, of each: varint (from - the one before), varint to (from the same source: minus the
//        one before), [u8 kind], [u32 weight]
//   u32  CRC-32C of everything before
// Where frames begin is kept in memory: only the process that wrote a run reads it.
#ifndef LAWINE_ENGINE_GRAPH_LINK_RUN_H_
#define LAWINE_ENGINE_GRAPH_LINK_RUN_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "engine/base/spill_file.h"
#include "engine/graph/follower_block.h"
#include "engine/graph/keyed_link.h"

namespace lawine {

struct LinkRun {
  std::vector<std::uint64_t> frame_offsets;  // and where the last one ends
  std::uint64_t links_count = 0;
};

// Appends one run to a file.
class LinkRunWriter {
 public:
  // `file` outlives the writer. Only `columns` are kept of links.
  LinkRunWriter(SpillFile& file, LinkColumns columns, std::size_t frame_links)
      : file_(file), columns_(columns), frame_links_(frame_links), run_{{file.size()}} {}

  // Links ascending.
  absl::Status Add(std::span<const KeyedLink> links);
  // Call once, last.
  absl::Status Finish(LinkRun& run);

 private:
  absl::Status EndFrame();

  SpillFile& file_;
  const LinkColumns columns_;
  const std::size_t frame_links_;
  LinkRun run_;
  std::string frame_;
  KeyedLink last_;
  std::size_t links_in_frame_ = 0;
};

// Reads one run, in order.
class LinkRunReader {
 public:
  // In memory: `links` outlives the reader.
  explicit LinkRunReader(std::span<const KeyedLink> links) : left_(links) {}
  // In a file, which outlives the reader as `run` does. Call Next first.
  LinkRunReader(const SpillFile& file, const LinkRun& run, LinkColumns columns)
      : file_(&file), run_(&run), columns_(columns) {}

  // Links of the frame at hand that have not been taken; empty at the end.
  std::span<const KeyedLink> left() const { return left_; }
  // Takes `count` of them; DATA_LOSS when the next frame is damaged.
  absl::Status Take(std::size_t count);

 private:
  absl::Status ReadFrame();

  std::span<const KeyedLink> left_;
  const SpillFile* file_ = nullptr;
  const LinkRun* run_ = nullptr;
  LinkColumns columns_;
  std::size_t next_frame_ = 0;
  std::string bytes_;
  std::vector<KeyedLink> links_;
};

// Links of one source as runs give them. Holds at most kHeldMin or twice those that are different, and beside
// them what was added last.
class GatheredLinks {
 public:
  static constexpr std::size_t kHeldMin = 1 << 14;

  // Begins the next source.
  void Clear();
  // Links in any order; they may have been added before.
  void Add(std::span<const KeyedLink> links);
  // All of them, ascending and each once. Of more than two weights of one link only the two least, which are
  // enough to refuse it.
  std::span<const KeyedLink> Finish();

  std::size_t held() const { return links_.size(); }
  // Of all sources: links that had been added before.
  std::uint64_t duplicates() const { return duplicates_; }

 private:
  void SortOnce();

  std::vector<KeyedLink> links_;
  std::size_t sort_at_ = kHeldMin;
  std::uint64_t duplicates_ = 0;
};

// Takes all links of one source, as GatheredLinks has them.
using SourceLinksVisitor = absl::FunctionRef<absl::Status(std::span<const KeyedLink>)>;

// Visits sources in ascending order; adds to `duplicates` what came more than once. Holds the links of one
// source at a time, as GatheredLinks does, and a frame of every run.
absl::Status MergeRuns(std::span<LinkRunReader> runs, SourceLinksVisitor visit, std::uint64_t& duplicates);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_LINK_RUN_H_
