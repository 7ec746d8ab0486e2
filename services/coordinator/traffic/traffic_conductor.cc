#include "services/coordinator/traffic/traffic_conductor.h"

#include <algorithm>
#include <future>

#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/common/wire.h"
#include "services/coordinator/runs/prepare.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

using TrafficCalls = WorkerCalls<pbi::ConductTrafficRequest, pbi::ConductTrafficResponse>;

// Adds up what workers report of one attempt.
class Collected {
 public:
  Collected(std::uint32_t workers_count, const TrafficHooks& hooks, TrafficConducted& so_far)
      : so_far_(so_far) {
    so_far_.waves.BeginAttempt(workers_count, [this, &hooks](WaveOutcome& wave) {
      return hooks.wave(wave, so_far_.waves.outcome());
    });
  }

  absl::Status Add(const pbi::ConductTrafficResponse& response) {
    if (response.has_wave()) {
      LAWINE_ASSIGN_OR_RETURN(WaveOutcome part, wire::FromProto(response.wave()));
      return so_far_.waves.Add(std::move(part));
    }
    processing_seconds_ = std::max(processing_seconds_, response.done().processing_seconds());
    so_far_.exchange_bytes += response.done().exchange_bytes();
    return absl::OkStatus();
  }
  absl::Status Finish() {
    so_far_.processing_seconds += processing_seconds_;
    if (so_far_.waves.all_whole()) return absl::OkStatus();
    return absl::DataLossError("workers report different waves: the result cannot be trusted");
  }

 private:
  TrafficConducted& so_far_;
  double processing_seconds_ = 0;
};

// Reads what one message of a worker says.
absl::Status Take(const WorkerHandle& worker, const pbi::ConductTrafficResponse& response,
                  Collected& collected) {
  if (response.failure_code() == 0) return collected.Add(response);
  return worker.PartFailed(static_cast<absl::StatusCode>(response.failure_code()), ": " + response.failure());
}

// Reads waves until all workers have ended; the first failure ends them all.
void Follow(TrafficCalls& calls, Collected& collected, SharedEnd& end) {
  std::vector<bool> done(calls.size());
  while (const auto event = calls.Next()) {
    if (event->message.has_value()) {
      end.Note(Take(calls.worker(event->worker), *event->message, collected));
      done[event->worker] = done[event->worker] || event->message->has_done();
    } else {
      const bool whole = !event->status.ok() || done[event->worker];
      end.Note(whole ? event->status : absl::InternalError("a worker ended its part early"));
    }
  }
}

// Passes the caller's batches on. OK too when a worker has gone: its reader says why.
absl::Status Feed(const TrafficHooks& hooks, TrafficCalls& calls, const Cancellation& cancellation) {
  pbi::ConductTrafficRequest request;
  while (!cancellation.cancelled()) {
    LAWINE_ASSIGN_OR_RETURN(auto batch, hooks.next_batch());
    if (cancellation.cancelled()) return absl::OkStatus();
    if (batch.has_value()) {
      *request.mutable_batch() = *std::move(batch);
    } else {
      request.set_end(true);
    }
    for (std::size_t w = 0; w < calls.size(); ++w) {
      if (!calls.Send(w, request)) return absl::OkStatus();
    }
    if (request.has_end()) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status ConductAll(const TrafficJob& job, const Placement& placement, absl::Duration timeout,
                        const TrafficHooks& hooks, Cancellation& cancellation, TrafficConducted& so_far) {
  if (cancellation.cancelled()) return absl::CancelledError("the traffic was cancelled");
  TrafficCalls calls(placement, &WorkerStub::ConductTraffic, absl::Now() + timeout, cancellation);
  pbi::ConductTrafficRequest request;
  *request.mutable_plan() = wire::ToProto(job.task);
  request.mutable_plan()->set_first_wave(so_far.waves.next_wave());
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
  so_far.load_seconds += load_seconds;
  if (hooks.started != nullptr) hooks.started();
  Collected collected(static_cast<std::uint32_t>(calls.size()), hooks, so_far);
  SharedEnd end(cancellation);
  const auto follow = [&] { Follow(calls, collected, end); };
  if (hooks.next_batch == nullptr) {
    follow();
  } else {
    const std::future<void> reader = std::async(std::launch::async, follow);
    end.Note(Feed(hooks, calls, cancellation));
    reader.wait();
  }
  LAWINE_RETURN_IF_ERROR(end.cause());
  return collected.Finish();
}

}  // namespace

absl::Status ConductTraffic(const TrafficJob& job, const Placement& placement, absl::Duration timeout,
                            const TrafficHooks& hooks, Cancellation& cancellation, TrafficConducted& so_far) {
  return placement.Ended(ConductAll(job, placement, timeout, hooks, cancellation, so_far));
}

}  // namespace lawine
