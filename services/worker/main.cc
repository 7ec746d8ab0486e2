// lawine-worker: serves shards of graphs and takes part in runs.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <thread>

#include "services/common/size.h"
#include "services/server/drain_command.h"
#include "services/server/server_main.h"
#include "services/worker/worker_server.h"

namespace {

constexpr char kProgram[] = "lawine-worker";

void AddFlags(CLI::App& app, lawine::WorkerOptions& options, std::string& memory_limit) {
  options.threads = std::max(1u, std::thread::hardware_concurrency());
  app.add_option("--data", options.data_dir, "Directory with this worker's shards; made if missing")
      ->required();
  app.add_option("--coordinator", options.coordinator, "HOST:PORT of the coordinator, where workers register")
      ->required();
  app.add_option("--advertise", options.advertise,
                 "HOST:PORT others reach this worker at, if not where it listens");
  app.add_option("--threads", options.threads, "Threads that work on runs and loads")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, lawine::WorkerOptions::kThreadsMax));
  app.add_option(
         "--memory-limit", memory_limit,
         "What graphs may take in memory, like 6GiB; links beyond it are read from disk, which is slower "
         "(default: none, graphs that do not fit the machine are refused)")
      ->type_name("SIZE");
}

int Serve(const CLI::App& app, const lawine::ServerFlags& flags, const lawine::WorkerOptions& options,
          const std::string& memory_limit) {
  const auto server = lawine::WorkerServer::Start(options);
  if (!server.ok()) return lawine::StartFailed(kProgram, server.status());
  spdlog::info("data {}, coordinator {}, {} threads, memory limit {}, node {}", options.data_dir,
               options.coordinator, options.threads, memory_limit.empty() ? "none" : memory_limit,
               (*server)->node_id());
  return lawine::ServeAndStop(app, flags, options.data_dir, {{"worker port", (*server)->address()}},
                              **server);
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto drained = lawine::RunDrainCommand(kProgram, argc, argv); drained.has_value())
    return *drained;
  lawine::BeginServerMain(kProgram);
  CLI::App app(
      "lawine-worker: serves shards of graphs and takes part in runs.\n\n"
      "Example: lawine-worker --data /var/lib/lawine --coordinator coordinator:7070\n"
      "Before it is stopped: lawine-worker drain --help",
      kProgram);
  lawine::WorkerOptions options;
  lawine::ServerFlags server_flags;
  std::string memory_limit;
  AddFlags(app, options, memory_limit);
  lawine::AddServerFlags(app, server_flags);
  CLI11_PARSE(app, argc, argv);
  lawine::ApplyLogFormat(server_flags);
  const auto memory_limit_bytes = lawine::ParseSizeFlag("--memory-limit", memory_limit);
  if (!memory_limit_bytes.ok()) return lawine::StartFailed(kProgram, memory_limit_bytes.status());
  options.memory_limit_bytes = *memory_limit_bytes;
  lawine::ApplyListenFlags(server_flags, options, options.certificates);
  return Serve(app, server_flags, options, memory_limit);
}
