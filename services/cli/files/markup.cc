#include "services/cli/files/markup.h"

#include "absl/strings/str_replace.h"

namespace lawine::cli {

std::string EscapeMarkup(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

}  // namespace lawine::cli
