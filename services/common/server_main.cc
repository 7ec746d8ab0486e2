#include "services/common/server_main.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>

#include "absl/synchronization/mutex.h"
#include "engine/base/failpoint.h"
#include "services/common/process.h"

namespace lawine {

void BeginServerMain(const std::string& program) {
  BlockStopSignals();
  // gRPC locks Abseil's mutexes; Debian builds Abseil with its search for deadlocks, one lock for all of
  // them.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  spdlog::set_default_logger(spdlog::stderr_logger_mt(program));
  const char* const failpoints = std::getenv("LAWINE_FAILPOINTS");
  if (failpoints == nullptr) return;
  const bool armed = ArmFailpoints(failpoints);
  spdlog::warn("LAWINE_FAILPOINTS is for tests: this process will {}",
               armed ? "end itself" : "ignore it, for it is not NAME=FILE,...");
}

void AddServerFlags(CLI::App& app, std::string& listen, bool& insecure_listen) {
  app.set_version_flag("--version", kVersion);
  app.add_option("--listen", listen, "Loopback HOST:PORT to serve on; port 0 is any free one")
      ->capture_default_str();
  // Flags are taken in the order they are added here: this one overrides --listen.
  app.add_option_function<std::string>(
      "--insecure-listen",
      [&listen, &insecure_listen](const std::string& address) {
        listen = address;
        insecure_listen = true;
      },
      "HOST:PORT of any address; connections are not protected, anyone who reaches it may use it");
}

int StartFailed(const std::string& program, const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", program.c_str(), std::string(status.message()).c_str());
  return 1;
}

void ServeUntilSignal(const std::string& address) {
  std::printf("listening on %s\n", address.c_str());
  std::fflush(stdout);
  spdlog::info("stopping after signal {}", WaitForStopSignal());
}

}  // namespace lawine
