#include "services/cli/connection/exit_code.h"

#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/common/errors.h"

namespace lawine::cli {

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kInvalidArgument:
      return ExitCode::kUsage;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kUnavailable;
    case absl::StatusCode::kCancelled:
      return ExitCode::kInterrupted;
    default:
      return ExitCode::kFailed;
  }
}

std::string InOwnWords(const std::string& text) {
  return absl::StrReplaceAll(text, {{"`row`", "--row"},
                                    {"`undirected`", "--undirected"},
                                    {"`string_ids`", "--string-ids"},
                                    {"`header_lines`", "--header-lines"},
                                    {"GetGraphStats tells", "lawine graph stats tells"},
                                    {"ListRuns tells", "lawine run list tells"}});
}

absl::Status FromCall(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  std::string text = status.error_message();
  if (text.empty()) text = "the call failed without saying why";
  for (const std::string& violation : FieldViolations(status)) {
    if (!absl::StrContains(text, violation)) absl::StrAppend(&text, "\n", violation);
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), InOwnWords(text));
}

absl::Status WithAdvice(const absl::Status& status, const std::string& advice) {
  if (status.ok() || advice.empty()) return status;
  return absl::Status(status.code(), absl::StrCat(status.message(), "\n", advice));
}

void PrintError(const absl::Status& status) {
  if (status.ok() || status.message().empty()) return;
  std::fprintf(stderr, "error: %s\n", absl::StrReplaceAll(status.message(), {{"\n", "\n  "}}).c_str());
}

}  // namespace lawine::cli
