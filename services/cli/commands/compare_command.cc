#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/integer_flag.h"
#include "services/cli/commands/simulate_flags.h"
#include "services/cli/commands/what_if_call.h"
#include "services/cli/files/input_file.h"
#include "services/cli/files/output_file.h"
#include "services/cli/page/what_if_page.h"
#include "services/cli/text/comparison_text.h"
#include "services/common/json/comparison_json.h"

namespace lawine::cli {
namespace {

struct CompareFlags {
  std::string file;  // "-" is standard input
  std::string graph;
  std::optional<std::uint32_t> replicas;
  std::optional<std::uint64_t> run_seed;
  std::string measure;
  std::string message;
  std::string until_precision;
  std::string differences;
  std::string report;
  bool estimate = false;
};

absl::StatusOr<v1::CompareRequest> RequestOf(const CompareFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(const std::string text, ReadInput(flags.file));
  v1::CompareRequest request;
  LAWINE_ASSIGN_OR_RETURN(*request.mutable_comparison(),
                          InFile("comparison", flags.file, ParseComparisonJson(text)));
  v1::Comparison& comparison = *request.mutable_comparison();
  if (!flags.graph.empty()) comparison.mutable_base()->set_graph(flags.graph);
  if (flags.replicas) comparison.mutable_base()->set_replicas(*flags.replicas);
  if (flags.run_seed) comparison.mutable_base()->set_run_seed(*flags.run_seed);
  if (!flags.measure.empty()) comparison.set_measure(flags.measure);
  if (!flags.message.empty()) comparison.set_message(flags.message);
  if (!flags.until_precision.empty()) {
    LAWINE_ASSIGN_OR_RETURN(*comparison.mutable_base()->mutable_until_precision(),
                            ParsePrecision(flags.until_precision));
  }
  request.set_validate_only(flags.estimate);
  return request;
}

absl::Status Compare(Session& session, const CompareFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(const v1::CompareRequest request, RequestOf(flags));
  LAWINE_RETURN_IF_ERROR(CheckDistinct({{"--differences", flags.differences}, {"--report", flags.report}}));
  LAWINE_ASSIGN_OR_RETURN(std::optional<OutputFile> differences,
                          OutputFile::CreateIfNamed(flags.differences));
  LAWINE_ASSIGN_OR_RETURN(std::optional<OutputFile> report, OutputFile::CreateIfNamed(flags.report));
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  LAWINE_ASSIGN_OR_RETURN(const v1::CompareResponse last,
                          CallWhatIf(session, *connection, request.comparison().base().graph(),
                                     &v1::WhatIfService::Stub::Compare, request));
  if (last.has_estimate()) {
    Print(EstimateText(last.estimate(), session.options.json));
    return absl::OkStatus();
  }
  if (differences.has_value()) LAWINE_RETURN_IF_ERROR(WriteDifferences(last.result(), *differences));
  if (report.has_value()) LAWINE_RETURN_IF_ERROR(WritePage(ComparisonPage(last.result()), *report));
  Print(session.options.json ? JsonText(ComparisonResultToJson(last.result()))
                             : ComparisonReport(last.result(), session.options.color));
  return absl::OkStatus();
}

}  // namespace

void AddCompareCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<CompareFlags>();
  CLI::App& command =
      AddCommand(app, "compare", "What if: named variants of one scenario, all under the same luck",
                 "lawine compare ambassador.json\n"
                 "lawine compare ambassador.json --replicas 1000 --measure deliveries\n"
                 "lawine compare ambassador.json --differences steps.csv -o json\n"
                 "lawine compare ambassador.json --report ambassador.html\n"
                 "lawine compare ambassador.json --estimate");
  command
      .add_option(
          "FILE", flags->file,
          "Comparison file: base and variants as JSON, or the name of one of 'lawine scenario list' ('-': "
          "standard input)")
      ->required();
  command.add_option("--graph", flags->graph, "Name of the graph (default: the file's)")->type_name("NAME");
  AddInteger(command, "--replicas", flags->replicas, "N", "Realisations of chance for each (default: 100)");
  AddInteger(command, "--run-seed", flags->run_seed, "S", "Key of the luck that all meet (default: 1)");
  command
      .add_option("--measure", flags->measure,
                  "What decides: reach (default), deliveries, forwards, duplicates, steps, steps_to_half, "
                  "steps_to_90, people, follows, unfollows, target_reach, target_share, cost, "
                  "cost_per_thousand, positive_reach, negative_reach, monitors, first_sighting, first_step "
                  "or steps_to_percent")
      ->type_name("WHAT");
  command.add_option("--message", flags->message, "Whose measure: a message's name (default: the first)")
      ->type_name("NAME");
  command
      .add_option(
          "--until-precision", flags->until_precision,
          "As many realisations as it takes, at most --replicas (default: 1,000), until all differences "
          "from the base are known so well, such as half_width=1% (of the base)")
      ->type_name("HOW");
  command.add_option("--differences", flags->differences, "Write every difference, also by hop, as CSV")
      ->type_name("FILE");
  command.add_option("--report", flags->report, "Write a report: one page of HTML with plots")
      ->type_name("FILE");
  command.add_flag("--estimate", flags->estimate, "Check the file and say what it would take; run nothing");
  command.callback(
      [flags, &action] { action = [flags](Session& session) { return Compare(session, *flags); }; });
}

}  // namespace lawine::cli
