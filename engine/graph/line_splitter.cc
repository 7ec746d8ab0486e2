#include "engine/graph/line_splitter.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/graph/edge_line.h"

namespace lawine {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";
// What may stand around a column of a row: "9 ,;\t10" has two.
constexpr std::string_view kAroundColumns = " \t\r\n\v\f,;";
constexpr std::string_view kAroundValues = " \t";

enum class CharClass : std::uint8_t { kText, kWhite, kSeparator };

constexpr std::array<CharClass, 256> kCharClasses = [] {
  std::array<CharClass, 256> table = {};
  for (const char c : kWhiteSpace) table[static_cast<unsigned char>(c)] = CharClass::kWhite;
  for (const char c : {',', ';'}) table[static_cast<unsigned char>(c)] = CharClass::kSeparator;
  return table;
}();

CharClass ClassOf(char c) { return kCharClasses[static_cast<unsigned char>(c)]; }

std::string_view Without(std::string_view around, std::string_view text) {
  const std::size_t first = text.find_first_not_of(around);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(around) - first + 1);
}

// Where the quoted value ends whose first byte is at `at`; npos when it does not.
std::size_t ClosingQuote(std::string_view line, std::size_t at) {
  for (at = line.find('"', at); at != std::string_view::npos; at = line.find('"', at + 2)) {
    if (at + 1 == line.size() || line[at + 1] != '"') return at;
  }
  return std::string_view::npos;
}

// What parts a row in which something is quoted: the first comma or semicolon outside quotes, or a tab, or 0
// where there are none but blanks.
char RowSeparator(std::string_view line) {
  char found = 0;
  bool begins = true;  // a column, so that a quote opens one
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && begins) {
      const std::size_t end = ClosingQuote(line, i + 1);
      // One that does not end is an error, unless quotes mean nothing here.
      if (end == std::string_view::npos) i = line.find_first_of(",;\t", i);
      if (i == std::string_view::npos) return found;
      if (end != std::string_view::npos) i = end;
    }
    if (ClassOf(line[i]) == CharClass::kSeparator) return line[i];
    if (line[i] == '\t') found = '\t';
    begins = ClassOf(line[i]) == CharClass::kWhite;
  }
  return found;
}

absl::Status NothingMayFollow(std::string_view rest) {
  return absl::InvalidArgumentError(absl::StrCat("expected a separator after the closing quote, found ",
                                                 Quoted(rest), ": double the quotes inside a value"));
}

}  // namespace

std::size_t ColumnsBegin(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size() && ClassOf(line[at]) != CharClass::kText) ++at;
  return at;
}

absl::Status LineSplitter::SplitCsv(std::string_view line, char separator,
                                    std::vector<std::string_view>& values) {
  return SplitCells(line, separator, kAroundValues, values);
}

absl::Status LineSplitter::SplitRow(std::string_view line, std::size_t columns_count,
                                    std::vector<std::string_view>& columns) {
  columns.clear();
  const char* at = line.data();
  const char* const end = at + line.size();
  while (true) {
    while (at != end && ClassOf(*at) == CharClass::kWhite) ++at;
    if (at == end) return absl::OkStatus();
    const char* const first = at;
    while (at != end && ClassOf(*at) == CharClass::kText) ++at;
    if (*first == '#' && columns.size() == columns_count) return absl::OkStatus();
    if (*first == '"' || (at != end && ClassOf(*at) == CharClass::kSeparator)) {
      return SplitSeparated(line, columns_count, columns);
    }
    columns.emplace_back(first, static_cast<std::size_t>(at - first));
  }
}

absl::Status LineSplitter::SplitSeparated(std::string_view line, std::size_t columns_count,
                                          std::vector<std::string_view>& columns) {
  const bool quotes = line.find('"') != std::string_view::npos;
  const char separator = quotes ? RowSeparator(line) : line[line.find_first_of(",;")];
  if (separator == ',' || separator == ';') return SplitCells(line, separator, kAroundColumns, columns);
  return SplitBlanks(line, columns_count, separator == '\t', columns);
}

absl::Status LineSplitter::SplitCells(std::string_view line, char separator, std::string_view around,
                                      std::vector<std::string_view>& values) {
  values.clear();
  unquoted_.clear();
  unquoted_.reserve(line.size());
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::string_view blanks = separator == '\t' ? " " : " \t";
  while (true) {
    const std::size_t first = line.find_first_not_of(blanks);
    if (first != std::string_view::npos && line[first] == '"') {
      line.remove_prefix(first);
      LAWINE_RETURN_IF_ERROR(TakeQuoted(line, values));
      line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
      if (line.empty()) return absl::OkStatus();
      if (line.front() != separator) return NothingMayFollow(line);
    } else {
      const std::size_t end = line.find(separator);
      values.push_back(Without(around, line.substr(0, end)));
      if (end == std::string_view::npos) return absl::OkStatus();
      line.remove_prefix(end);
    }
    line.remove_prefix(1);
  }
}

absl::Status LineSplitter::SplitBlanks(std::string_view line, std::size_t columns_count, bool quotes,
                                       std::vector<std::string_view>& columns) {
  columns.clear();
  unquoted_.clear();
  unquoted_.reserve(line.size());
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kWhiteSpace), line.size()));
    if (line.empty() || (line.front() == '#' && columns.size() == columns_count)) return absl::OkStatus();
    if (quotes && line.front() == '"') {
      LAWINE_RETURN_IF_ERROR(TakeQuoted(line, columns));
      if (!line.empty() && ClassOf(line.front()) != CharClass::kWhite) return NothingMayFollow(line);
    } else {
      columns.push_back(line.substr(0, line.find_first_of(kWhiteSpace)));
      line.remove_prefix(columns.back().size());
    }
  }
}

// Takes the quoted value that `rest` starts with.
absl::Status LineSplitter::TakeQuoted(std::string_view& rest, std::vector<std::string_view>& values) {
  const std::size_t end = ClosingQuote(rest, 1);
  if (end == std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a closing quote before the end of the line, found none in ", Quoted(rest)));
  }
  const std::size_t begin = unquoted_.size();
  for (std::size_t i = 1; i < end; ++i) {
    unquoted_ += rest[i];
    if (rest[i] == '"') ++i;
  }
  values.push_back(std::string_view(unquoted_).substr(begin));
  rest.remove_prefix(end + 1);
  return absl::OkStatus();
}

}  // namespace lawine
