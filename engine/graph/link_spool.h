// The links of an import, in any order, brought into order in bounded memory: sorted runs go to a spill file
// when the memory is full, and are merged at the end.
#ifndef LAWINE_ENGINE_GRAPH_LINK_SPOOL_H_
#define LAWINE_ENGINE_GRAPH_LINK_SPOOL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "engine/base/spill_file.h"
#include "engine/graph/key_index.h"
#include "engine/graph/keyed_link.h"
#include "engine/graph/link_run.h"

namespace lawine {

// Takes half of the memory it is given for links that are not in order yet (24 bytes each); while it merges
// runs, the same for their frames. Beside that: the set of keys, and at the merge the links of one source.
// Links that come again take no memory beyond the run they are in. Not thread-safe.
class LinkSpool {
 public:
  // `executor` sorts; it outlives the spool.
  LinkSpool(LinkColumns columns, SpillOptions options, Executor& executor);
  // Links that are all in memory already.
  LinkSpool(std::vector<KeyedLink> links = {});  // NOLINT(google-explicit-constructor)
  LinkSpool(std::initializer_list<KeyedLink> links) : LinkSpool(std::vector<KeyedLink>(links)) {}

  // RESOURCE_EXHAUSTED when the disk is full.
  absl::Status Add(const KeyedLink& link);
  // Those that are not in order yet, as they came.
  const std::vector<KeyedLink>& unsorted() const { return links_; }

  // Puts the last ones in order. Call once, after the last Add.
  absl::Status Finish();
  // The following are called after Finish.
  std::uint64_t self_links() const { return self_links_; }
  std::uint64_t runs_count() const { return runs_.size() + parts_.size(); }
  // Of all runs, each with every link once.
  std::uint64_t run_links_count() const;
  // Keys of all links, also of self-links. Call once.
  KeySet TakeKeys() { return std::move(keys_); }
  // Visits links without self-links; adds to `duplicates` what came more than once. Call once.
  absl::Status Merge(SourceLinksVisitor visit, std::uint64_t& duplicates);

 private:
  // A part of links_.
  struct Part {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  bool spills() const { return !options_.directory.empty(); }
  void Sort();
  void SortOnce(Part& part);
  absl::Status Spill();
  absl::Status MergeAllRuns();
  std::vector<LinkRunReader> Readers() const;
  std::span<const KeyedLink> LinksOf(const Part& part) const {
    return std::span(links_).subspan(part.begin, part.end - part.begin);
  }

  LinkColumns columns_;
  SpillOptions options_;
  Executor* executor_ = nullptr;
  std::size_t links_max_ = ~std::size_t{0};  // in memory
  std::size_t frame_links_ = 1;
  std::vector<KeyedLink> links_;
  std::vector<Part> parts_;  // sorted, each link once; what is between them does not count
  std::uint64_t self_links_ = 0;
  std::uint64_t duplicates_ = 0;
  KeySet keys_;
  SpillFile file_{SpillOptions()};
  std::vector<LinkRun> runs_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_LINK_SPOOL_H_
