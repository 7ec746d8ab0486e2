// Files that every report is made of, built into the program.
#ifndef LAWINE_SERVICES_CLI_PAGE_PAGE_FILES_H_
#define LAWINE_SERVICES_CLI_PAGE_PAGE_FILES_H_

#include "absl/strings/string_view.h"

namespace lawine::cli {

absl::string_view PageTemplate();  // page.html, with {{names}} to be replaced
absl::string_view PageStyle();     // page.css
absl::string_view PageScript();    // page.js
absl::string_view PlotLibrary();   // Chart.js, minified, with its licence in its first lines

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_PAGE_PAGE_FILES_H_
