// Streams to other workers: one long-lived connection and stream for each, opened when first needed.
#ifndef LAWINE_SERVICES_WORKER_RUNS_PEER_LINKS_H_
#define LAWINE_SERVICES_WORKER_RUNS_PEER_LINKS_H_

#include <grpcpp/security/credentials.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "lawine/internal/v1/worker.grpc.pb.h"

namespace lawine {

// A stream to another worker. Thread-safe.
class PeerLink {
 public:
  virtual ~PeerLink() = default;
  // Waits while the message before is on its way.
  virtual absl::Status Send(std::shared_ptr<const internal::v1::ExchangeRequest> frames) = 0;
  // UNAVAILABLE, naming the worker, once the stream is broken: what was sent last may not have come.
  virtual absl::Status status() const = 0;
};

// The other workers of a run. Thread-safe.
class RunPeers {
 public:
  explicit RunPeers(std::vector<std::shared_ptr<PeerLink>> links = {}) : links_(std::move(links)) {}

  // Passes frames to all of them, in one message each.
  absl::Status Send(std::vector<std::string> frames) const {
    const auto request = std::make_shared<internal::v1::ExchangeRequest>();
    for (std::string& frame : frames) request->add_frames(std::move(frame));
    for (const auto& link : links_) LAWINE_RETURN_IF_ERROR(link->Send(request));
    return absl::OkStatus();
  }
  absl::Status status() const {
    for (const auto& link : links_) LAWINE_RETURN_IF_ERROR(link->status());
    return absl::OkStatus();
  }

 private:
  std::vector<std::shared_ptr<PeerLink>> links_;
};

// Links that serve no more go when another worker is connected to. Thread-safe. Back-pressure is gRPC's flow
// control: one message a stream is on its way, and Send waits while the peer does not read.
class PeerLinks {
 public:
  // `credentials` of streams to other workers; none: plain text.
  explicit PeerLinks(std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr);
  ~PeerLinks();

  // A working stream to the worker, which serves all runs meanwhile; it is let go before this is.
  // UNAVAILABLE, naming the worker, when it does not answer within a few seconds.
  absl::StatusOr<std::shared_ptr<PeerLink>> Connect(const std::string& node_id, const std::string& address);
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
  std::vector<std::shared_ptr<Link>> ended_ ABSL_GUARDED_BY(mutex_);  // cancelled, perhaps still used
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_PEER_LINKS_H_
