#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/follow_run.h"
#include "services/cli/connection/connection.h"
#include "services/cli/files/output_file.h"
#include "services/cli/page/run_page.h"
#include "services/cli/text/text.h"

namespace lawine::cli {
namespace {

struct ReportFlags {
  std::vector<std::string> runs;
  std::string out = "report.html";
};

absl::Status WriteReport(Session& session, const ReportFlags& flags) {
  std::vector<v1::RunResult> results;
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  for (const std::string& run : flags.runs) {
    LAWINE_ASSIGN_OR_RETURN(results.emplace_back(), GetResult(*connection, RunName(run)));
  }
  LAWINE_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Create(flags.out));
  LAWINE_RETURN_IF_ERROR(WritePage(RunsPage(results), file));
  if (session.options.json) {
    Print(JsonText({{"report", flags.out}, {"runs", flags.runs}}));
  } else {
    Print(absl::StrCat(flags.out, ": report of ", absl::StrJoin(flags.runs, ", "), "\n"));
  }
  return absl::OkStatus();
}

}  // namespace

void AddReportCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<ReportFlags>();
  CLI::App& command = AddCommand(
      app, "report", "Write a report of a run, or of several side by side: one page of HTML with plots",
      "lawine report runs/17\n"
      "lawine report 17 18 --out both.html\n"
      "lawine compare ambassador.json --report ambassador.html   # of a comparison\n"
      "lawine sweep hyves --field model.forward.probability --from 0.001 --to 0.1 --report sweep.html");
  command.add_option("RUN", flags->runs, "Names of runs that have ended, with or without runs/")->required();
  command.add_option("--out", flags->out, "File to write (default: report.html)")->type_name("FILE");
  command.callback(
      [flags, &action] { action = [flags](Session& session) { return WriteReport(session, *flags); }; });
}

}  // namespace lawine::cli
