// Lists for people to read, which do not grow without bound.
#ifndef LAWINE_ENGINE_BASE_LIST_TEXT_H_
#define LAWINE_ENGINE_BASE_LIST_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace lawine {

// A list in an error takes about so much: errors travel in metadata, of which gRPC takes 8 KiB.
inline constexpr std::size_t kListBytesMax = 500;

// "a, b, c", or the first of them "and 37 more"; the first one in any case. Items are what absl::StrCat
// takes.
template <class Items>
std::string ListText(const Items& items, std::string_view separator = ", ",
                     std::size_t bytes_max = kListBytesMax) {
  std::string text;
  std::size_t told = 0;
  for (const auto& item : items) {
    const std::string next = absl::StrCat(item);
    if (told > 0 && text.size() + separator.size() + next.size() > bytes_max) break;
    if (told > 0) text += separator;
    text += next;
    ++told;
  }
  if (told < items.size()) absl::StrAppend(&text, " and ", items.size() - told, " more");
  return text;
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_LIST_TEXT_H_
