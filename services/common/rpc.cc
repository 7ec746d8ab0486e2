#include "services/common/rpc.h"

#include <arpa/inet.h>
#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/common/memory.h"

namespace lawine {
namespace {

std::string HostOf(const std::string& host_port) { return host_port.substr(0, host_port.rfind(':')); }

// What callers may take of this server before it knows who they are.
void SetLimits(const Listening& listening, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kRequestBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kCallsPerConnectionMax);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMillisecondsMax);
  grpc::ResourceQuota quota("lawine");
  quota.SetMaxThreads(kServerThreadsMax);
  // Once it is exceeded, gRPC 1.51 ends calls that are still arriving, whosever they are, asks idle
  // connections to come again, and takes no new ones. So it is many times what honest callers send at once:
  // messages that have arrived do not count any more, and each stream has one on its way.
  const std::uint64_t bytes_max = listening.arriving_bytes_max;
  quota.Resize(bytes_max > 0 ? bytes_max : ArrivingBytesMax(MemoryBytes()));
  builder.SetResourceQuota(quota);
  // gRPC's default keeps two threads and makes the others anew for each call.
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, kIdleServerThreadsMax);
}

}  // namespace

std::uint64_t ArrivingBytesMax(std::uint64_t memory_bytes) {
  constexpr std::uint64_t kLeast = 256u << 20;
  return std::max(kLeast, memory_bytes / 4);
}

// gRPC takes the port modulo 65536.
absl::Status CheckHostPort(const std::string& what, const std::string& host_port, std::uint32_t port_min) {
  constexpr std::uint32_t kPortMax = 65535;
  const std::size_t colon = host_port.rfind(':');
  const bool parts = colon != std::string::npos && colon > 0 && colon + 1 < host_port.size();
  const std::string port = parts ? host_port.substr(colon + 1) : "";
  std::uint32_t number = 0;
  if (parts && std::all_of(port.begin(), port.end(), absl::ascii_isdigit) &&
      absl::SimpleAtoi(port, &number) && number >= port_min && number <= kPortMax) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(what, ": expected HOST:PORT with a port from ", port_min,
                                                 " to ", kPortMax, ", found '", host_port, "'"));
}

bool IsLoopback(const std::string& host_port) {
  const std::string host = HostOf(host_port);
  in_addr address;  // a name that only begins like one may lead anywhere
  return host == "localhost" || host == "[::1]" ||
         (absl::StartsWith(host, "127.") && inet_pton(AF_INET, host.c_str(), &address) == 1);
}

bool IsAnyAddress(const std::string& host_port) {
  const std::string host = HostOf(host_port);
  return host == "0.0.0.0" || host == "[::]";
}

absl::StatusOr<BoundServer> StartServer(const Listening& listening,
                                        const std::vector<grpc::Service*>& services) {
  LAWINE_RETURN_IF_ERROR(CheckHostPort("address to listen on", listening.address, /*port_min=*/0));
  if (listening.credentials == nullptr && !listening.insecure && !IsLoopback(listening.address)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", listening.address,
        "' is not a loopback address and connections are not protected: listen on 127.0.0.1, give "
        "certificates, or pass --insecure-listen instead to accept that anyone who can reach it may use it"));
  }
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(
      listening.address,
      listening.credentials != nullptr ? listening.credentials : grpc::InsecureServerCredentials(), &port);
  // Without this a second process could bind the same port and take half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // A caller whose machine is gone says nothing; its calls must end all the same.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  SetLimits(listening, builder);
  for (grpc::Service* service : services) builder.RegisterService(service);
  BoundServer bound{builder.BuildAndStart(), ""};
  if (bound.server == nullptr || port == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", listening.address,
                                               ": the port is in use or the address is not this machine's"));
  }
  bound.address =
      absl::StrCat(IsAnyAddress(listening.address) ? "127.0.0.1" : HostOf(listening.address), ":", port);
  return bound;
}

void StopServer(grpc::Server& server, absl::Duration grace) {
  server.Shutdown(absl::ToChronoTime(absl::Now() + grace));
}

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address,
                                           const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                                           const std::string& server_name) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 5000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // A pod that starts again has another address under the same name: an attempt at the old one is given up,
  // and the name looked up again, within seconds instead of half a minute.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000);
  arguments.SetMaxReceiveMessageSize(kResponseBytesMax);
  if (!server_name.empty()) arguments.SetSslTargetNameOverride(server_name);
  return grpc::CreateCustomChannel(
      address, credentials != nullptr ? credentials : grpc::InsecureChannelCredentials(), arguments);
}

void AwaitConnection(grpc::Channel& channel, absl::Duration timeout) {
  channel.WaitForConnected(absl::ToChronoTime(absl::Now() + timeout));
}

void SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

}  // namespace lawine
