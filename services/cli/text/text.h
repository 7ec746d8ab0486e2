// Numbers, tables and sentences for people to read. All text fits kTextWidth columns where words allow.
#ifndef LAWINE_SERVICES_CLI_TEXT_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "services/common/number_text.h"

namespace lawine::cli {

inline constexpr std::size_t kTextWidth = 100;

using ::lawine::Decimal;
using ::lawine::Thousands;
// 0.1 -> "10%", 0.001 -> "0.1%": no more decimals than the number has.
std::string Percent(double share);
// Share of a whole with two decimals and no sign, for columns; small shares are not rounded to nothing.
std::string PercentCell(std::uint64_t part, std::uint64_t whole);
// "1 hop", "2 hops", "1,000 hops".
std::string Counted(std::uint64_t count, const std::string& singular, const std::string& plural);
// "950 B", "1.2 MiB".
std::string Bytes(std::uint64_t bytes);
// "0.012 s", "3.4 s", "2 min 5 s", "10 min", "3 hours".
std::string Duration(double seconds);
// Breaks lines between words; further lines are indented by `indent`.
std::string Wrap(const std::string& text, std::size_t indent = 0);

// Columns as wide as their widest cell, two spaces apart.
class Table {
 public:
  enum class Align { kLeft, kRight };
  explicit Table(std::vector<std::pair<std::string, Align>> columns) : columns_(std::move(columns)) {}

  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // A line each, the titles first, bold if `color`; no spaces at the ends of lines.
  std::string Render(bool color) const;

 private:
  std::vector<std::pair<std::string, Align>> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Names and values below each other, values in one column.
std::string Facts(const std::vector<std::pair<std::string, std::string>>& facts);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_TEXT_H_
