// The file that says who may call: a line a token, with the hash of it.
#ifndef LAWINE_SERVICES_COORDINATOR_ACCESS_TOKEN_FILE_H_
#define LAWINE_SERVICES_COORDINATOR_ACCESS_TOKEN_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace lawine {

// Each may do what those before it may.
enum class Role { kRead, kRun, kAdmin };

// "read"
std::string_view RoleWord(Role role);

struct Token {
  std::string name;
  Role role = Role::kRead;
  std::string sha256;              // 64 hexadecimal digits, small letters
  std::uint32_t runs_at_once = 0;  // 0: no limit of its own, as for those below
  std::uint32_t runs_queued = 0;
  std::uint32_t run_seconds = 0;     // that one run may be expected to work
  std::uint32_t run_memory_mib = 0;  // that one run may be expected to take, beside its graph
  double requests_per_second = 0;

  bool operator==(const Token&) const = default;
};

inline constexpr std::size_t kTokensMax = 10'000;
inline constexpr std::size_t kTokenNameBytesMax = 64;

// Lines of "NAME ROLE SHA256 [OPTION=NUMBER]..."; empty ones and those that begin with # say nothing. Names
// and hashes differ. INVALID_ARGUMENT with the number of the line, never with its hash.
absl::StatusOr<std::vector<Token>> ParseTokens(std::string_view text);

// In 64 hexadecimal digits, as in the file.
std::string Sha256Hex(std::string_view text);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_ACCESS_TOKEN_FILE_H_
