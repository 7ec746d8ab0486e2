#include "services/server/server_main.h"

#include <grpc/support/log.h>
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "engine/base/failpoint.h"
#include "engine/base/status_macros.h"
#include "nlohmann/json.hpp"
#include "services/common/process.h"
#include "services/server/control_socket.h"
#include "services/server/descriptors.h"
#include "services/server/log_format.h"
#include "services/server/process_figures.h"

namespace lawine {
namespace {

constexpr absl::Duration kDrainSlice = absl::Milliseconds(200);

// What gRPC finds wrong is mostly a stranger's doing: some lines of it are enough.
void LogForGrpc(gpr_log_func_args* said) {
  constexpr std::int64_t kSeconds = 10;
  constexpr int kLinesMax = 10;
  static std::atomic<std::int64_t> window{0};
  static std::atomic<int> lines{0};
  if (said->severity != GPR_LOG_SEVERITY_ERROR) return;
  const std::int64_t now = absl::ToUnixSeconds(absl::Now()) / kSeconds;
  if (window.exchange(now) != now) lines = 0;
  if (lines++ < kLinesMax) spdlog::warn("gRPC: {}", said->message);
}

// Flags as they were given or are by default. None holds a secret: secrets are in files, named here.
std::string ConfigJson(const CLI::App& app, const Serving& serving) {
  nlohmann::ordered_json json = {{"program", app.get_name()}, {"version", kVersion}};
  for (const auto& [name, address] : serving.addresses) json["addresses"][name] = address;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty() || option->get_lnames().front() == "help" ||
        option->get_lnames().front() == "version") {
      continue;
    }
    const std::string given = absl::StrJoin(option->results(), " ");
    json["flags"][option->get_lnames().front()] = given.empty() ? option->get_default_str() : given;
  }
  return json.dump(1) + "\n";
}

MetricFamilies Figures(const Serving& serving, absl::Time started) {
  MetricFamilies families = serving.collect();
  AddProcessFigures(started, families);
  const std::vector<HealthCheck> checks = serving.checks();
  const auto failing = [](const HealthCheck& check) { return !check.status.ok(); };
  AddGauges(families, "lawine_ready", "1 while all of its own checks pass.",
            {{std::none_of(checks.begin(), checks.end(), failing) ? 1.0 : 0.0}});
  const bool draining = std::any_of(checks.begin(), checks.end(), [&](const HealthCheck& check) {
    return check.name == "draining" && failing(check);
  });
  AddGauges(families, "lawine_draining", "1 while it finishes what it does, to stop.",
            {{draining ? 1.0 : 0.0}});
  return families;
}

// Null when there is to be none. The default may be taken by another server of this machine.
absl::StatusOr<std::unique_ptr<AdminPort>> OpenAdminPort(const ServerFlags& flags, AdminSource source) {
  if (flags.admin_listen == "none") return std::unique_ptr<AdminPort>();
  if (!flags.admin_listen.empty()) return AdminPort::Start(flags.admin_listen, std::move(source));
  auto port = AdminPort::Start(kDefaultAdminListen, std::move(source));
  if (port.ok()) return port;
  spdlog::info("no admin port: {} is taken; --admin-listen chooses another", kDefaultAdminListen);
  return std::unique_ptr<AdminPort>();
}

bool AnotherSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  const timespec at_once{};
  return sigtimedwait(&signals, nullptr, &at_once) > 0;
}

}  // namespace

void BeginServerMain(const std::string& program) {
  BlockStopSignals();
  // gRPC locks Abseil's mutexes; Debian builds Abseil with its search for deadlocks, one lock for all of
  // them.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  spdlog::set_default_logger(spdlog::stderr_logger_mt(program));
  spdlog::set_formatter(MakeLogFormatter(LogFormat::kText));
  gpr_set_log_function(LogForGrpc);
  PrepareDescriptors();
  const char* const failpoints = std::getenv("LAWINE_FAILPOINTS");
  if (failpoints == nullptr) return;
  const bool armed = ArmFailpoints(failpoints);
  spdlog::warn("LAWINE_FAILPOINTS is for tests: this process will {}",
               armed ? "end itself" : "ignore it, for it is not NAME=FILE,...");
}

void AddListenFlags(CLI::App& app, const std::string& name, const std::string& description,
                    std::string& listen, bool& insecure) {
  app.add_option(absl::StrCat("--", name), listen, description)->capture_default_str();
  // Flags are taken in the order they are added here: this one overrides the one before.
  app.add_option_function<std::string>(
      absl::StrCat("--insecure-", name),
      [&listen, &insecure](const std::string& address) {
        listen = address;
        insecure = true;
      },
      "HOST:PORT of any address; connections are not protected, anyone who reaches it may use it");
}

void AddServerFlags(CLI::App& app, ServerFlags& flags) {
  app.set_version_flag("--version", kVersion);
  AddListenFlags(app, "listen",
                 "HOST:PORT to serve on, loopback unless it is protected; port 0 is any free one",
                 flags.listen, flags.insecure_listen);
  app.add_option("--tls-ca", flags.certificates.ca,
                 "File with the CA of the cluster (PEM): others need a certificate that it signed");
  app.add_option("--tls-cert", flags.certificates.certificate,
                 "File with this process' certificate inside the cluster (PEM); read again when it changes");
  app.add_option("--tls-key", flags.certificates.key, "File with its key (PEM)");
  app.add_option(
      "--admin-listen", flags.admin_listen,
      absl::StrCat("ADDRESS:PORT of plain HTTP, read only: /livez, /readyz, /metrics, /config; or none "
                   "(default: ",
                   kDefaultAdminListen, ", if it is free)"));
  app.add_option("--drain-seconds", flags.drain_seconds,
                 "When asked to stop, wait at most so long for what goes on")
      ->capture_default_str();
  app.add_option("--log-format", flags.log_format, "Of the log on standard error")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
}

void ApplyLogFormat(const ServerFlags& flags) {
  spdlog::set_formatter(MakeLogFormatter(flags.log_format == "json" ? LogFormat::kJson : LogFormat::kText));
}

int StartFailed(const std::string& program, const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", program.c_str(), std::string(status.message()).c_str());
  return 1;
}

absl::Status ServeUntilSignal(const CLI::App& app, const ServerFlags& flags, const Serving& serving) {
  const absl::Time started = absl::Now();
  const std::string config = ConfigJson(app, serving);
  LAWINE_ASSIGN_OR_RETURN(const auto admin,
                          OpenAdminPort(flags, {.checks = serving.checks,
                                                .collect = [&] { return Figures(serving, started); },
                                                .config = [&] { return config; }}));
  std::atomic<std::int64_t> asked_nanoseconds{0};
  const auto drain = [&](absl::Time until) {
    std::int64_t never = 0;
    if (asked_nanoseconds.compare_exchange_strong(never, absl::ToUnixNanos(absl::Now()))) {
      spdlog::info("draining: nothing is begun any more");
    }
    return serving.drain(until);
  };
  LAWINE_ASSIGN_OR_RETURN(const auto control, ControlSocket::Open(serving.data_dir, drain));
  if (admin != nullptr) std::printf("admin port on %s\n", admin->address().c_str());
  for (const auto& [name, address] : serving.addresses) {
    if (name != serving.addresses.back().first) std::printf("%s on %s\n", name.c_str(), address.c_str());
  }
  std::printf("listening on %s\n", serving.addresses.back().second.c_str());
  std::fflush(stdout);
  spdlog::info("stopping after signal {}", WaitForStopSignal());
  if (flags.drain_seconds == 0) return absl::OkStatus();
  bool drained = drain(absl::Now());
  const absl::Time end = absl::FromUnixNanos(asked_nanoseconds) + absl::Seconds(flags.drain_seconds);
  while (!drained && absl::Now() < end && !AnotherSignal()) {
    drained = drain(std::min(end, absl::Now() + kDrainSlice));
  }
  return absl::OkStatus();
}

}  // namespace lawine
