#include "services/cli/commands/rate_flag.h"

#include <cstdint>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace lawine::cli {

std::optional<v1::RateCounts> ParseCounts(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  std::uint64_t shares = 0, receipts = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &shares) || !absl::SimpleAtoi(parts[1], &receipts)) {
    return std::nullopt;
  }
  v1::RateCounts counts;
  counts.set_shares(shares);
  counts.set_receipts(receipts);
  return counts;
}

absl::StatusOr<RateFlag> ParseRate(const std::string& flag, const std::string& text) {
  RateFlag rate;
  rate.counts = ParseCounts(text);
  if (rate.counts.has_value()) return rate;
  double number = 0;
  if (!absl::SimpleAtod(text, &number)) {
    return absl::InvalidArgumentError(absl::StrCat(
        flag, ": expected a probability such as 0.1, or what was counted, such as 45/1200; found '", text,
        "'"));
  }
  rate.number = number;
  return rate;
}

std::string RateProblem(const std::string& text) {
  return ParseRate("", text).ok() ? "" : "expected a probability such as 0.1, or counts such as 45/1200";
}

}  // namespace lawine::cli
