// The named networks a graph can be generated as, with the figures they stand for.
#ifndef LAWINE_ENGINE_GRAPH_PRESET_H_
#define LAWINE_ENGINE_GRAPH_PRESET_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"

namespace lawine {

inline constexpr std::uint32_t kMillion = 1'000'000;

// A network as it was at some time: how many members, how links are spread over them, and what of it is
// measured. Integers only, so that graphs are the same everywhere: shares in millionths, sizes in
// thousandths.
struct Preset {
  std::string_view name;   // as users write it: "hyves"
  std::string_view title;  // "Hyves, the Netherlands, April 2009"
  // Part of every generated graph's identity: raised when the same spec would give other links.
  std::uint32_t generator_version;
  std::uint8_t network;                  // of its members' profiles
  std::uint32_t members;                 // default number of members
  std::uint32_t links_per_member_milli;  // mean audience, in thousandths, over all members
  std::uint32_t isolated_ppm;            // members meant to have no link
  // Share of a member's returned links meant to stay inside its community: hubs reach the bound of what
  // a community can carry, and have the rest outside.
  std::uint32_t community_ppm;
  // The first of a member's links, all of them meant to stay inside: the friends of those with few friends
  // know each other. As a share of the mean.
  std::uint32_t first_inside_ppm;
  // Share of members whose personal networks are about as large as others' near them: large networks are
  // linked with large ones.
  std::uint32_t alike_ppm;
  std::uint32_t mutual_ppm;  // share of links that are returned; kMillion = friendships
  // Relative size of the personal networks of members that are not isolated: values of the inverse
  // distribution function at the knots described in degree_sampler.h, in thousandths of the mean.
  // `followee_quantiles` (how many a member follows) is empty for friendships.
  std::span<const std::uint32_t> audience_quantiles;
  std::span<const std::uint32_t> followee_quantiles;
  // Names of the presets that are joined to one population, the base first; empty for a single network. Those
  // with several have nothing else but members, mean and sources.
  std::span<const std::string_view> networks;
  std::string_view sources;  // which figures are measured, which assumed
};

std::span<const Preset> Presets();
// NOT_FOUND names the presets there are.
absl::StatusOr<const Preset*> FindPreset(std::string_view name);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_PRESET_H_
