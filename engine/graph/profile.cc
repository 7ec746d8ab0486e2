#include "engine/graph/profile.h"

#include <array>
#include <limits>
#include <optional>
#include <span>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace lawine {
namespace {

constexpr std::array<std::string_view, 6> kNetworkNames = {"",         "hyves",   "facebook",
                                                           "linkedin", "twitter", "own"};
constexpr std::array<std::string_view, 7> kAccountKindNames = {
    "", "personal", "ambassador", "representative", "organisation", "page", "group"};

// Names and numbers start at 1.
std::optional<std::uint8_t> Parse(std::string_view text, std::span<const std::string_view> names,
                                  std::uint32_t last) {
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<std::uint8_t>(i);
  }
  std::uint32_t number = 0;
  const bool good =
      absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &number) && number >= 1 && number <= last;
  if (!good) return std::nullopt;
  return static_cast<std::uint8_t>(number);
}

std::string_view NameOf(std::span<const std::string_view> names, std::uint8_t number) {
  return number < names.size() ? names[number] : std::string_view();
}

}  // namespace

std::string NetworkName(std::uint8_t network) {
  const std::string_view name = NameOf(kNetworkNames, network);
  if (!name.empty() || network == kNetworkUnknown) return std::string(name);
  return absl::StrCat("network ", network);
}

absl::StatusOr<std::uint8_t> ParseNetwork(std::string_view text) {
  if (const auto network = Parse(text, kNetworkNames, std::numeric_limits<std::uint8_t>::max())) {
    return *network;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "expected a network (hyves, facebook, linkedin, twitter, own, or a number from 1 to 255), found '",
      std::string(text), "'"));
}

std::string_view AccountKindName(std::uint8_t kind) { return NameOf(kAccountKindNames, kind); }

absl::StatusOr<std::uint8_t> ParseAccountKind(std::string_view text) {
  if (const auto kind = Parse(text, kAccountKindNames, kAccountGroup)) return *kind;
  return absl::InvalidArgumentError(
      absl::StrCat("expected an account kind (1 or personal, 2 or ambassador, 3 or representative, 4 or "
                   "organisation, 5 or page, 6 or group), found '",
                   std::string(text), "'"));
}

}  // namespace lawine
