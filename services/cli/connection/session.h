// What every command is given: the options that all share, and how to reach a cluster.
#ifndef LAWINE_SERVICES_CLI_CONNECTION_SESSION_H_
#define LAWINE_SERVICES_CLI_CONNECTION_SESSION_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "services/cli/connection/interrupt.h"

namespace lawine::cli {

struct GlobalOptions {
  std::string data;  // directory; absolute
  bool data_is_default = true;
  std::string cluster;          // HOST:PORT; empty: the one kept in `data`, else one in this process
  std::string tls_ca;           // file with the CA of the cluster's public port; empty: plain text
  std::string tls_server_name;  // expected in its certificate; empty: the host of `cluster`
  std::string token_file;       // its first line is the token; empty: none
  bool json = false;
  bool quiet = false;  // no progress, no hints
  bool color = false;  // standard output is a terminal that may be coloured
};

struct Session {
  GlobalOptions options;
  Interrupt& interrupt;
};

// What a command line asks for. The status decides the exit code.
using Action = std::function<absl::Status(Session&)>;

// Writes to standard output as it is.
void Print(const std::string& text);
// A line on standard error, unless --quiet.
void Remark(const Session& session, const std::string& text);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_CONNECTION_SESSION_H_
