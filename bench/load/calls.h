// Calls of the public API, sent without waiting for answers.
#ifndef LAWINE_BENCH_LOAD_CALLS_H_
#define LAWINE_BENCH_LOAD_CALLS_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lawine::bench {

// Where to, and what.
struct CallOptions {
  std::string cluster;          // HOST:PORT
  std::string tls_ca;           // file with the CA; empty: plain text
  std::string tls_server_name;  // expected in the certificate; empty: the host called
  std::string token_file;       // its first line is the token; empty: none
  std::uint32_t connections = 4;
  std::string call = "simulate";  // simulate, member or status
  std::string graph;
  double forward = 0.001;  // small cascades: what is measured is the call
  std::uint32_t replicas = 1;
  std::chrono::milliseconds deadline{10'000};
};

// Thread-safe.
class Caller {
 public:
  // INVALID_ARGUMENT when a file cannot be read or the options contradict each other.
  static absl::StatusOr<std::unique_ptr<Caller>> Make(const CallOptions& options);
  virtual ~Caller() = default;

  // Sends call number `number`; `done` gets its code, on a thread of gRPC's. Every number of `simulate` is a
  // run seed of its own.
  virtual void Send(std::uint64_t number, std::function<void(grpc::StatusCode)> done) = 0;
};

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_LOAD_CALLS_H_
