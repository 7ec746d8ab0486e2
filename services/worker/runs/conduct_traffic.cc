#include <spdlog/spdlog.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "engine/spread/traffic_machine.h"
#include "services/common/wire.h"
#include "services/worker/runs/conduct.h"
#include "services/worker/runs/planned_part.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

// Batches that wait here; further ones wait where they come from.
constexpr std::size_t kBatchesWaiting = 2 * limits::kWavesInFlight;

// Traffic with what it depends on. Waves that are over go to the coordinator at once: while it does not read
// them, this worker waits.
class ActiveTraffic final : public ActiveMachine<TrafficMachine> {
 public:
  ActiveTraffic(const wire::TrafficTask& task, std::unique_ptr<WaveSource> waves, Images images,
                RunPeers peers, TrafficMachine::Report report)
      : ActiveMachine({.run = task.spec.run_id, .attempt = task.spec.attempt}, images, std::move(peers),
                      [&](std::vector<const ShardImage*> shards, Lane::Send send_frame) {
                        return std::make_unique<TrafficMachine>(task.spec, images[0]->graph().partition,
                                                                std::move(shards), *waves,
                                                                std::move(send_frame), std::move(report));
                      }),
        waves_(std::move(waves)) {}

 private:
  const std::unique_ptr<WaveSource> waves_;
};

// Reads the coordinator's batches into a queue, on a thread of its own, until their end.
class BatchReader {
 public:
  BatchReader(QueuedWaves& queue, ActiveTraffic& traffic, grpc::ServerContext& context,
              ConductTrafficStream& stream)
      : queue_(queue), traffic_(traffic), context_(context), stream_(stream), thread_([this] { Read(); }) {}
  // REQUIRES: the end has come, or the call was cancelled.
  ~BatchReader() { thread_.join(); }
  BatchReader(const BatchReader&) = delete;
  BatchReader& operator=(const BatchReader&) = delete;

  // What came instead of batches and their end.
  absl::Status status() const {
    MutexLock lock(mutex_);
    return wrong_;
  }
  bool ended() const {
    MutexLock lock(mutex_);
    return ended_;
  }

 private:
  void Read() {
    const absl::Status status = ReadAll();
    if (status.ok()) queue_.End();
    {
      MutexLock lock(mutex_);
      wrong_ = status;
      ended_ = status.ok();
    }
    traffic_.Notify();
  }
  // OK when the end has come.
  absl::Status ReadAll() {
    std::uint64_t next_message = 0;
    pbi::ConductTrafficRequest request;
    while (stream_.Read(&request)) {
      if (request.end()) return absl::OkStatus();
      if (!request.has_batch()) return absl::InvalidArgumentError("expected a batch, or the end");
      LAWINE_ASSIGN_OR_RETURN(auto wave, wire::FromProto(request.batch()));
      wave.first_message = next_message;
      next_message += wave.senders.size();
      while (queue_.waiting() >= kBatchesWaiting && !context_.IsCancelled()) {
        absl::SleepFor(absl::Milliseconds(2));
      }
      queue_.Add(std::move(wave));
      traffic_.Notify();
    }
    return CoordinatorGone();
  }

  QueuedWaves& queue_;
  ActiveTraffic& traffic_;
  grpc::ServerContext& context_;
  ConductTrafficStream& stream_;
  mutable Mutex mutex_;
  absl::Status wrong_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

absl::Status Drive(ActiveTraffic& traffic, const BatchReader* batches, Executor& executor,
                   grpc::ServerContext& context) {
  absl::Time last_progress = absl::Now();
  while (!traffic.machine().done()) {
    LAWINE_ASSIGN_OR_RETURN(const bool ready, traffic.WaitReady(kCancelCheckEvery));
    if (context.IsCancelled()) return CoordinatorGone();
    if (batches != nullptr) LAWINE_RETURN_IF_ERROR(batches->status());
    const absl::Time now = absl::Now();
    if (!ready && !traffic.machine().waiting_for_others()) last_progress = now;
    if (!ready && now - last_progress > kStepTimeout) {
      return absl::DeadlineExceededError("no frames from the other workers for five minutes");
    }
    if (!ready || traffic.machine().done()) continue;
    last_progress = now;
    LAWINE_RETURN_IF_ERROR(
        traffic.Take([&executor](TrafficMachine& machine) { return machine.Advance(executor); }));
  }
  return absl::OkStatus();
}

// Batches may still be on their way when a part fails: the reader is stopped by ending the call, and a call
// that ends so can say no more than that. So the failure is told before.
absl::Status DriveBatches(ActiveTraffic& traffic, QueuedWaves& queue, Executor& executor,
                          grpc::ServerContext& context, ConductTrafficStream& stream) {
  const BatchReader batches(queue, traffic, context, stream);
  absl::Status status = Drive(traffic, &batches, executor, context);
  if (status.ok() || batches.ended()) return status;
  pbi::ConductTrafficResponse response;
  response.set_failure_code(static_cast<int>(status.code()));
  response.set_failure(std::string(status.message()));
  stream.Write(response);
  context.TryCancel();
  return status;
}

struct Prepared {
  std::shared_ptr<ActiveTraffic> traffic;
  QueuedWaves* queue = nullptr;  // the traffic's, when batches follow
  double load_seconds = 0;
};

absl::StatusOr<Prepared> Prepare(ShardHost& shards, PeerLinks& peers, const pbi::TrafficPlan& plan,
                                 ConductTrafficStream& stream) {
  LAWINE_ASSIGN_OR_RETURN(const wire::TrafficTask task, wire::FromProto(plan));
  LAWINE_ASSIGN_OR_RETURN(PlannedPart part, PreparePart(shards, peers, plan));
  Prepared prepared{.traffic = nullptr, .queue = nullptr, .load_seconds = part.load_seconds};
  std::unique_ptr<WaveSource> waves;
  if (task.generated.messages > 0) {
    waves = std::make_unique<GeneratedWaves>(task.generated, task.spec, part.images[0]->graph().members());
  } else {
    auto queue = std::make_unique<QueuedWaves>();
    prepared.queue = queue.get();
    waves = std::move(queue);
  }
  const auto report = [&stream, messages = plan.report_messages()](const WaveOutcome& wave) {
    pbi::ConductTrafficResponse response;
    *response.mutable_wave() = wire::ToProto(wave, messages);
    stream.Write(response);  // a coordinator that is gone shows as a cancelled call
  };
  prepared.traffic = std::make_shared<ActiveTraffic>(task, std::move(waves), std::move(part.images),
                                                     std::move(part.peers), report);
  return prepared;
}

}  // namespace

absl::Status ConductTraffic(std::uint64_t incarnation, ShardHost& shards, RunHost& runs, PeerLinks& peers,
                            Executor& executor, grpc::ServerContext& context, ConductTrafficStream& stream) {
  pbi::ConductTrafficRequest request;
  if (!stream.Read(&request)) return CoordinatorGone();
  if (!request.has_plan()) return absl::InvalidArgumentError("expected a plan first");
  const pbi::TrafficPlan plan = request.plan();
  LAWINE_RETURN_IF_ERROR(CheckProcess(plan, incarnation));
  LAWINE_ASSIGN_OR_RETURN(const Prepared prepared, Prepare(shards, peers, plan, stream));
  ActiveTraffic& traffic = *prepared.traffic;
  LAWINE_RETURN_IF_ERROR(runs.Add(prepared.traffic));
  const Listed listed(runs, traffic.attempt());
  pbi::ConductTrafficResponse response;
  response.set_prepared(true);
  response.set_load_seconds(prepared.load_seconds);
  if (!stream.Write(response) || !stream.Read(&request)) return CoordinatorGone();
  if (!request.start()) return absl::InvalidArgumentError("expected a start after the plan");
  const absl::Time start = absl::Now();
  LAWINE_RETURN_IF_ERROR(prepared.queue == nullptr
                             ? Drive(traffic, nullptr, executor, context)
                             : DriveBatches(traffic, *prepared.queue, executor, context, stream));
  response.Clear();
  pbi::TrafficDone& done = *response.mutable_done();
  done.set_exchange_bytes(traffic.machine().frame_bytes_sent() *
                          static_cast<std::uint64_t>(plan.peers_size() - 1));
  done.set_processing_seconds(absl::ToDoubleSeconds(absl::Now() - start));
  spdlog::info("traffic {}: {} waves done in {:.3f} s", plan.run_id(), traffic.machine().waves_begun(),
               done.processing_seconds());
  return stream.Write(response) ? absl::OkStatus() : CoordinatorGone();
}

}  // namespace lawine
