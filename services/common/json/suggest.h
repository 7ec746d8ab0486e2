// "Did you mean": the word someone probably meant.
#ifndef LAWINE_SERVICES_COMMON_JSON_SUGGEST_H_
#define LAWINE_SERVICES_COMMON_JSON_SUGGEST_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace lawine {

// Insertions, deletions, changes and swaps of neighbours that turn one word into the other.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The known word nearest to `word`, the first of equals; empty when none is near enough to be meant.
std::string ClosestWord(std::string_view word, std::span<const std::string> known);

// "; did you mean hyves?", or empty when nothing is near.
std::string DidYouMean(const std::string& word, std::span<const std::string> known);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_JSON_SUGGEST_H_
