// What a line of the log is about, beside its words.
#ifndef LAWINE_SERVICES_COMMON_LOG_H_
#define LAWINE_SERVICES_COMMON_LOG_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace lawine {

// Between words and fields, and between names and values: in no text that is logged.
inline constexpr char kLogFieldMark = '\x1f';

// Put at the end of a line: spdlog::info("{} ended{}", name, LogFields({{"run", name}})). In JSON they are
// members of the line's object, in text they follow its words.
inline std::string LogFields(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    for (const std::string_view part : {name, value}) {
      text += kLogFieldMark;
      for (const char letter : part) text += letter == kLogFieldMark ? ' ' : letter;
    }
  }
  return text;
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_LOG_H_
