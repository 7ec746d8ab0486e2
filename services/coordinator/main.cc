// lawine-coordinator: the public face of a cluster, and conductor of its runs.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

#include "services/common/server_main.h"
#include "services/coordinator/coordinator_server.h"

int main(int argc, char** argv) {
  constexpr char kProgram[] = "lawine-coordinator";
  lawine::BeginServerMain(kProgram);
  CLI::App app(
      "lawine-coordinator: the public face of a cluster, and conductor of its runs.\n\n"
      "Example: lawine-coordinator --data /var/lib/lawine --listen 127.0.0.1:7070");
  lawine::CoordinatorOptions options;
  app.add_option("--data", options.data_dir, "Directory of the registry of graphs and runs; made if missing")
      ->required();
  lawine::AddServerFlags(app, options.listen, options.insecure_listen);
  app.add_option("--runs-at-once", options.runs_at_once_max,
                 "Runs that go on at the same time; further ones queue")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const auto server = lawine::CoordinatorServer::Start(options);
  if (!server.ok()) return lawine::StartFailed(kProgram, server.status());
  spdlog::info("data {}, {} runs at once", options.data_dir, options.runs_at_once_max);
  lawine::ServeUntilSignal((*server)->address());
  (*server)->Shutdown();
  return 0;
}
