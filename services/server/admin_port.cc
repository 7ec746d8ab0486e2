#include "services/server/admin_port.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <prometheus/text_serializer.h>

#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace lawine {
namespace {

constexpr unsigned kConnectionsMax = 32;
constexpr unsigned kSilenceSecondsMax = 10;

AdminPage ReadyPage(const AdminSource& source, bool verbose) {
  AdminPage page;
  for (const HealthCheck& check : source.checks()) {
    if (!check.status.ok()) page.code = 503;
    if (check.status.ok() && !verbose) continue;
    absl::StrAppend(&page.body, check.status.ok() ? "[+] " : "[-] ", check.name,
                    check.status.ok() ? "" : ": ", check.status.message(), "\n");
  }
  absl::StrAppend(&page.body, page.code == 200 ? "ready\n" : "not ready\n");
  return page;
}

absl::StatusOr<sockaddr_in> AddressOf(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  unsigned port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(listen.substr(colon + 1), &port) || port > 65535 ||
      inet_pton(AF_INET, listen.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--admin-listen: expected ADDRESS:PORT such as 127.0.0.1:7080, or none, found '", listen, "'"));
  }
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

class AdminPortImpl final : public AdminPort {
 public:
  explicit AdminPortImpl(AdminSource source) : source_(std::move(source)) {}
  ~AdminPortImpl() override {
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  }

  absl::Status Bind(const std::string& listen) {
    auto address = AddressOf(listen);
    if (!address.ok()) return address.status();
    daemon_ =
        MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, nullptr, nullptr, &Answer, this,
                         MHD_OPTION_SOCK_ADDR, &*address, MHD_OPTION_CONNECTION_LIMIT, kConnectionsMax,
                         MHD_OPTION_CONNECTION_TIMEOUT, kSilenceSecondsMax, MHD_OPTION_END);
    if (daemon_ == nullptr) {
      return absl::UnavailableError(
          absl::StrCat("--admin-listen: cannot listen on ", listen,
                       ": the port is in use or the address is not this machine's"));
    }
    const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT);
    address_ = absl::StrCat(listen.substr(0, listen.rfind(':')), ":", info->port);
    return absl::OkStatus();
  }
  const std::string& address() const override { return address_; }

 private:
  static MHD_Result Answer(void* self, MHD_Connection* connection, const char* url, const char* method,
                           const char*, const char*, std::size_t*, void**) {
    AdminPage page{.code = 405, .body = "this port answers GET only\n"};
    if (std::strcmp(method, "GET") == 0 || std::strcmp(method, "HEAD") == 0) {
      const bool verbose = MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "verbose", 7,
                                                         nullptr, nullptr) == MHD_YES;
      page = MakeAdminPage(static_cast<AdminPortImpl*>(self)->source_, url, verbose);
    }
    MHD_Response* response =
        MHD_create_response_from_buffer(page.body.size(), page.body.data(), MHD_RESPMEM_MUST_COPY);
    if (response == nullptr) return MHD_NO;
    MHD_add_response_header(response, "Content-Type", page.type.c_str());
    MHD_add_response_header(response, "Cache-Control", "no-store");
    const MHD_Result queued = MHD_queue_response(connection, page.code, response);
    MHD_destroy_response(response);
    return queued;
  }

  const AdminSource source_;
  MHD_Daemon* daemon_ = nullptr;
  std::string address_;
};

}  // namespace

AdminPage MakeAdminPage(const AdminSource& source, const std::string& path, bool verbose) {
  if (path == "/livez" || path == "/healthz") return {.body = "alive\n"};
  if (path == "/readyz") return ReadyPage(source, verbose);
  if (path == "/config") return {.type = "application/json", .body = source.config()};
  if (path == "/metrics") {
    return {.type = "text/plain; version=0.0.4; charset=utf-8",
            .body = prometheus::TextSerializer().Serialize(source.collect())};
  }
  return {.code = 404, .body = "expected /livez, /readyz, /readyz?verbose, /metrics or /config\n"};
}

absl::StatusOr<std::unique_ptr<AdminPort>> AdminPort::Start(const std::string& listen, AdminSource source) {
  auto port = std::make_unique<AdminPortImpl>(std::move(source));
  if (absl::Status bound = port->Bind(listen); !bound.ok()) return bound;
  return port;
}

}  // namespace lawine
