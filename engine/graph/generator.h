// Generated graphs: a network of a preset's shape, of any size, as a pure function of the graph seed.
// Contract, method and costs: see the top of generator.cc.
#ifndef LAWINE_ENGINE_GRAPH_GENERATOR_H_
#define LAWINE_ENGINE_GRAPH_GENERATOR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/graph/link_source.h"

namespace lawine {

// Part of every generated graph's identity: raised when the same spec would give other links.
inline constexpr std::uint32_t kGeneratorVersion = 1;

// Larger graphs would have so few links per pair of blocks that pairs, not links, would set the pace.
inline constexpr std::uint32_t kGeneratorMembersMax = 1u << 28;
// Smaller means are lost in the rounding of weights; larger ones make chunks too large for memory.
inline constexpr std::uint32_t kGeneratorMeanMilliMin = 100;
inline constexpr std::uint32_t kGeneratorMeanMilliMax = 10'000'000;

struct GeneratorSpec {
  std::string preset = "hyves";
  std::uint32_t members = 0;                 // 0: the preset's
  std::uint32_t links_per_member_milli = 0;  // mean audience in thousandths; 0: the preset's
  std::uint64_t graph_seed = 1;
  friend bool operator==(const GeneratorSpec&, const GeneratorSpec&) = default;
};

// Fills defaults from the preset. INVALID_ARGUMENT for an unknown preset, too many members, a mean outside
// the limits above, or more than the number of members can carry: half of the others.
absl::StatusOr<GeneratorSpec> ResolveSpec(GeneratorSpec spec);

// Plans the graph (weights of members and blocks: linear in members), on `executor`. The links themselves
// are made when asked for, block by block; the same spec gives the same links whatever the threads and the
// shards that ask. Member keys are the dense ids. INVALID_ARGUMENT as ResolveSpec.
absl::StatusOr<std::shared_ptr<const LinkSource>> MakeGenerator(const GeneratorSpec& spec,
                                                                Executor& executor);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_GENERATOR_H_
