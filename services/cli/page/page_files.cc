#include "services/cli/page/page_files.h"

#include <cstddef>

// The assembler copies the file into the read-only part of the program.
#define LAWINE_EMBED(symbol, path)                                                                          \
  __asm__(".pushsection .rodata\n.global " #symbol "\n" #symbol ":\n.incbin \"" path "\"\n.global " #symbol \
          "_end\n" #symbol "_end:\n.byte 0\n.popsection\n");                                                \
  extern "C" __attribute__((visibility("hidden"))) const char symbol[];                                     \
  extern "C" __attribute__((visibility("hidden"))) const char symbol##_end[]

LAWINE_EMBED(lawine_page_html, LAWINE_PAGE_FOLDER "/page.html");
LAWINE_EMBED(lawine_page_css, LAWINE_PAGE_FOLDER "/page.css");
LAWINE_EMBED(lawine_page_js, LAWINE_PAGE_FOLDER "/page.js");
LAWINE_EMBED(lawine_chart_js, LAWINE_CHART_JS);

namespace lawine::cli {
namespace {

absl::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

absl::string_view PageTemplate() { return Between(lawine_page_html, lawine_page_html_end); }
absl::string_view PageStyle() { return Between(lawine_page_css, lawine_page_css_end); }
absl::string_view PageScript() { return Between(lawine_page_js, lawine_page_js_end); }
absl::string_view PlotLibrary() { return Between(lawine_chart_js, lawine_chart_js_end); }

}  // namespace lawine::cli
