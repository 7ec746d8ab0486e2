// Streams to other workers: one long-lived connection and stream for each, opened when first needed.
#ifndef LAWINE_SERVICES_WORKER_RUNS_PEER_LINKS_H_
#define LAWINE_SERVICES_WORKER_RUNS_PEER_LINKS_H_

#include <grpcpp/security/credentials.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/worker.grpc.pb.h"

namespace lawine {

// Links that serve no more go when another worker is connected to. Thread-safe. Back-pressure is gRPC's flow
// control: one message a stream is on its way, and Send waits while the peer does not read.
class PeerLinks {
 public:
  // `credentials` of streams to other workers; none: plain text.
  explicit PeerLinks(std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr);
  ~PeerLinks();

  // Makes sure there is a working stream to the worker. UNAVAILABLE, naming it, when it does not answer
  // within a few seconds.
  absl::Status Connect(const std::string& node_id, const std::string& address);
  // UNAVAILABLE, naming the worker, when its stream is broken. REQUIRES: Connect succeeded before.
  absl::Status Send(const std::string& node_id, std::shared_ptr<const internal::v1::ExchangeRequest> frames);
  // Breaks all streams; calls that wait return.
  void Close();
  // Workers it has a stream to, or had one to until lately.
  std::size_t links_count() const;

 private:
  class Link;
  void End(std::shared_ptr<Link> link) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<Link>> links_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Link>> ended_ ABSL_GUARDED_BY(mutex_);  // cancelled, perhaps not over yet
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_PEER_LINKS_H_
