#include "services/server/drain_command.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "services/server/control_socket.h"

namespace lawine {

std::optional<int> RunDrainCommand(const std::string& program, int count, char** arguments) {
  if (count < 2 || std::string(arguments[1]) != "drain") return std::nullopt;
  CLI::App app(absl::StrCat(program,
                            " drain: tells the server of a data directory to begin nothing and to finish "
                            "what it does; returns when it has, or the time is over.\n\nExample: ",
                            program, " drain --data /var/lib/lawine --timeout-seconds 60"));
  std::string data_dir;
  std::uint32_t seconds = 60;
  app.add_option("--data", data_dir, "The server's data directory")->required();
  app.add_option("--timeout-seconds", seconds, "Wait at most so long")->capture_default_str();
  CLI11_PARSE(app, count - 1, arguments + 1);
  const absl::Status status = AskToDrain(data_dir, absl::Seconds(seconds));
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s drain: %s\n", program.c_str(), std::string(status.message()).c_str());
  return absl::IsDeadlineExceeded(status) ? 0 : 1;
}

}  // namespace lawine
