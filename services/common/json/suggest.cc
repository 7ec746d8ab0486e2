#include "services/common/json/suggest.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace lawine {

// Optimal string alignment by rows: `before` and `last` are the two rows above the current one.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string ClosestWord(std::string_view word, std::span<const std::string> known) {
  constexpr std::size_t kWordBytesMax = 64;
  if (word.empty() || word.size() > kWordBytesMax) return "";
  std::size_t nearest = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string answer;
  for (const std::string& candidate : known) {
    const std::size_t distance = EditDistance(word, candidate);
    if (distance < nearest) {
      nearest = distance;
      answer = candidate;
    }
  }
  return answer;
}

std::string DidYouMean(const std::string& word, std::span<const std::string> known) {
  const std::string closest = ClosestWord(word, known);
  return closest.empty() ? "" : absl::StrCat("; did you mean ", closest, "?");
}

}  // namespace lawine
