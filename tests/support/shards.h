// Graphs in shards, ready for runs.
#ifndef LAWINE_TESTS_SUPPORT_SHARDS_H_
#define LAWINE_TESTS_SUPPORT_SHARDS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/graph/link_source.h"
#include "engine/spread/run_spec.h"
#include "engine/store/shard_image.h"
#include "engine/store/shard_store.h"
#include "tests/support/graphs.h"
#include "tests/support/judge.h"
#include "tests/support/test_random.h"

namespace lawine {

// Balanced by in-links, as a load does.
PartitionMap BalancedPartition(const LinkSource& source, std::uint32_t shards_count);
// Boundaries anywhere: ranges may be empty, or hold nearly everyone.
PartitionMap RandomPartition(TestRandom& random, std::uint32_t members_count, std::uint32_t shards_count);

// What a load would be told of `source`; links and digest are for BuildGraph to find.
GraphInfo InfoFor(const LinkSource& source, PartitionMap partition);

// What a shard's links may take in memory, by what they take when all are there; see ShardImage::Hydrate.
struct LinksLimit {
  std::uint64_t lists_percent = 100;
  std::uint64_t followees_percent = 100;
};

// A graph's shards, hydrated.
class Shards {
 public:
  // Builds graph "test" in `storage`, opens and hydrates every shard.
  static absl::StatusOr<Shards> Build(const LinkSource& source, PartitionMap partition, ShardStorage& storage,
                                      Executor& executor, const LinksLimit& limit = {});
  // The same in memory, where nothing can fail.
  static Shards InMemory(const LinkSource& source, PartitionMap partition, const LinksLimit& limit = {});

  // These images, in order of shards.
  static Shards Of(const GraphInfo& info, std::vector<std::unique_ptr<const ShardImage>> images);

  const GraphInfo& info() const { return info_; }
  std::uint64_t links_in_memory() const;
  std::vector<const ShardImage*> images() const;
  // Split into `workers_count` groups of shards, as a cluster does.
  std::vector<std::vector<const ShardImage*>> ForWorkers(std::uint32_t workers_count) const;

  // REQUIRES: `key` is a member's.
  MemberId IdOf(MemberKey key) const;
  MemberKey KeyOf(MemberId member) const;

  // The judge's run in the engine's words.
  RunSpec SpecFor(const JudgeRun& run) const;

 private:
  GraphInfo info_;
  std::vector<std::unique_ptr<const ShardImage>> images_;
};

// The judge's graph, read from a source whole, without shards.
JudgeGraph ForJudge(const LinkSource& source);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_SHARDS_H_
