// What the mains of our server programs have in common. Each has its own flags, options and server.
#ifndef LAWINE_SERVICES_SERVER_SERVER_MAIN_H_
#define LAWINE_SERVICES_SERVER_SERVER_MAIN_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/certificate_files.h"
#include "services/server/admin_port.h"

namespace lawine {

inline constexpr char kDefaultAdminListen[] = "127.0.0.1:7080";

struct ServerFlags {
  std::string listen = "127.0.0.1:0";
  bool insecure_listen = false;
  CertificateFiles certificates;  // inside the cluster
  std::string admin_listen;       // "none": no such port; empty: kDefaultAdminListen, if it is free
  std::uint32_t drain_seconds = 0;
  std::string log_format = "text";
};

// A server that has started.
struct Serving {
  std::string data_dir;
  // Printed: names and HOST:PORTs, then "listening on" the last one.
  std::vector<std::pair<std::string, std::string>> addresses;
  std::function<std::vector<HealthCheck>()> checks;
  std::function<MetricFamilies()> collect;
  std::function<bool(absl::Time until)> drain;  // true when nothing is left
};

// Blocks the signals that stop a server, logs to standard error and sees to it that descriptors do not run
// out. Call first in main.
void BeginServerMain(const std::string& program);

// Adds what both servers are told about connections, admin port, draining and log. `flags` must outlive it.
void AddServerFlags(CLI::App& app, ServerFlags& flags);
// Adds NAME and --insecure-NAME, of which the one that is given counts.
void AddListenFlags(CLI::App& app, const std::string& name, const std::string& description,
                    std::string& listen, bool& insecure);
// Call when the command line is read, before anything is logged.
void ApplyLogFormat(const ServerFlags& flags);

// Puts where to listen, and the certificates inside the cluster, where the options of a server have them.
template <class Options>
void ApplyListenFlags(const ServerFlags& flags, Options& options, CertificateFiles& certificates) {
  options.listen = flags.listen;
  options.insecure_listen = flags.insecure_listen;
  certificates = flags.certificates;
}

// Tells why the server could not start; returns the exit code.
int StartFailed(const std::string& program, const absl::Status& status);

// Opens admin port and control socket, prints "listening on HOST:PORT", for people and for programs that wait
// for it, and waits for a signal that asks to stop; then drains, at most `drain_seconds` after that was first
// asked for. The caller stops the server. `app` is shown at /config.
absl::Status ServeUntilSignal(const CLI::App& app, const ServerFlags& flags, const Serving& serving);

// The same for a `server` that has started, which is then stopped; returns the exit code. `addresses` are
// Serving's.
template <class Server>
int ServeAndStop(const CLI::App& app, const ServerFlags& flags, const std::string& data_dir,
                 std::vector<std::pair<std::string, std::string>> addresses, Server& server) {
  const absl::Status served =
      ServeUntilSignal(app, flags,
                       {.data_dir = data_dir,
                        .addresses = std::move(addresses),
                        .checks = [&server] { return server.Checks(); },
                        .collect = [&server] { return server.Collect(); },
                        .drain = [&server](absl::Time until) { return server.Drain(until); }});
  server.Shutdown();
  return served.ok() ? 0 : StartFailed(app.get_name(), served);
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_SERVER_SERVER_MAIN_H_
