// The named networks a graph can be generated as, with the figures they stand for.
#ifndef LAWINE_ENGINE_GRAPH_PRESET_H_
#define LAWINE_ENGINE_GRAPH_PRESET_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"

namespace lawine {

// One everyday figure of a preset and where it comes from. Integers: rates in parts per million.
struct Preset {
  std::string_view name;         // as users write it: "hyves"
  std::string_view title;        // "Hyves, the Netherlands, April 2009"
  std::uint32_t members;         // default number of members
  std::uint32_t links_per_member_milli;  // mean audience, in thousandths, over all members
  std::uint32_t isolated_ppm;    // members without any link
  std::uint32_t community_ppm;   // share of a member's links that stay inside its community
  std::uint32_t mutual_ppm;      // share of links that are returned; 1,000,000 = friendships
  // Relative size of personal networks: values of the inverse distribution function at the knots
  // described in generator.cc, in thousandths of the mean. Ends with the largest.
  std::span<const std::uint32_t> audience_quantiles;
  std::span<const std::uint32_t> followee_quantiles;
  std::string_view sources;      // which figures are measured, which assumed
};

std::span<const Preset> Presets();
// NOT_FOUND names the presets there are.
absl::StatusOr<const Preset*> FindPreset(std::string_view name);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_PRESET_H_
