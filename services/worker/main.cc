// lawine-worker: serves shards of graphs and takes part in runs.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <thread>

#include "services/common/server_main.h"
#include "services/worker/worker_server.h"

int main(int argc, char** argv) {
  constexpr char kProgram[] = "lawine-worker";
  lawine::BeginServerMain(kProgram);
  CLI::App app(
      "lawine-worker: serves shards of graphs and takes part in runs.\n\n"
      "Example: lawine-worker --data /var/lib/lawine --coordinator coordinator:7070");
  lawine::WorkerOptions options;
  options.threads = std::max(1u, std::thread::hardware_concurrency());
  app.add_option("--data", options.data_dir, "Directory with this worker's shards; made if missing")
      ->required();
  app.add_option("--coordinator", options.coordinator, "HOST:PORT of the coordinator")->required();
  lawine::AddServerFlags(app, options.listen, options.insecure_listen);
  app.add_option("--advertise", options.advertise,
                 "HOST:PORT others reach this worker at, if not where it listens");
  app.add_option("--threads", options.threads, "Threads that work on runs and loads")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const auto server = lawine::WorkerServer::Start(options);
  if (!server.ok()) return lawine::StartFailed(kProgram, server.status());
  spdlog::info("data {}, coordinator {}, {} threads, node {}", options.data_dir, options.coordinator,
               options.threads, (*server)->node_id());
  lawine::ServeUntilSignal((*server)->address());
  (*server)->Shutdown();
  return 0;
}
