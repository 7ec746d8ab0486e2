// Every call of the public port passes here: whose it is, whether it may, and what became of it.
#ifndef LAWINE_SERVICES_COORDINATOR_ACCESS_GATE_H_
#define LAWINE_SERVICES_COORDINATOR_ACCESS_GATE_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "services/common/work.h"
#include "services/coordinator/access/call_counts.h"
#include "services/coordinator/access/call_metrics.h"
#include "services/coordinator/access/failure_log.h"
#include "services/coordinator/access/rule.h"
#include "services/coordinator/access/token_store.h"

namespace lawine {

// Whether a method's argument is a stream.
template <class Argument>
inline constexpr bool kStreams = false;
template <class Response>
inline constexpr bool kStreams<grpc::ServerWriter<Response>> = true;
template <class Response, class Request>
inline constexpr bool kStreams<grpc::ServerReaderWriter<Response, Request>> = true;
template <class Request>
inline constexpr bool kStreams<grpc::ServerReader<Request>> = true;

struct Caller {
  std::string owner;       // name of the token; empty where there are none
  std::string request_id;  // of header x-request-id, or made here
  BeginWork begin_work;    // of calls that begin something, or work
};

// Thread-safe. Without tokens everybody may do everything. A call that is refused says why in google.rpc
// details; every call gets its request id back, in trailer x-request-id and in the details of its error.
// Streams hold a thread of the server each, as long as their callers like: there are at most kStreamsMax, and
// with tokens kStreamsOfTokenMax of each, so that short calls always find one.
class Gate {
 public:
  static constexpr std::uint32_t kStreamsMax = 384;
  static constexpr std::uint32_t kStreamsOfTokenMax = 128;

  // What is given must outlive it; `tokens` may be null.
  Gate(TokenStore* tokens, CallMetrics& metrics) : tokens_(tokens), metrics_(metrics) {}

  // The call, let through: `handle` is a grpc::Status(const Caller&).
  template <class Handle>
  grpc::Status Serve(grpc::ServerContext& context, const Rule& rule, const Handle& handle,
                     bool streams = false) {
    Call call(*this, context, rule, streams);
    const absl::Status admitted = call.Admit();
    return admitted.ok() ? call.End(handle(call.caller())) : call.Refuse(admitted);
  }
  // The same for a method of a service, with its own arguments.
  template <class Service, class... Arguments>
  grpc::Status Pass(const Rule& rule, Service& service,
                    grpc::Status (Service::*method)(grpc::ServerContext*, Arguments...),
                    grpc::ServerContext* context, std::type_identity_t<Arguments>... arguments) {
    return Serve(
        *context, rule, [&](const Caller&) { return (service.*method)(context, arguments...); },
        (kStreams<std::remove_pointer_t<Arguments>> || ...));
  }
  // And for one that asks who its caller is.
  template <class Service, class... Arguments>
  grpc::Status Pass(const Rule& rule, Service& service,
                    grpc::Status (Service::*method)(const std::string& owner, grpc::ServerContext*,
                                                    Arguments...),
                    grpc::ServerContext* context, std::type_identity_t<Arguments>... arguments) {
    return Serve(
        *context, rule,
        [&](const Caller& caller) { return (service.*method)(caller.owner, context, arguments...); },
        (kStreams<std::remove_pointer_t<Arguments>> || ...));
  }
  // And for one that says itself when it works.
  template <class Service, class... Arguments>
  grpc::Status Pass(const Rule& rule, Service& service,
                    grpc::Status (Service::*method)(const BeginWork&, grpc::ServerContext*, Arguments...),
                    grpc::ServerContext* context, std::type_identity_t<Arguments>... arguments) {
    return Serve(
        *context, rule,
        [&](const Caller& caller) { return (service.*method)(caller.begin_work, context, arguments...); },
        (kStreams<std::remove_pointer_t<Arguments>> || ...));
  }

  // From now on nothing is begun.
  void Close() {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  // True when no call works any more, before `end`.
  bool WaitIdle(absl::Time end);

 private:
  class Call {
   public:
    Call(Gate& gate, grpc::ServerContext& context, const Rule& rule, bool streams);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    absl::Status Admit();
    grpc::Status Refuse(const absl::Status& status);
    grpc::Status End(const grpc::Status& status);
    const Caller& caller() const { return caller_; }

   private:
    Gate& gate_;
    grpc::ServerContext& context_;
    const Rule& rule_;
    const absl::Time began_;
    Caller caller_;
    const bool wants_stream_;
    bool streams_ = false;
    std::optional<Work> work_;
    grpc::StatusCode code_ = grpc::StatusCode::UNKNOWN;
  };

  absl::StatusOr<Token> TokenOf(const grpc::ServerContext& context) const;
  absl::Status CheckOpen() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Work> BeginWork(const Token& token);
  void EndWork(const std::string& owner);
  absl::Status BeginStream(const std::string& owner);
  void EndStream(const std::string& owner);

  TokenStore* const tokens_;
  CallMetrics& metrics_;
  FailureLog failures_;
  Mutex mutex_;
  CondVar changed_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  CallCounts working_ ABSL_GUARDED_BY(mutex_);
  CallCounts streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_ACCESS_GATE_H_
