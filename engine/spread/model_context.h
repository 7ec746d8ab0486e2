// What all messages of a shard share.
#ifndef LAWINE_ENGINE_SPREAD_MODEL_CONTEXT_H_
#define LAWINE_ENGINE_SPREAD_MODEL_CONTEXT_H_

#include <cstdint>
#include <vector>

#include "engine/base/member_set.h"
#include "engine/base/probability.h"
#include "engine/spread/group_counts.h"
#include "engine/spread/message_spec.h"
#include "engine/spread/network_changes.h"
#include "engine/spread/outcome.h"
#include "engine/store/shard_image.h"

namespace lawine {

struct ModelShardContext {
  const ModelSpec& model;
  const ShardImage& image;
  MemberSet monitors;                       // of the range
  std::vector<Threshold> followee_chances;  // only where a message needs them
  NetworkChanges* changes = nullptr;        // of the replica; null: the network stays as it is
  const MemberGroups* groups = nullptr;     // null: nobody asks for groups
  std::uint32_t last_step = kNoStep;        // no later one is taken
  bool keep_receipts = false;
  bool keep_attribution = false;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_MODEL_CONTEXT_H_
