// lawine-coordinator: the public face of a cluster, and conductor of its runs.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "services/common/process.h"
#include "services/coordinator/coordinator_server.h"

int main(int argc, char** argv) {
  lawine::BlockStopSignals();
  spdlog::set_default_logger(spdlog::stderr_logger_mt("lawine-coordinator"));
  CLI::App app(
      "lawine-coordinator: the public face of a cluster, and conductor of its runs.\n\n"
      "Example: lawine-coordinator --data /var/lib/lawine --listen 127.0.0.1:7070");
  app.set_version_flag("--version", lawine::kVersion);
  lawine::CoordinatorOptions options;
  std::string insecure;
  app.add_option("--data", options.data_dir, "Directory of the registry of graphs and runs; made if missing")
      ->required();
  app.add_option("--listen", options.listen, "Loopback HOST:PORT to serve on; port 0 is any free one")
      ->capture_default_str();
  app.add_option("--insecure-listen", insecure,
                 "HOST:PORT of any address; connections are not protected, anyone who reaches it may use it");
  app.add_option("--runs-at-once", options.runs_at_once_max,
                 "Runs that go on at the same time; further ones queue")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (!insecure.empty()) {
    options.listen = insecure;
    options.insecure_listen = true;
  }
  auto server = lawine::CoordinatorServer::Start(options);
  if (!server.ok()) {
    std::fprintf(stderr, "lawine-coordinator: %s\n", std::string(server.status().message()).c_str());
    return 1;
  }
  spdlog::info("data {}, {} runs at once", options.data_dir, options.runs_at_once_max);
  std::printf("listening on %s\n", (*server)->address().c_str());
  std::fflush(stdout);
  const int signal = lawine::WaitForStopSignal();
  spdlog::info("stopping after signal {}", signal);
  (*server)->Shutdown();
  return 0;
}
