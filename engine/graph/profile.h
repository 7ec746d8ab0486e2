// Labels in members' profiles: the network a member belongs to, and who stands behind the account.
#ifndef LAWINE_ENGINE_GRAPH_PROFILE_H_
#define LAWINE_ENGINE_GRAPH_PROFILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lawine {

// Stored: never renumber. Networks 6 to 255 have no name and are written as numbers.
inline constexpr std::uint8_t kNetworkUnknown = 0;
inline constexpr std::uint8_t kNetworkHyves = 1;
inline constexpr std::uint8_t kNetworkFacebook = 2;
inline constexpr std::uint8_t kNetworkLinkedIn = 3;
inline constexpr std::uint8_t kNetworkTwitter = 4;
inline constexpr std::uint8_t kNetworkOwn = 5;

// Account kinds, 1 to 6. Stored: never renumber.
inline constexpr std::uint8_t kAccountPersonal = 1;
inline constexpr std::uint8_t kAccountAmbassador = 2;      // personal, openly tied to an organisation
inline constexpr std::uint8_t kAccountRepresentative = 3;  // an organisation, represented by a named person
inline constexpr std::uint8_t kAccountOrganisation = 4;
inline constexpr std::uint8_t kAccountPage = 5;   // what its followers get, and nobody else
inline constexpr std::uint8_t kAccountGroup = 6;  // what is posted in a group: goes to all its members

// Communities count from 1; 0: none is known.
inline constexpr std::uint32_t kNoCommunity = 0;

// "hyves"; "network 17" for one without a name; empty for kNetworkUnknown.
std::string NetworkName(std::uint8_t network);
// The inverse, also of a plain number from 1 to 255. INVALID_ARGUMENT lists the names there are.
absl::StatusOr<std::uint8_t> ParseNetwork(std::string_view text);
// "personal", "ambassador", "representative", "organisation", "page", "group"; empty for others.
std::string_view AccountKindName(std::uint8_t kind);
// A name as above or a number from 1 to 6. INVALID_ARGUMENT lists them.
absl::StatusOr<std::uint8_t> ParseAccountKind(std::string_view text);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_PROFILE_H_
