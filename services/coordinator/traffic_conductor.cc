#include "services/coordinator/traffic_conductor.h"

#include <algorithm>
#include <future>

#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "engine/spread/wave_collector.h"
#include "services/common/wire.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

using TrafficCall = WorkerCall<pbi::ConductTrafficRequest, pbi::ConductTrafficResponse>;
using TrafficCalls = std::vector<std::unique_ptr<TrafficCall>>;

// Adds up what workers report, from a thread for each.
class Collected {
 public:
  Collected(std::uint32_t workers_count, const TrafficHooks& hooks)
      : hooks_(hooks), collector_(workers_count, [this](const WaveOutcome& wave) { WhenWhole(wave); }) {}

  absl::Status Add(const pbi::ConductTrafficResponse& response) {
    if (response.has_wave()) {
      LAWINE_ASSIGN_OR_RETURN(WaveOutcome part, wire::FromProto(response.wave()));
      MutexLock lock(mutex_);
      LAWINE_RETURN_IF_ERROR(collector_.Add(std::move(part)));
      return hook_status_;
    }
    MutexLock lock(mutex_);
    conducted_.processing_seconds =
        std::max(conducted_.processing_seconds, response.done().processing_seconds());
    conducted_.exchange_bytes += response.done().exchange_bytes();
    return absl::OkStatus();
  }
  absl::StatusOr<TrafficConducted> Outcome(double load_seconds) {
    MutexLock lock(mutex_);
    if (!collector_.all_whole()) {
      return absl::DataLossError("workers report different waves: the result cannot be trusted");
    }
    TrafficConducted conducted = conducted_;
    conducted.traffic = collector_.outcome();
    conducted.load_seconds = load_seconds;
    return conducted;
  }

 private:
  // Called by collector_.Add, with the lock held.
  void WhenWhole(const WaveOutcome& wave) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    hook_status_ = hooks_.wave(wave, collector_.outcome());
  }

  const TrafficHooks& hooks_;
  Mutex mutex_;
  WaveCollector collector_ ABSL_GUARDED_BY(mutex_);
  absl::Status hook_status_ ABSL_GUARDED_BY(mutex_);
  TrafficConducted conducted_ ABSL_GUARDED_BY(mutex_);
};

// Reads one worker's waves until its part is over.
absl::Status Follow(TrafficCall& call, Collected& collected) {
  pbi::ConductTrafficResponse response;
  bool done = false;
  while (call.Read(response)) {
    if (response.failure_code() != 0) {
      return call.Failed(static_cast<absl::StatusCode>(response.failure_code()), ": " + response.failure());
    }
    LAWINE_RETURN_IF_ERROR(collected.Add(response));
    done = done || response.has_done();
  }
  LAWINE_RETURN_IF_ERROR(call.Finish());
  return done ? absl::OkStatus() : absl::InternalError("a worker ended its part early");
}

// Passes the caller's batches on. OK too when a worker has gone: its reader says why.
absl::Status Feed(const TrafficHooks& hooks, const TrafficCalls& calls, const Cancellation& cancellation) {
  pbi::ConductTrafficRequest request;
  while (!cancellation.cancelled()) {
    LAWINE_ASSIGN_OR_RETURN(auto batch, hooks.next_batch());
    if (cancellation.cancelled()) return absl::OkStatus();
    if (batch.has_value()) {
      *request.mutable_batch() = *std::move(batch);
    } else {
      request.set_end(true);
    }
    for (const auto& call : calls) {
      if (!call->Send(request)) return absl::OkStatus();
    }
    if (request.has_end()) return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TrafficConducted> ConductTraffic(const TrafficJob& job, const Placement& placement,
                                                absl::Duration timeout, const TrafficHooks& hooks,
                                                Cancellation& cancellation) {
  if (cancellation.cancelled()) return absl::CancelledError("the traffic was cancelled");
  const TrafficCalls calls = CallAll<TrafficCall>(placement, &pbi::WorkerService::Stub::ConductTraffic,
                                                  absl::Now() + timeout, cancellation);
  pbi::ConductTrafficRequest request;
  *request.mutable_plan() = wire::ToProto(job.task);
  FillPlan(job.graph.info(), placement, *request.mutable_plan());
  const auto adapt = [&placement](pbi::TrafficPlan& own, std::size_t w) {
    own.set_own_node_id(placement.workers[w].node_id);
    own.set_report_messages(w == 0);
  };
  double load_seconds = 0;
  const auto prepared = [&load_seconds](const auto& response) {
    load_seconds = std::max(load_seconds, response.load_seconds());
  };
  LAWINE_RETURN_IF_ERROR(PrepareAll(calls, std::move(request), adapt, prepared));
  Collected collected(static_cast<std::uint32_t>(calls.size()), hooks);
  SharedEnd end(cancellation);
  std::vector<std::future<void>> readers;
  for (const auto& call : calls) {
    readers.push_back(
        std::async(std::launch::async, [&, c = call.get()] { end.Note(Follow(*c, collected)); }));
  }
  if (hooks.next_batch != nullptr) end.Note(Feed(hooks, calls, cancellation));
  for (auto& reader : readers) reader.get();
  LAWINE_RETURN_IF_ERROR(end.cause());
  return collected.Outcome(load_seconds);
}

}  // namespace lawine
