#include "services/cli/text/text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace lawine::cli {
namespace {

// Columns a terminal needs: bytes of UTF-8 that do not continue a character.
std::size_t Columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string Padded(const std::string& text, std::size_t width, Table::Align align) {
  const std::string space(width - std::min(width, Columns(text)), ' ');
  return align == Table::Align::kLeft ? text + space : space + text;
}

std::string WithoutTrailingSpaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::string Percent(double share) { return absl::StrFormat("%.6g%%", share * 100.0); }

std::string PercentCell(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && percent < 0.005) return "<0.01";
  if (part < whole && percent > 99.995) return ">99.99";
  return absl::StrFormat("%.2f", percent);
}

std::string Counted(std::uint64_t count, const std::string& singular, const std::string& plural) {
  return absl::StrCat(Thousands(count), " ", count == 1 ? singular : plural);
}

std::string Bytes(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes) / 1024.0;
  std::size_t unit = 0;
  while (value >= 1024.0 && unit + 1 < std::size(kUnits)) {
    value /= 1024.0;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", value, kUnits[unit]);
}

std::string Duration(double seconds) {
  if (seconds < 1.0) return absl::StrFormat("%.3f s", seconds);
  if (seconds < 60.0) return absl::StrFormat("%.1f s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole % 3'600 == 0) return Counted(whole / 3'600, "hour", "hours");
  return absl::StrCat(Thousands(whole / 60), " min",
                      whole % 60 == 0 ? "" : absl::StrCat(" ", whole % 60, " s"));
}

std::string Wrap(const std::string& text, std::size_t indent) {
  std::string wrapped;
  std::size_t column = 0;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (column > 0 && column + 1 + word.size() > kTextWidth) {
      absl::StrAppend(&wrapped, "\n", std::string(indent, ' '));
      column = indent;
    } else if (!wrapped.empty()) {
      wrapped += ' ';
      ++column;
    }
    absl::StrAppend(&wrapped, word);
    column += word.size();
  }
  return wrapped;
}

std::string Table::Render(bool color) const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    widths.push_back(Columns(columns_[c].first));
    for (const auto& row : rows_) widths[c] = std::max(widths[c], Columns(row[c]));
  }
  const auto line = [&](const auto& cell) {
    std::string text;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      absl::StrAppend(&text, c == 0 ? "" : "  ", Padded(cell(c), widths[c], columns_[c].second));
    }
    return WithoutTrailingSpaces(text);
  };
  const std::string titles = line([&](std::size_t c) { return columns_[c].first; });
  std::string text = color ? absl::StrCat("\033[1m", titles, "\033[0m\n") : absl::StrCat(titles, "\n");
  for (const auto& row : rows_) {
    absl::StrAppend(&text, line([&](std::size_t c) { return row[c]; }), "\n");
  }
  return text;
}

std::string Facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::size_t width = 0;
  for (const auto& [name, value] : facts) width = std::max(width, Columns(name));
  std::string text;
  for (const auto& [name, value] : facts) {
    const std::string start = Padded(name, width, Table::Align::kLeft) + "  ";
    absl::StrAppend(&text, WithoutTrailingSpaces(Wrap(start + value, width + 2)), "\n");
  }
  return text;
}

}  // namespace lawine::cli
