#include "services/cli/commands/integer_flag.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace lawine::cli {

CLI::Validator WholeNumber(std::uint64_t min, std::uint64_t max) {
  const auto read = [min, max](std::string& text) {
    std::uint64_t number = 0;
    const bool digits = std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
    if (!digits || !absl::SimpleAtoi(text, &number) || number < min || number > max) {
      return absl::StrCat("expected a whole number from ", min, " to ", max, ", found '", text, "'");
    }
    text = absl::StrCat(number);  // without zeros before it, which would make it octal
    return std::string();
  };
  return CLI::Validator(read, "");
}

}  // namespace lawine::cli
