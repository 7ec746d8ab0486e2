// lawine-worker: serves shards of graphs and takes part in runs.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <thread>

#include "services/common/process.h"
#include "services/worker/worker_server.h"

int main(int argc, char** argv) {
  lawine::BlockStopSignals();
  spdlog::set_default_logger(spdlog::stderr_logger_mt("lawine-worker"));
  CLI::App app(
      "lawine-worker: serves shards of graphs and takes part in runs.\n\n"
      "Example: lawine-worker --data /var/lib/lawine --coordinator coordinator:7070");
  app.set_version_flag("--version", lawine::kVersion);
  lawine::WorkerOptions options;
  options.threads = std::max(1u, std::thread::hardware_concurrency());
  std::string insecure;
  app.add_option("--data", options.data_dir, "Directory with this worker's shards; made if missing")
      ->required();
  app.add_option("--coordinator", options.coordinator, "HOST:PORT of the coordinator")->required();
  app.add_option("--listen", options.listen, "Loopback HOST:PORT to serve on; port 0 is any free one")
      ->capture_default_str();
  app.add_option("--insecure-listen", insecure,
                 "HOST:PORT of any address; connections are not protected, anyone who reaches it may use it");
  app.add_option("--advertise", options.advertise,
                 "HOST:PORT others reach this worker at, if not where it listens");
  app.add_option("--threads", options.threads, "Threads that work on runs and loads")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (!insecure.empty()) {
    options.listen = insecure;
    options.insecure_listen = true;
  }
  auto server = lawine::WorkerServer::Start(options);
  if (!server.ok()) {
    std::fprintf(stderr, "lawine-worker: %s\n", std::string(server.status().message()).c_str());
    return 1;
  }
  spdlog::info("data {}, coordinator {}, {} threads, node {}", options.data_dir, options.coordinator,
               options.threads, (*server)->node_id());
  std::printf("listening on %s\n", (*server)->address().c_str());
  std::fflush(stdout);
  const int signal = lawine::WaitForStopSignal();
  spdlog::info("stopping after signal {}", signal);
  (*server)->Shutdown();
  return 0;
}
