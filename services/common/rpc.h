// How our processes speak gRPC: the same limits, keepalive and binding rules for all.
#ifndef LAWINE_SERVICES_COMMON_RPC_H_
#define LAWINE_SERVICES_COMMON_RPC_H_

#include <grpcpp/grpcpp.h>

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

struct BoundServer {
  std::unique_ptr<grpc::Server> server;
  std::string address;  // HOST:PORT, with the port really bound
};

// Starts a server on HOST:PORT (port 0: any). INVALID_ARGUMENT for an address that is not loopback unless
// `insecure_listen`; UNAVAILABLE when the port is taken. Adds the health service.
absl::StatusOr<BoundServer> StartServer(const std::string& listen, bool insecure_listen,
                                        const std::vector<grpc::Service*>& services);

// Stops within `grace`, cancelling calls still in progress then.
void StopServer(grpc::Server& server, absl::Duration grace);

// A channel of its own (no connection shared with other channels), with keepalive: a peer that stops
// answering is noticed within about 15 seconds.
std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address);

// Gives every call its deadline.
void SetDeadline(grpc::ClientContext& context, absl::Duration timeout);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_RPC_H_
