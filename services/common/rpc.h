// How our processes speak gRPC: the same limits, keepalive and binding rules for all.
#ifndef LAWINE_SERVICES_COMMON_RPC_H_
#define LAWINE_SERVICES_COMMON_RPC_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lawine {

// Largest request a server takes: a scenario with limits::kSeedMembersMax long ids.
inline constexpr int kRequestBytesMax = 16 << 20;
// Largest response our clients take: the result of a run of limits::kStepsMax steps. What can be larger is
// streamed in parts of kStreamPartBytes.
inline constexpr int kResponseBytesMax = 64 << 20;
inline constexpr std::size_t kStreamPartBytes = 1 << 20;
// Threads a server may use: long-lived streams hold one each.
inline constexpr int kServerThreadsMax = 512;
// Of them, kept for the next call.
inline constexpr int kIdleServerThreadsMax = 16;
// Calls of one connection at once; further ones wait at the caller. There are no threads for more.
inline constexpr int kCallsPerConnectionMax = kServerThreadsMax;

// Who connects has so long for TLS and the first frame of HTTP/2.
inline constexpr int kHandshakeMillisecondsMax = 10'000;

// Memory that requests may take while they arrive, before it is known who sends them: a quarter of
// `memory_bytes`, and at least 256 MiB.
std::uint64_t ArrivingBytesMax(std::uint64_t memory_bytes);

struct BoundServer {
  std::unique_ptr<grpc::Server> server;
  std::string address;  // HOST:PORT, with the port really bound
};

// Where a server listens, and who protects its connections.
struct Listening {
  std::string address;    // HOST:PORT, port 0: any
  bool insecure = false;  // allows plain text on other addresses than loopback
  std::shared_ptr<grpc::ServerCredentials> credentials = nullptr;  // none: plain text
  std::uint64_t arriving_bytes_max = 0;                            // 0: ArrivingBytesMax of this process's
};

// INVALID_ARGUMENT, with `what` it is, such as a flag, unless it is a host and a port from `port_min` to
// 65535.
absl::Status CheckHostPort(const std::string& what, const std::string& host_port, std::uint32_t port_min = 1);
// "127.0.0.1:80", "localhost:80" and the like.
bool IsLoopback(const std::string& host_port);
// "0.0.0.0:80" and the like: every address of this machine.
bool IsAnyAddress(const std::string& host_port);

// Starts a server. INVALID_ARGUMENT for plain text on an address that is not loopback unless `insecure`;
// UNAVAILABLE when the port is taken. Adds the health service.
absl::StatusOr<BoundServer> StartServer(const Listening& listening,
                                        const std::vector<grpc::Service*>& services);

// Stops within `grace`, cancelling calls still in progress then.
void StopServer(grpc::Server& server, absl::Duration grace);

// A channel of its own (no connection shared with other channels), with keepalive: a peer that stops
// answering is noticed within about 15 seconds. Without credentials it is plain text. `server_name`: expected
// in the certificate, if not the host called.
std::shared_ptr<grpc::Channel> OpenChannel(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials = nullptr,
    const std::string& server_name = "");

// Waits until the channel is connected, at most `timeout`; a call on one that is not says why. Before the
// first call of a channel whose failure nobody repeats: gRPC 1.51 reads connect's errno after other calls may
// have changed it (grpc/grpc pull request 35064), and so now and then takes a connection under way for a
// failed one. Its next attempt, a tenth of a second later, succeeds.
void AwaitConnection(grpc::Channel& channel, absl::Duration timeout = absl::Seconds(1));

// Gives every call its deadline.
void SetDeadline(grpc::ClientContext& context, absl::Duration timeout);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_RPC_H_
