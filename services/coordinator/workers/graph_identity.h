// What tells graphs and their shards apart.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_GRAPH_IDENTITY_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_GRAPH_IDENTITY_H_

#include <cstdint>
#include <string>

#include "lawine/internal/v1/changes.pb.h"
#include "lawine/internal/v1/placement.pb.h"
#include "lawine/internal/v1/worker.pb.h"

namespace lawine {

// Digest of the graph as it was made: stays what it is when the graph changes, and tells graphs of one name
// apart.
inline const std::string& MadeDigest(const internal::v1::GraphInfo& info) {
  return info.made_digest().empty() ? info.digest() : info.made_digest();
}

// A shard of the graph that has what the graph had come to at its version.
inline internal::v1::ShardId ShardIdOf(const internal::v1::GraphInfo& info, std::uint32_t shard) {
  internal::v1::ShardId id;
  id.set_graph(info.name());
  id.set_shard(shard);
  id.set_graph_digest(MadeDigest(info));
  id.set_graph_version(info.graph_version());
  id.set_version_digest(info.digest());
  return id;
}
// One that a worker says it holds, at whatever version.
inline internal::v1::ShardId ShardIdOf(const internal::v1::HeldShard& held) {
  internal::v1::ShardId id;
  id.set_graph(held.graph());
  id.set_shard(held.shard());
  id.set_graph_digest(held.graph_digest());
  return id;
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_GRAPH_IDENTITY_H_
