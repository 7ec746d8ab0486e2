// How many links every member of a generated graph is meant to have.
//
// A table of quantiles holds the inverse distribution function of network sizes at these knots: the shares
// 0, 1/32, ..., 16/32 of members, then 1 - 2^-2, 1 - 2^-3, ... (one knot an octave of the tail), then 1. A
// member's coin picks a share; between knots sizes are interpolated linearly, in integers. The sum over
// members is then scaled to the wanted mean, whatever the table's own mean and the luck of the draw.
#ifndef LAWINE_ENGINE_GRAPH_DEGREE_SAMPLER_H_
#define LAWINE_ENGINE_GRAPH_DEGREE_SAMPLER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/executor.h"
#include "engine/graph/generator.h"
#include "engine/graph/preset.h"

namespace lawine {

// Value at share rank / 2^32, in 1/256 of the table's unit.
// REQUIRES: `knots` has the 17 knots of the lower half, at least one of the tail and the last.
std::uint32_t QuantileAt(std::span<const std::uint32_t> knots, std::uint32_t rank);

// Scales `weights` so that they add up to `total` (but for rounding each to the nearest unit) with none above
// `cap`: what the cap takes from the largest goes to the others in proportion. Zeros stay zero. Where even
// everybody at the cap is less than `total`, everybody is at the cap.
void ScaleWeights(std::uint64_t total, std::uint32_t cap, Executor& executor,
                  std::vector<std::uint32_t>& weights);

// Expected numbers of links by member, in units of 1/kWeightOne link.
struct MemberWeights {
  std::vector<std::uint32_t> audience;
  // Directed graphs only; friendships have one weight for all three.
  std::vector<std::uint32_t> followees;
  std::vector<std::uint32_t> mutual;  // links that are returned: part of both others

  std::span<const std::uint32_t> mutual_or_all() const { return mutual.empty() ? audience : mutual; }
  std::span<const std::uint32_t> followees_or_all() const { return followees.empty() ? audience : followees; }
};

// REQUIRES: `spec` is resolved and of `preset`.
MemberWeights DrawMemberWeights(const Preset& preset, const GeneratorSpec& spec, Executor& executor);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_DEGREE_SAMPLER_H_
