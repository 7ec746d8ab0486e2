// Kinds of links. A graph without them has links of kind 0 only.
#ifndef LAWINE_ENGINE_GRAPH_LINK_KIND_H_
#define LAWINE_ENGINE_GRAPH_LINK_KIND_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lawine {

// Stored, and part of graph digests: never renumber. Kinds 3 to 255 are the user's.
inline constexpr std::uint8_t kLinkFollow = 0;      // the receiver follows the source, or is its friend
inline constexpr std::uint8_t kLinkSamePerson = 1;  // two accounts of one person, in two networks
inline constexpr std::uint8_t kLinkGroup = 2;       // from a group's account to a member of the group

// "follow", "same_person", "group", or the number.
std::string LinkKindName(std::uint8_t kind);
// The inverse; also "0" to "255". INVALID_ARGUMENT lists what there is.
absl::StatusOr<std::uint8_t> ParseLinkKind(std::string_view text);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_LINK_KIND_H_
