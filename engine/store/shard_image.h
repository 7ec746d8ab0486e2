// A shard in memory, flat and read-only: what runs work on. RocksDB is the source of truth, but a cached
// read from it costs microseconds where following a list costs nanoseconds.
#ifndef LAWINE_ENGINE_STORE_SHARD_IMAGE_H_
#define LAWINE_ENGINE_STORE_SHARD_IMAGE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/base/huge_array.h"
#include "engine/store/shard_members.h"
#include "engine/store/shard_store.h"
#include "engine/store/source_index.h"

namespace lawine {

// Immutable after Hydrate; thread-safe.
class ShardImage {
 public:
  // Reads every block, checks counts, and lays lists out on huge pages; strides in parallel on `executor`.
  // DATA_LOSS when the shard does not hold what its manifest says.
  static absl::StatusOr<std::unique_ptr<const ShardImage>> Hydrate(const ShardReader& reader,
                                                                   Executor& executor);
  // The same where the members were read already.
  static absl::StatusOr<std::unique_ptr<const ShardImage>> Hydrate(
      const ShardReader& reader, std::shared_ptr<const ShardMembers> members, Executor& executor);

  const ShardManifest& manifest() const { return members_->manifest(); }
  const GraphInfo& graph() const { return manifest().graph; }
  const ShardMembers& members() const { return *members_; }
  // The members alone, for those who do not need the links any more.
  std::shared_ptr<const ShardMembers> shared_members() const { return members_; }
  MemberRange range() const { return members_->range(); }

  // Followers of `source` inside the range, ascending local ids.
  std::span<const std::uint32_t> FollowersOf(MemberId source) const {
    const SourceIndex::Place place = sources_.Find(source);
    return followers_.span().subspan(place.begin, place.end - place.begin);
  }
  // Fixed-point weights parallel to FollowersOf; empty where the graph has none.
  std::span<const std::uint32_t> WeightsOf(MemberId source) const {
    if (weights_.size() == 0) return {};
    const SourceIndex::Place place = sources_.Find(source);
    return weights_.span().subspan(place.begin, place.end - place.begin);
  }
  void PrefetchIndex(MemberId source) const { __builtin_prefetch(sources_.AddressOf(source)); }

  MemberKey KeyOf(LocalId member) const { return members_->KeyOf(member); }

  // With the members.
  std::uint64_t resident_bytes() const;

 private:
  explicit ShardImage(std::shared_ptr<const ShardMembers> members) : members_(std::move(members)) {}
  absl::Status ReadLists(const ShardReader& reader, Executor& executor);
  absl::Status ReadStride(const ShardReader& reader, std::uint32_t stride, std::span<std::uint32_t> offsets);

  const std::shared_ptr<const ShardMembers> members_;
  SourceIndex sources_;
  HugeArray<std::uint32_t> followers_;
  HugeArray<std::uint8_t> kinds_;
  HugeArray<std::uint32_t> weights_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_IMAGE_H_
