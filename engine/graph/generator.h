// Generated graphs: a network of a preset's shape, of any size, as a pure function of the graph seed.
// Method and costs: see the top of network.cc.
#ifndef LAWINE_ENGINE_GRAPH_GENERATOR_H_
#define LAWINE_ENGINE_GRAPH_GENERATOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/graph/link_source.h"

namespace lawine {

// Larger graphs would have so few links per pair of blocks that pairs, not links, would set the pace.
inline constexpr std::uint32_t kGeneratorMembersMax = 1u << 28;
// Smaller means are lost in the rounding of weights; larger ones make chunks too large for memory.
inline constexpr std::uint32_t kGeneratorMeanMilliMin = 100;
inline constexpr std::uint32_t kGeneratorMeanMilliMax = 10'000'000;

// Of the accounts in each network of a population, the share whose owner has a Hyves account too; and the
// share of Hyves' members that such owners are among. In millionths; all assumed.
struct Overlaps {
  std::uint32_t facebook_ppm = 700'000;
  std::uint32_t linkedin_ppm = 600'000;
  std::uint32_t twitter_ppm = 600'000;
  std::uint32_t active_ppm = 400'000;
  friend bool operator==(const Overlaps&, const Overlaps&) = default;
};

struct GeneratorSpec {
  std::string preset = "hyves";
  std::uint32_t members = 0;                 // 0: the preset's
  std::uint32_t links_per_member_milli = 0;  // mean audience in thousandths; 0: the preset's
  std::uint64_t graph_seed = 1;
  Overlaps overlaps = {};    // presets of several networks only
  std::uint32_t pages = 0;   // beside the members; presets of one network only, as the next
  std::uint32_t groups = 0;  // see pages.h
  friend bool operator==(const GeneratorSpec&, const GeneratorSpec&) = default;
};

// Generator version of the spec's preset: part of every generated graph's identity. REQUIRES: `spec` is
// resolved.
std::uint32_t GeneratorVersion(const GeneratorSpec& spec);

// Fills defaults from the preset. INVALID_ARGUMENT for an unknown preset, too many members, a mean outside
// the limits above, or more than the number of members can carry: half of the others; the same for the share
// that each network of a preset of several has of them; for overlaps that cannot be, such as larger ones than
// Hyves' active part, or of a preset that is one network; for too many pages. With pages or groups members
// are a multiple of 64: rounded down.
absl::StatusOr<GeneratorSpec> ResolveSpec(GeneratorSpec spec);

// "preset hyves, 6000000 members, 100 links a member, graph seed 1, generator 1". REQUIRES: `spec` is
// resolved.
std::string OriginOf(const GeneratorSpec& spec);
// The spec that OriginOf was given; none for other texts, and for versions that its preset no longer has.
std::optional<GeneratorSpec> SpecOfOrigin(std::string_view origin);

// The networks of a spec, in order of their members.
struct NetworkSize {
  std::uint8_t network = 0;
  std::uint32_t members = 0;
};
// REQUIRES: `spec` is resolved.
std::vector<NetworkSize> NetworksOf(const GeneratorSpec& spec);

// Plans the graph (weights of members and blocks: linear in members), on `executor`. The links themselves
// are made when asked for, block by block; the same spec gives the same links whatever the threads and the
// shards that ask. Member keys are the dense ids. INVALID_ARGUMENT as ResolveSpec.
absl::StatusOr<std::shared_ptr<const LinkSource>> MakeGenerator(const GeneratorSpec& spec,
                                                                Executor& executor);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_GENERATOR_H_
