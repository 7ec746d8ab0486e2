// Text inside HTML and XML.
#ifndef LAWINE_SERVICES_CLI_FILES_MARKUP_H_
#define LAWINE_SERVICES_CLI_FILES_MARKUP_H_

#include <string>

#include "absl/strings/string_view.h"

namespace lawine::cli {

// For texts and attributes: nothing of it is read as markup.
std::string EscapeMarkup(absl::string_view text);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_FILES_MARKUP_H_
