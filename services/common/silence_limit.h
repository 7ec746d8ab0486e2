// Callers that hold a stream open and send nothing.
#ifndef LAWINE_SERVICES_COMMON_SILENCE_LIMIT_H_
#define LAWINE_SERVICES_COMMON_SILENCE_LIMIT_H_

#include <grpcpp/grpcpp.h>

#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"

namespace lawine {

// Ends a call when its next message has not come for a time: a read of gRPC's synchronous servers has no
// deadline of its own. Only waiting for the caller counts, and any message of his is a sign of life. The
// caller gets DEADLINE_EXCEEDED, which says how long nothing came, and `advice`. One thread reads at a time.
//
//   SilenceLimit silence(context, "repeat the call");
//   while (silence.Read(stream, request)) ...
//   LAWINE_RETURN_IF_ERROR(silence.status());
class SilenceLimit {
 public:
  static constexpr absl::Duration kSilenceMax = absl::Seconds(60);

  // `context` outlives the limit.
  SilenceLimit(grpc::ServerContext& context, const std::string& advice,
               absl::Duration silence_max = kSilenceMax);
  ~SilenceLimit();
  SilenceLimit(const SilenceLimit&) = delete;
  SilenceLimit& operator=(const SilenceLimit&) = delete;

  // The message that every call begins with; CANCELLED when the caller is gone.
  template <class Stream, class Request>
  absl::Status ReadFirst(Stream& stream, Request& request) {
    if (Read(stream, request)) return absl::OkStatus();
    const absl::Status silent = status();
    return silent.ok() ? absl::CancelledError("the caller is gone") : silent;
  }
  // stream.Read; false also when the call was ended.
  template <class Stream, class Request>
  bool Read(Stream& stream, Request& request) {
    BeginWaiting();
    const bool read = stream.Read(&request);
    EndWaiting();
    return read;
  }
  // DEADLINE_EXCEEDED once the call was ended.
  absl::Status status() const;

 private:
  void BeginWaiting();
  void EndWaiting();
  void Watch();

  grpc::ServerContext& context_;
  const absl::Duration silence_max_;
  const std::string message_;
  mutable Mutex mutex_;
  CondVar changed_;
  absl::Time wait_until_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_SILENCE_LIMIT_H_
