// A report: one page of HTML that needs nothing else, from a file or a mail, on a screen or on paper.
#ifndef LAWINE_SERVICES_CLI_PAGE_PAGE_H_
#define LAWINE_SERVICES_CLI_PAGE_PAGE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/cli/files/output_file.h"
#include "services/cli/page/plot.h"
#include "services/cli/text/answer.h"

namespace lawine::cli {

// Where an assumption comes from.
enum class Basis { kMeasured, kArticle, kAssumed, kYours };

struct Assumption {
  std::string what;
  std::string value;
  Basis basis = Basis::kYours;
  std::string source = "";  // where it was measured, or why it is assumed so
};

// The first column names rows; others are numbers.
struct PageTable {
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows = {};
};

// Everything needed to repeat what was done.
struct PageManifest {
  std::string title;  // empty where there is only one
  std::vector<std::string> commands;
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<std::pair<std::string, std::string>> files;  // what to call them, and what is in them
};

struct PagePlots {
  std::string title;
  std::vector<Plot> plots;
};

struct Page {
  std::string title;
  std::string subtitle;
  std::string recommendation;
  std::vector<Answer> answers = {};
  std::vector<std::string> warnings = {};
  std::vector<PageTable> tables = {};
  std::vector<Assumption> assumptions = {};
  std::vector<PagePlots> plots = {};
  std::vector<PageManifest> manifests = {};
};

// Any text may be in it: nothing of it is read as HTML or as a script. Bytes that are not UTF-8 become
// U+FFFD.
std::string PageHtml(const Page& page);

// Ends the file.
absl::Status WritePage(const Page& page, OutputFile& file);

// For JSON inside a script element: no "<", ">" or "&" is left in it.
std::string EscapeScriptJson(const std::string& json);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_PAGE_PAGE_H_
