#include "services/server/admin_port.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <prometheus/text_serializer.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/server/descriptors.h"

namespace lawine {
namespace {

constexpr unsigned kConnectionsMax = 32;
// libmicrohttpd takes no callers at all while it has so many: room for those that are on their way out.
constexpr unsigned kConnectionsAndLeavingMax = 2 * kConnectionsMax;
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

// Sockets of the connections. Who never ends a request must not keep others from asking: when all places are
// taken, the one that has asked for nothing for longest makes room. One thread at a time.
class Places {
 public:
  void Enter(int socket) {
    sockets_.push_back(socket);
    if (sockets_.size() <= kConnectionsMax) return;
    shutdown(sockets_.front(), SHUT_RDWR);  // libmicrohttpd sees its end, and closes it
    sockets_.pop_front();
  }
  void Asks(int socket) {
    if (const auto place = Find(socket); place != sockets_.end()) {
      std::rotate(place, place + 1, sockets_.end());
    }
  }
  void Leave(int socket) {
    if (const auto place = Find(socket); place != sockets_.end()) sockets_.erase(place);
  }

 private:
  std::deque<int>::iterator Find(int socket) { return std::find(sockets_.begin(), sockets_.end(), socket); }

  std::deque<int> sockets_;  // that which has asked for nothing for longest first
};

int SocketOf(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

class AdminPortImpl final : public AdminPort {
 public:
  explicit AdminPortImpl(AdminSource source) : source_(std::move(source)) {}
  ~AdminPortImpl() override {
    if (daemon_ == nullptr) return;
    LetTakeTheLast(-1);
    MHD_stop_daemon(daemon_);
  }

  absl::Status Bind(const std::string& listen) {
    auto address = AddressOf(listen);
    if (!address.ok()) return address.status();
    daemon_ = MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, nullptr, nullptr, &Answer,
                               this, MHD_OPTION_SOCK_ADDR, &*address, MHD_OPTION_CONNECTION_LIMIT,
                               kConnectionsAndLeavingMax, MHD_OPTION_CONNECTION_TIMEOUT, kSilenceSecondsMax,
                               MHD_OPTION_NOTIFY_CONNECTION, &ComesOrGoes, this, MHD_OPTION_END);
    if (daemon_ == nullptr) {
      return absl::UnavailableError(
          absl::StrCat("--admin-listen: cannot listen on ", listen,
                       ": the port is in use or the address is not this machine's"));
    }
    // Whether a process lives can be asked also while callers of its other ports are refused.
    LetTakeTheLast(MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_LISTEN_FD)->listen_fd);
    const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT);
    address_ = absl::StrCat(listen.substr(0, listen.rfind(':')), ":", info->port);
    return absl::OkStatus();
  }
  const std::string& address() const override { return address_; }

 private:
  static void ComesOrGoes(void* self, MHD_Connection* connection, void**,
                          MHD_ConnectionNotificationCode code) {
    Places& places = static_cast<AdminPortImpl*>(self)->places_;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) places.Enter(SocketOf(connection));
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) places.Leave(SocketOf(connection));
  }
  static MHD_Result Answer(void* self, MHD_Connection* connection, const char* url, const char* method,
                           const char*, const char*, std::size_t*, void**) {
    static_cast<AdminPortImpl*>(self)->places_.Asks(SocketOf(connection));
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
  Places places_;  // of the daemon's thread
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
