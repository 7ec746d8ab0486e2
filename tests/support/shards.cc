#include "tests/support/shards.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/store/memory_store.h"
#include "engine/store/shard_builder.h"

namespace lawine {

PartitionMap BalancedPartition(const LinkSource& source, std::uint32_t shards_count) {
  return PartitionMap::Balanced(source.members_count(), shards_count,
                                [&source](MemberId member) { return source.InLinksOf(member); });
}

PartitionMap RandomPartition(TestRandom& random, std::uint32_t members_count, std::uint32_t shards_count) {
  std::vector<std::uint32_t> firsts = {0, members_count};
  while (firsts.size() < shards_count + 1) {
    firsts.push_back(static_cast<std::uint32_t>(random.Below(members_count + 1)));
  }
  std::sort(firsts.begin(), firsts.end());
  return PartitionMap::FromBoundaries(firsts).value();
}

GraphInfo InfoFor(const LinkSource& source, PartitionMap partition) {
  GraphInfo info;
  info.name = "test";
  info.columns = source.columns();
  info.persons = source.persons();
  info.origin = "made by a test";
  info.partition = std::move(partition);
  return info;
}

namespace {

absl::StatusOr<std::unique_ptr<const ShardImage>> HydrateWithin(const LinksLimit& limit,
                                                                std::shared_ptr<const ShardReader> reader,
                                                                Executor& executor) {
  LAWINE_ASSIGN_OR_RETURN(auto whole, ShardImage::Hydrate(*reader, executor));
  const std::uint64_t bytes = whole->lists_bytes() * limit.lists_percent / 100 +
                              (whole->links_bytes() - whole->lists_bytes()) * limit.followees_percent / 100;
  if (limit.lists_percent == 100 && limit.followees_percent == 100) return whole;
  return ShardImage::Hydrate(std::move(reader), whole->shared_members(), bytes, executor);
}

}  // namespace

absl::StatusOr<Shards> Shards::Build(const LinkSource& source, PartitionMap partition, ShardStorage& storage,
                                     Executor& executor, const LinksLimit& limit) {
  Shards shards;
  BuildProgress progress;
  LAWINE_ASSIGN_OR_RETURN(
      shards.info_, BuildGraph(source, InfoFor(source, std::move(partition)), storage, executor, progress));
  for (std::uint32_t s = 0; s < shards.info_.partition.shards_count(); ++s) {
    LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<ShardReader> reader, storage.Open({"test", ShardIndex(s)}));
    LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<const ShardImage> image,
                            HydrateWithin(limit, std::move(reader), executor));
    shards.images_.push_back(std::move(image));
  }
  return shards;
}

Shards Shards::InMemory(const LinkSource& source, PartitionMap partition, const LinksLimit& limit) {
  MemoryShardStorage storage;
  InlineExecutor executor;
  auto shards = Build(source, std::move(partition), storage, executor, limit);
  LAWINE_CHECK(shards.ok());
  return *std::move(shards);
}

Shards Shards::Of(const GraphInfo& info, std::vector<std::unique_ptr<const ShardImage>> images) {
  Shards shards;
  shards.info_ = info;
  shards.images_ = std::move(images);
  return shards;
}

std::uint64_t Shards::links_in_memory() const {
  std::uint64_t links = 0;
  for (const auto& image : images_) links += image->links_in_memory();
  return links;
}

std::vector<const ShardImage*> Shards::images() const {
  std::vector<const ShardImage*> images;
  for (const auto& image : images_) images.push_back(image.get());
  return images;
}

std::vector<std::vector<const ShardImage*>> Shards::ForWorkers(std::uint32_t workers_count) const {
  std::vector<std::vector<const ShardImage*>> workers(workers_count);
  for (std::size_t s = 0; s < images_.size(); ++s) {
    workers[s * workers_count / images_.size()].push_back(images_[s].get());
  }
  return workers;
}

MemberId Shards::IdOf(MemberKey key) const {
  for (const auto& image : images_) {
    if (const auto local = image->members().Find(key))
      return MemberId(image->range().first.value + local->value);
  }
  LAWINE_CHECK(false);
  return {};
}

MemberKey Shards::KeyOf(MemberId member) const {
  const ShardImage& image = *images_[info_.partition.OwnerOf(member).value];
  return image.KeyOf(LocalId(member.value - image.range().first.value));
}

RunSpec Shards::SpecFor(const JudgeRun& run) const {
  RunSpec spec;
  spec.run_seed = run.run_seed;
  spec.message = run.message;
  spec.forward = run.forward;
  spec.link = run.link;
  spec.max_steps = run.max_steps;
  for (const MemberKey seed : run.seed_members) spec.seed_members.push_back(IdOf(seed));
  return spec;
}

JudgeGraph ForJudge(const LinkSource& source) {
  JudgeGraph judged;
  const MemberRange everyone{MemberId(0), source.members_count()};
  FollowerLists lists;
  for (std::uint32_t c = 0; c < source.chunks_count(); ++c) {
    LAWINE_CHECK(source.FollowersInside(c, everyone, lists).ok());
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < source.chunk(c).count; ++i) {
      auto& followers = judged[source.KeyOf(MemberId(source.chunk(c).first.value + i))];
      for (const std::size_t end = at + lists.counts[i]; at < end; ++at) {
        followers.push_back(source.KeyOf(MemberId(lists.followers[at])));
      }
    }
  }
  return judged;
}

}  // namespace lawine
