// Sizes as people write them on a command line.
#ifndef LAWINE_SERVICES_COMMON_SIZE_H_
#define LAWINE_SERVICES_COMMON_SIZE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lawine {

// Less is no memory for any graph worth limiting.
inline constexpr std::uint64_t kMemoryLimitMin = 1u << 20;

// "6GiB", "1.5 GiB", "800MB", "1048576B": a number, then B, or K, M, G or T with B (powers of 1000) or iB
// (of 1024). At least kMemoryLimitMin. INVALID_ARGUMENT says what was expected and what was found.
absl::StatusOr<std::uint64_t> ParseMemoryLimit(std::string_view text);

// What the `flag` of a command line says; nothing where `text` is empty, for then it was not given. Errors
// are ParseMemoryLimit's and name the flag.
absl::StatusOr<std::optional<std::uint64_t>> ParseSizeFlag(std::string_view flag, std::string_view text);

// "950 KiB", "1200 MiB": rounded up, for messages that compare two.
std::string MebibytesText(std::uint64_t bytes);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_SIZE_H_
