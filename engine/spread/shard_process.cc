#include "engine/spread/shard_process.h"

#include <bit>

#include "engine/spread/cascade_shard.h"
#include "engine/spread/model_shard.h"

namespace lawine {

std::unique_ptr<ShardProcess> MakeShardProcess(const RunSpec& spec, const ShardImage& image) {
  if (spec.model != nullptr) return std::make_unique<ModelShard>(spec, image);
  return std::make_unique<CascadeShard>(spec, image);
}

std::uint64_t NeverReachable(const ShardMembers& members, const MemberSet& received) {
  const auto reachable = members.reachable().words();
  const auto reached = received.words();
  std::uint64_t reached_or_reachable = 0;
  for (std::size_t w = 0; w < reached.size(); ++w) {
    reached_or_reachable += static_cast<std::uint64_t>(std::popcount(reachable[w] | reached[w]));
  }
  return members.range().count - reached_or_reachable;
}

}  // namespace lawine
