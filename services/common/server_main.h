// What the mains of our server programs have in common. Each has its own flags, options and server.
#ifndef LAWINE_SERVICES_COMMON_SERVER_MAIN_H_
#define LAWINE_SERVICES_COMMON_SERVER_MAIN_H_

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/status.h"

namespace lawine {

// Blocks the signals that stop a server and logs to standard error. Call first in main.
void BeginServerMain(const std::string& program);

// Adds --version, --listen and --insecure-listen, which fill the two options of the same names.
void AddServerFlags(CLI::App& app, std::string& listen, bool& insecure_listen);

// Tells why the server could not start; returns the exit code.
int StartFailed(const std::string& program, const absl::Status& status);

// Prints "listening on `address`", for people and for programs that wait for it; returns when a signal asks
// the server to stop.
void ServeUntilSignal(const std::string& address);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_SERVER_MAIN_H_
