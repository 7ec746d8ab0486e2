#include "services/common/size.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace lawine {
namespace {

constexpr std::pair<std::string_view, double> kUnits[] = {
    {"B", 1},        {"KB", 1e3},     {"MB", 1e6},     {"GB", 1e9},     {"TB", 1e12},
    {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40},
};

}  // namespace

absl::StatusOr<std::uint64_t> ParseMemoryLimit(std::string_view text) {
  const auto refuse = [text] {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a size like 6GiB or 800MB, at least 1MiB, found '",
                     absl::string_view(text.data(), text.size()), "'"));
  };
  const std::size_t number_end = std::min(text.find_first_not_of("0123456789."), text.size());
  const absl::string_view unit =
      absl::StripLeadingAsciiWhitespace(absl::string_view(text.data(), text.size()).substr(number_end));
  double number = 0;
  if (!absl::SimpleAtod(absl::string_view(text.data(), number_end), &number)) return refuse();
  for (const auto& [name, bytes] : kUnits) {
    if (unit != absl::string_view(name.data(), name.size())) continue;
    const double size = std::floor(number * bytes);
    if (!(size >= static_cast<double>(kMemoryLimitMin) && size < 0x1p63)) return refuse();
    return static_cast<std::uint64_t>(size);
  }
  return refuse();
}

absl::StatusOr<std::optional<std::uint64_t>> ParseSizeFlag(std::string_view flag, std::string_view text) {
  if (text.empty()) return std::nullopt;
  const absl::StatusOr<std::uint64_t> bytes = ParseMemoryLimit(text);
  if (bytes.ok()) return *bytes;
  return absl::InvalidArgumentError(
      absl::StrCat(absl::string_view(flag.data(), flag.size()), ": ", bytes.status().message()));
}

std::string MebibytesText(std::uint64_t bytes) {
  constexpr std::uint64_t kKibibyte = 1u << 10, kMebibyte = 1u << 20;
  return bytes < 10 * kMebibyte ? absl::StrCat((bytes + kKibibyte - 1) / kKibibyte, " KiB")
                                : absl::StrCat((bytes + kMebibyte - 1) / kMebibyte, " MiB");
}

}  // namespace lawine
