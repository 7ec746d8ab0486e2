// lawine-coordinator: the public face of a cluster, and conductor of its runs.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

#include "services/common/server_main.h"
#include "services/common/size.h"
#include "services/coordinator/coordinator_server.h"
#include "services/coordinator/run_flags.h"

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
  lawine::RunFlags flags(app, options.runs);
  std::string import_memory;
  app.add_option("--import-memory", import_memory,
                 "What the links of an import may take in memory; more of them go to the data directory "
                 "(default: 256MiB)")
      ->type_name("SIZE");
  CLI11_PARSE(app, argc, argv);
  if (!import_memory.empty()) {
    const auto bytes = lawine::ParseMemoryLimit(import_memory);
    if (!bytes.ok()) {
      return lawine::StartFailed(
          kProgram, absl::InvalidArgumentError("--import-memory: " + std::string(bytes.status().message())));
    }
    options.import_memory_bytes = *bytes;
  }
  if (const absl::Status status = flags.Apply(); !status.ok()) return lawine::StartFailed(kProgram, status);
  const auto server = lawine::CoordinatorServer::Start(options);
  if (!server.ok()) return lawine::StartFailed(kProgram, server.status());
  spdlog::info("data {}, {} runs at once", options.data_dir, options.runs.at_once_max);
  lawine::ServeUntilSignal((*server)->address());
  (*server)->Shutdown();
  return 0;
}
