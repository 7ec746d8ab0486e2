#include "engine/base/digest.h"

#include <charconv>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lawine {
namespace {

bool ParseHexWord(std::string_view hex, std::uint64_t& word) {
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), word, 16);
  return error == std::errc() && end == hex.data() + hex.size();
}

}  // namespace

std::string Digest::ToHex() const { return absl::StrFormat("%016x%016x", high, low); }

absl::StatusOr<Digest> Digest::FromHex(std::string_view hex) {
  Digest digest;
  if (hex.size() != 32 || !ParseHexWord(hex.substr(0, 16), digest.high) ||
      !ParseHexWord(hex.substr(16), digest.low)) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a digest of 32 hex digits, found '", std::string(hex), "'"));
  }
  return digest;
}

}  // namespace lawine
