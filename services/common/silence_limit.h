// Callers that hold a stream open and neither send nor read.
#ifndef LAWINE_SERVICES_COMMON_SILENCE_LIMIT_H_
#define LAWINE_SERVICES_COMMON_SILENCE_LIMIT_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "services/common/steady_time.h"

namespace lawine {

// Ends a call when its next message has not come for a time, or what it is sent has not gone through: reads
// and writes of gRPC's synchronous servers have no deadline of their own. Only waiting for the caller counts,
// and any message that passes is a sign of life. The caller gets DEADLINE_EXCEEDED, which says how long
// nothing came, or was read, and `advice`. One thread reads at a time, and one writes.
//
//   SilenceLimit silence(context, "repeat the call");
//   while (silence.Read(stream, request)) ...
//   if (!silence.Write(stream, response)) ...
//   LAWINE_RETURN_IF_ERROR(silence.status());
class SilenceLimit {
 public:
  static constexpr absl::Duration kSilenceMax = absl::Seconds(60);
  static constexpr absl::Duration kUnreadMax = absl::Seconds(60);
  // Where others wait for what the call holds.
  static constexpr absl::Duration kWantedUnreadMax = absl::Seconds(2);

  // `context` outlives the limit. `advice` is for those that are read from.
  explicit SilenceLimit(grpc::ServerContext& context, const std::string& advice = "",
                        absl::Duration silence_max = kSilenceMax, absl::Duration unread_max = kUnreadMax);
  ~SilenceLimit();
  SilenceLimit(const SilenceLimit&) = delete;
  SilenceLimit& operator=(const SilenceLimit&) = delete;

  // The message that every call begins with, with `part` in it; CANCELLED when the caller is gone,
  // INVALID_ARGUMENT when it has ended its side.
  template <class Stream, class Request>
  absl::Status ReadFirst(Stream& stream, Request& request, const std::string& part) {
    return Read(stream, request) ? absl::OkStatus() : WhyNothingCame(part);
  }
  // stream.Read; false also when the call was ended.
  template <class Stream, class Request>
  bool Read(Stream& stream, Request& request) {
    BeginReading();
    const bool read = stream.Read(&request);
    EndReading();
    return read;
  }
  // stream.Write; false also when the call was ended. `wanted` may say that others wait for what the call
  // holds: then it may last kWantedUnreadMax only, and the call ends as UNAVAILABLE. It is asked on another
  // thread, until the write is over.
  template <class Stream, class Response>
  bool Write(Stream& stream, const Response& response, const std::function<bool()>& wanted = nullptr) {
    BeginWriting(wanted);
    const bool written = stream.Write(response);
    EndWriting();
    return written;
  }
  // Why the call was ended; OK while it was not.
  absl::Status status() const;

 private:
  absl::Status WhyNothingCame(const std::string& part) const;
  void BeginReading();
  void EndReading();
  void BeginWriting(const std::function<bool()>& wanted);
  void EndWriting();
  void Watch();
  // OK while the caller may be waited for.
  absl::Status Overdue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Until somebody may be overdue.
  absl::Duration LookAgainIn() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  grpc::ServerContext& context_;
  const std::string advice_;
  const absl::Duration silence_max_;
  const absl::Duration unread_max_;
  mutable Mutex mutex_;
  CondVar changed_;
  SteadyTime read_until_ ABSL_GUARDED_BY(mutex_) = SteadyTime::Never();
  SteadyTime written_until_ ABSL_GUARDED_BY(mutex_) = SteadyTime::Never();
  SteadyTime wanted_until_ ABSL_GUARDED_BY(mutex_) = SteadyTime::Never();
  std::function<bool()> wanted_ ABSL_GUARDED_BY(mutex_);  // of the write that goes on
  bool looks_often_ ABSL_GUARDED_BY(mutex_) = false;      // a write was asked whether it is wanted
  absl::Status ended_ ABSL_GUARDED_BY(mutex_);
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_SILENCE_LIMIT_H_
