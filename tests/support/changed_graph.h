// Graphs that change: what a coordinator and its workers do, without either. Keeps the links that must be
// there, so that the same graph can be built from scratch.
#ifndef LAWINE_TESTS_SUPPORT_CHANGED_GRAPH_H_
#define LAWINE_TESTS_SUPPORT_CHANGED_GRAPH_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/base/executor.h"
#include "engine/store/graph_change.h"
#include "engine/store/shard_log.h"
#include "engine/store/shard_store.h"
#include "tests/support/graphs.h"
#include "tests/support/shards.h"
#include "tests/support/test_random.h"

namespace lawine {

// How shards of a version come into memory.
enum class HydrateAs { kLayer, kWhole, kFromStore };

class ChangedGraph {
 public:
  // Builds graph "test" in `storage`, which must outlive this, and opens its logs.
  ChangedGraph(const LinkSource& source, PartitionMap partition, ShardStorage& storage);

  const GraphInfo& info() const { return info_; }
  std::size_t shards_count() const { return logs_.size(); }
  ShardLog& log(std::size_t shard) { return *logs_[shard]; }

  // The next version, written to all shards.
  absl::StatusOr<BatchCounts> Apply(const ChangeBatch& batch);
  // A batch of these links, by key. Members that are not there are added, with the profiles that
  // VectorLinkSource gives them.
  ChangeBatch BatchOf(const std::vector<std::pair<KeyPair, bool>>& edits, LinkColumns columns) const;
  MemberRef Ref(MemberKey key) const;

  // All shards at a version; as layers over images of the stored shards, whole, or with links left there.
  Shards At(const GraphInfo& info, HydrateAs as);
  // Makes the last version the stored one.
  absl::Status Fold();
  // Closes all shards and opens what is in the storage, or in another one that outlives this.
  absl::Status Reopen() { return ReopenIn(*storage_); }
  absl::Status ReopenIn(ShardStorage& storage);
  void Close() { logs_.clear(); }

 private:
  std::vector<LinkState> StatesOf(const std::vector<LinkPlace>& places);

  ShardStorage* storage_;
  InlineExecutor executor_;
  GraphInfo info_;
  std::uint64_t ticket_ = 0;
  std::vector<std::shared_ptr<ShardLog>> logs_;
  std::map<MemberKey, MemberId> ids_;
};

// `graph` after `edits`, with all members that ever were.
TestGraph AfterEdits(const TestGraph& graph, const std::vector<std::pair<KeyPair, bool>>& edits);
// Links that come and go among the members of `graph` and up to `new_members` others.
std::vector<std::pair<KeyPair, bool>> RandomEdits(TestRandom& random, const TestGraph& graph,
                                                  std::uint64_t count, std::uint64_t new_members);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_CHANGED_GRAPH_H_
