#include "services/common/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lawine {
namespace {

void InsertThousands(std::string& digits, std::size_t integer_end) {
  for (std::size_t i = integer_end; i > 3 && digits[i - 4] != '-';) digits.insert(i -= 3, 1, ',');
}

}  // namespace

std::string Thousands(std::uint64_t value) {
  std::string digits = absl::StrCat(value);
  InsertThousands(digits, digits.size());
  return digits;
}

std::string Decimal(double value, int decimals) {
  std::string digits = absl::StrFormat("%.*f", decimals, value);
  InsertThousands(digits, std::min(digits.find('.'), digits.size()));
  return digits;
}

std::string ExactText(double value) {
  std::array<char, 32> text;  // no double takes more than 24
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), end);
}

}  // namespace lawine
