// lawine-coordinator: the public face of a cluster, and conductor of its runs.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/status_macros.h"
#include "services/common/size.h"
#include "services/coordinator/coordinator_server.h"
#include "services/coordinator/run_flags.h"
#include "services/server/drain_command.h"
#include "services/server/server_main.h"

namespace {

constexpr char kProgram[] = "lawine-coordinator";

void AddPortFlags(CLI::App& app, lawine::CoordinatorOptions& options) {
  lawine::AddListenFlags(
      app, "cluster-listen",
      "HOST:PORT where workers register (default: at --listen, if that has neither certificates "
      "nor tokens; else 127.0.0.1:7071)",
      options.cluster_listen, options.insecure_cluster_listen);
  app.add_option("--public-tls-cert", options.public_certificates.certificate,
                 "File with the certificate that callers see (PEM); read again when it changes");
  app.add_option("--public-tls-key", options.public_certificates.key, "File with its key (PEM)");
  app.add_option(
      "--tokens", options.tokens_file,
      "File that says who may call, a line a token (lawine token create); read again when it changes "
      "(default: everybody may do everything)");
}

absl::Status ApplyImportMemory(const std::string& given, lawine::CoordinatorOptions& options) {
  LAWINE_ASSIGN_OR_RETURN(const auto bytes, lawine::ParseSizeFlag("--import-memory", given));
  options.import_memory_bytes = bytes.value_or(options.import_memory_bytes);
  return absl::OkStatus();
}

int Serve(const CLI::App& app, const lawine::ServerFlags& flags, const lawine::CoordinatorOptions& options) {
  const auto server = lawine::CoordinatorServer::Start(options);
  if (!server.ok()) return lawine::StartFailed(kProgram, server.status());
  spdlog::info("data {}, {} runs at once", options.data_dir, options.runs.at_once_max);
  std::vector<std::pair<std::string, std::string>> addresses = {{"public port", (*server)->address()}};
  if ((*server)->cluster_address() != (*server)->address()) {
    addresses.insert(addresses.begin(), {"cluster port", (*server)->cluster_address()});
  }
  return lawine::ServeAndStop(app, flags, options.data_dir, std::move(addresses), **server);
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto drained = lawine::RunDrainCommand(kProgram, argc, argv); drained.has_value())
    return *drained;
  lawine::BeginServerMain(kProgram);
  CLI::App app(
      "lawine-coordinator: the public face of a cluster, and conductor of its runs.\n\n"
      "Example: lawine-coordinator --data /var/lib/lawine --listen 127.0.0.1:7070\n"
      "Before it is stopped: lawine-coordinator drain --help",
      kProgram);
  lawine::CoordinatorOptions options;
  lawine::ServerFlags server_flags;
  app.add_option("--data", options.data_dir, "Directory of the registry of graphs and runs; made if missing")
      ->required();
  lawine::AddServerFlags(app, server_flags);
  AddPortFlags(app, options);
  lawine::RunFlags run_flags(app, options.runs);
  std::string import_memory;
  app.add_option("--import-memory", import_memory,
                 "What the links of an import may take in memory; more of them go to the data directory "
                 "(default: 256MiB)")
      ->type_name("SIZE");
  CLI11_PARSE(app, argc, argv);
  lawine::ApplyLogFormat(server_flags);
  absl::Status status = run_flags.Apply();
  status.Update(ApplyImportMemory(import_memory, options));
  if (!status.ok()) return lawine::StartFailed(kProgram, status);
  lawine::ApplyListenFlags(server_flags, options, options.cluster_certificates);
  return Serve(app, server_flags, options);
}
