#include "services/coordinator/traffic/traffic_service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/silence_limit.h"
#include "services/common/steady_time.h"
#include "services/coordinator/graphs/graph_stats.h"
#include "services/coordinator/graphs/members.h"
#include "services/coordinator/runs/run_recovery.h"
#include "services/coordinator/traffic/traffic_conductor.h"
#include "services/coordinator/traffic/traffic_plan.h"
#include "services/coordinator/traffic/traffic_result.h"
#include "services/coordinator/workers/call_guard.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kTrafficTimeout = absl::Hours(24);
constexpr absl::Duration kProgressEvery = absl::Milliseconds(500);
// A caller that neither sends nor ends its side cannot be told of a failure; after this its call is
// cancelled.
constexpr absl::Duration kFailureKept = absl::Seconds(2);
// Batches may be slow to come; but a caller that sends none keeps a place, and workers' memory.
constexpr absl::Duration kBatchAwaited = absl::Minutes(10);

// The first message, and the end of the caller's side where nothing follows it.
absl::StatusOr<pb::TrafficSpec> ReadSpec(grpc::ServerContext& context, TrafficService::Stream& stream) {
  SilenceLimit silence(context, "send a spec, and end your side if it says what is generated");
  pb::RunTrafficRequest first;
  LAWINE_RETURN_IF_ERROR(silence.ReadFirst(stream, first, "a spec"));
  if (!first.has_spec()) return FieldError("part", "expected a spec first");
  LAWINE_ASSIGN_OR_RETURN(pb::TrafficSpec spec, CompleteTraffic(first.spec()));
  if (pb::RunTrafficRequest more; spec.has_generated() && silence.Read(stream, more)) {
    return FieldError("part",
                      "expected nothing after a spec with generated messages, found a message more: "
                      "leave spec.generated out, or the batches");
  }
  LAWINE_RETURN_IF_ERROR(silence.status());
  return spec;
}

// The caller's batches in dense ids.
class Batches {
 public:
  Batches(const TrafficJob& job, const Members& members, TrafficService::Stream& stream,
          SilenceLimit& silence)
      : job_(job), members_(members), stream_(stream), silence_(silence) {}

  absl::StatusOr<std::optional<pbi::WaveBatch>> Next() {
    pb::RunTrafficRequest request;
    if (!silence_.Read(stream_, request)) {
      LAWINE_RETURN_IF_ERROR(silence_.status());
      return std::nullopt;
    }
    if (!request.has_batch()) return FieldError("part", "expected a batch after the spec");
    LAWINE_RETURN_IF_ERROR(Check(request.batch()));
    Wave wave;
    LAWINE_ASSIGN_OR_RETURN(wave.senders, Find(request.batch()));
    wave.starts.assign(request.batch().start_seconds().begin(), request.batch().start_seconds().end());
    wave.starts.resize(wave.senders.size());
    messages_ += wave.senders.size();
    return wire::ToProto(wave);
  }

 private:
  absl::Status Check(const pb::MessageBatch& batch) const {
    const std::uint32_t most = job_.task.spec.wave_messages;
    const auto count = static_cast<std::uint32_t>(batch.seed_members_size());
    if (count < 1 || count > most) {
      return FieldError("batch.seed_members", absl::StrCat("expected 1 to ", most, ", found ", count));
    }
    if (messages_ + count > limits::kTrafficMessagesMax) {
      return FieldError("batch.seed_members", absl::StrCat("expected at most ", limits::kTrafficMessagesMax,
                                                           " messages in all batches, found more"));
    }
    if (batch.start_seconds_size() != 0 && batch.start_seconds_size() != batch.seed_members_size()) {
      return FieldError("batch.start_seconds", absl::StrCat("expected none or one for each of ", count,
                                                            " messages, found ", batch.start_seconds_size()));
    }
    for (int i = 0; i < batch.start_seconds_size(); ++i) {
      if (batch.start_seconds(i) < kDaySeconds) continue;
      return FieldError(absl::StrCat("batch.start_seconds[", i, "]"),
                        absl::StrCat("expected less than ", kDaySeconds, ", found ", batch.start_seconds(i)));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<MemberId>> Find(const pb::MessageBatch& batch) const {
    std::vector<MemberKey> keys;
    for (int i = 0; i < batch.seed_members_size(); ++i) {
      const absl::StatusOr<MemberKey> key = members_.KeyOf(batch.seed_members(i));
      if (!key.ok()) return FieldError(Path(i), std::string(key.status().message()));
      keys.push_back(*key);
    }
    std::vector<MemberKey> distinct = keys;
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    // Keys of names are hashes: only the name itself says who it is.
    LAWINE_ASSIGN_OR_RETURN(const auto records, members_.ByKey(distinct));
    std::map<std::string, MemberId> ids;
    for (const auto& record : records) ids[members_.IdOf(record)] = MemberId(record.id());
    std::vector<MemberId> senders;
    for (int i = 0; i < batch.seed_members_size(); ++i) {
      const auto found =
          ids.find(job_.graph.info().named_members() ? batch.seed_members(i)
                                                     : absl::StrCat(keys[static_cast<std::size_t>(i)]));
      if (found == ids.end()) {
        return FieldError(Path(i), absl::StrCat("graph '", job_.graph.info().name(), "' has no member '",
                                                batch.seed_members(i), "'"));
      }
      senders.push_back(found->second);
    }
    return senders;
  }

  static std::string Path(int i) { return absl::StrCat("batch.seed_members[", i, "]"); }

  const TrafficJob& job_;
  const Members& members_;
  TrafficService::Stream& stream_;
  SilenceLimit& silence_;
  std::uint64_t messages_ = 0;
};

absl::StatusOr<pb::TrafficRows> RowsOf(const WaveOutcome& wave, const Members& members) {
  std::vector<std::uint32_t> ids;
  for (const MemberId sender : wave.messages.senders) ids.push_back(sender.value);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  LAWINE_ASSIGN_OR_RETURN(const auto records, members.ById(ids));
  if (records.size() != ids.size()) return absl::InternalError("senders could not be named");
  pb::TrafficRows rows;
  rows.set_first_message(wave.messages.first_message);
  for (const MemberId sender : wave.messages.senders) {
    const auto at = std::lower_bound(ids.begin(), ids.end(), sender.value) - ids.begin();
    rows.add_seed_members(members.IdOf(records[static_cast<std::size_t>(at)]));
  }
  rows.mutable_start_seconds()->Add(wave.messages.starts.begin(), wave.messages.starts.end());
  rows.mutable_reach()->Add(wave.reach.begin(), wave.reach.end());
  rows.mutable_deliveries()->Add(wave.deliveries.begin(), wave.deliveries.end());
  rows.mutable_forwards()->Add(wave.forwards.begin(), wave.forwards.end());
  rows.mutable_steps()->Add(wave.last_steps.begin(), wave.last_steps.end());
  return rows;
}

// Tells the caller of waves that are over. A caller that does not read keeps the next wave waiting.
class Teller {
 public:
  Teller(bool rows, TrafficService::Stream& stream, SilenceLimit& silence)
      : rows_(rows), stream_(stream), silence_(silence) {}

  // `members`: where workers are now; `lease`: of their graph. Once that has ended it is not waited for long.
  absl::Status Tell(const WaveOutcome& wave, const TrafficOutcome& before, const Members& members,
                    const Cancellation& lease) {
    pb::RunTrafficResponse response;
    if (rows_) {
      LAWINE_ASSIGN_OR_RETURN(*response.mutable_rows(), RowsOf(wave, members));
      if (!Write(response, lease)) return Gone();
    }
    if (SteadyNow() - told_ < kProgressEvery || before.messages == 0) return absl::OkStatus();
    return Write(Progress(before, ""), lease) ? absl::OkStatus() : Gone();
  }
  // Of an attempt that has ended.
  absl::Status TellWaiting(const TrafficOutcome& before, const std::string& waiting_for) {
    return silence_.Write(stream_, Progress(before, waiting_for)) ? absl::OkStatus() : Gone();
  }

 private:
  static absl::Status Gone() { return absl::AbortedError("the caller is gone"); }

  bool Write(const pb::RunTrafficResponse& response, const Cancellation& lease) {
    return silence_.Write(stream_, response, [&lease] { return lease.cancelled(); });
  }
  pb::RunTrafficResponse Progress(const TrafficOutcome& before, const std::string& waiting_for) {
    told_ = SteadyNow();
    pb::RunTrafficResponse response;
    pb::TrafficProgress& progress = *response.mutable_progress();
    *progress.mutable_totals() = TotalsOf(before);
    progress.set_seconds(absl::ToDoubleSeconds(told_ - started_));
    progress.set_waiting_for(waiting_for);
    return response;
  }

  const bool rows_;
  TrafficService::Stream& stream_;
  SilenceLimit& silence_;
  const SteadyTime started_ = SteadyNow();
  SteadyTime told_ = started_;
};

// One call: planned, and tried until it is over.
class TrafficRun {
 public:
  TrafficRun(Graphs& graphs, Runs& runs, const TrafficArchive& archive, std::string owner,
             TrafficService::Stream& stream, SilenceLimit& silence)
      : graphs_(graphs),
        runs_(runs),
        archive_(archive),
        owner_(std::move(owner)),
        stream_(stream),
        silence_(silence) {}

  absl::StatusOr<pb::TrafficResult> Run(const pb::TrafficSpec& spec, Cancellation& cancellation) {
    const SteadyTime asked = SteadyNow();
    Teller teller(spec.rows(), stream_, silence_);
    Recovery recovery(runs_.options().recovery);
    for (absl::Status status = absl::UnavailableError(""); !status.ok();) {
      const std::uint32_t before = so_far_.waves.next_wave();
      status = TryOnce(spec, teller, recovery, cancellation);
      if (status.ok()) break;
      // A caller's batches are gone with the attempt; one who does not want to wait has no request id.
      const bool again = job_.has_value() ? spec.has_generated() : !spec.request_id().empty();
      if (!again || cancellation.cancelled()) return status;
      if (IsShardsMove(status)) {
        recovery.Interrupted();
      } else {
        LAWINE_RETURN_IF_ERROR(recovery.Lost(status, so_far_.waves.next_wave() > before, SteadyNow()));
      }
      spdlog::warn("traffic on '{}': {}; will be tried again", spec.graph(), std::string(status.message()));
      LAWINE_RETURN_IF_ERROR(teller.TellWaiting(so_far_.waves.outcome(), std::string(status.message())));
      SleepUnlessCancelled(recovery.wait(), cancellation);
    }
    pb::TrafficResult result = MakeTrafficResult(*job_, so_far_);
    result.mutable_manifest()->set_workers(workers_);
    result.mutable_timing()->set_makespan_seconds(absl::ToDoubleSeconds(SteadyNow() - asked));
    return result;
  }
  // The result has been told.
  void Forget() const { archive_.Forget(*job_).IgnoreError(); }

 private:
  absl::Status TryOnce(const pb::TrafficSpec& spec, Teller& teller, Recovery& recovery,
                       Cancellation& cancellation) {
    if (cancellation.cancelled()) return absl::CancelledError("the traffic was cancelled");
    // The spec tells the version in use unless it is the first.
    LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord graph,
                            graphs_.Find(spec.graph(), std::max<std::uint64_t>(spec.graph_version(), 1)));
    LAWINE_ASSIGN_OR_RETURN(const Placement placement, graphs_.Place(graph));
    workers_ = static_cast<std::uint32_t>(placement.workers.size());
    if (!job_.has_value()) LAWINE_RETURN_IF_ERROR(Plan(spec, graph, placement));
    const Members members(job_->graph, placement);
    Batches batches(*job_, members, stream_, silence_);
    TrafficHooks hooks;
    if (!spec.has_generated()) hooks.next_batch = [&batches] { return batches.Next(); };
    hooks.wave = [&](const WaveOutcome& wave, const TrafficOutcome& before) -> absl::Status {
      LAWINE_RETURN_IF_ERROR(teller.Tell(wave, before, members, *placement.lease));
      KeepNowAndThen();
      return absl::OkStatus();
    };
    hooks.started = [&recovery] { recovery.Started(); };
    if (!spec.has_generated()) {
      return ConductTraffic(*job_, placement, kTrafficTimeout, hooks, cancellation, so_far_);
    }
    ++job_->task.spec.attempt;
    Cancellation attempt(cancellation);
    return ConductTraffic(*job_, placement, kTrafficTimeout, hooks, attempt, so_far_);
  }

  absl::Status Plan(const pb::TrafficSpec& spec, const pbi::GraphRecord& graph, const Placement& placement) {
    LAWINE_ASSIGN_OR_RETURN(const AudienceDistribution audiences, CountAudiences(graph.info(), placement));
    LAWINE_ASSIGN_OR_RETURN(TrafficJob job, PlanTraffic(spec, graph, audiences));
    LAWINE_RETURN_IF_ERROR(CheckQuota(runs_.options(), owner_, job.estimate));
    job.task.spec.run_id = runs_.NewUnnamedId();
    LAWINE_RETURN_IF_ERROR(archive_.Load(job, so_far_));
    job_ = std::move(job);
    return absl::OkStatus();
  }

  // What cannot be kept is done again if the coordinator is lost, no more.
  void KeepNowAndThen() {
    if (SteadyNow() - kept_ < runs_.options().keep_every || so_far_.waves.ahead()) return;
    kept_ = SteadyNow();
    const absl::Status saved = archive_.Save(*job_, so_far_);
    if (saved.ok()) return;
    spdlog::warn("traffic on '{}' goes on, but what is over of it could not be kept: {}", job_->spec.graph(),
                 std::string(saved.message()));
  }

  Graphs& graphs_;
  Runs& runs_;
  const TrafficArchive& archive_;
  const std::string owner_;
  TrafficService::Stream& stream_;
  SilenceLimit& silence_;
  std::optional<TrafficJob> job_;
  TrafficConducted so_far_;
  std::uint32_t workers_ = 0;
  SteadyTime kept_ = SteadyNow();
};

// Of traffic that was begun at a version which its caller has not named.
absl::Status WithVersion(const absl::Status& status, std::uint64_t begun_at) {
  if (begun_at == 0 || !absl::IsFailedPrecondition(status)) return status;
  return absl::FailedPreconditionError(absl::StrCat("traffic with this request id was begun at version ",
                                                    begun_at, " of its graph: ", status.message(),
                                                    ". Use a new request id."));
}

// Graphs name the field as in a scenario.
absl::Status InSpec(const absl::Status& status) {
  return FieldOf(status) == "graph_version" ? InPart("spec", status) : status;
}

}  // namespace

grpc::Status TrafficService::RunTraffic(const std::string& owner, grpc::ServerContext* context,
                                        Stream* stream) {
  return ToGrpc(Run(owner, *context, *stream));
}

// The version that an earlier call with the id of one that names none has taken: the graph may have changed
// since. 0: there is no such call.
absl::StatusOr<std::uint64_t> TrafficService::BegunAt(const pb::TrafficSpec& spec) const {
  if (spec.graph_version() > 0) return 0;
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t version, archive_.GraphVersionOf(spec));
  const auto graph = graphs_.Find(spec.graph());
  // A graph that was made again under the name has fewer: then the id was used for other traffic.
  return graph.ok() && version <= graph->info().graph_version() ? version : 0;
}

absl::Status TrafficService::Run(const std::string& owner, grpc::ServerContext& context, Stream& stream) {
  LAWINE_ASSIGN_OR_RETURN(pb::TrafficSpec spec, ReadSpec(context, stream));
  SilenceLimit silence(context, "send a batch, or end your side after the last one", kBatchAwaited);
  Cancellation cancellation;
  const CallGuard guard(context, cancellation, kFailureKept);
  LAWINE_ASSIGN_OR_RETURN(const Turns::Turn turn, requests_.Take(spec.request_id(), [&cancellation] {
    return cancellation.cancelled();
  }));
  const GoingOn going_on(going_on_);  // not while its caller, or an earlier call, is waited for
  LAWINE_RETURN_IF_ERROR(CheckRoom(going_on, kAtOnceMax, "calls of RunTraffic"));
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t begun_at, BegunAt(spec));
  const std::uint64_t wanted = begun_at > 0 ? begun_at : spec.graph_version();
  const absl::StatusOr<GraphUse> use = GraphUse::Of(graphs_, spec.graph(), wanted);
  LAWINE_RETURN_IF_ERROR(WithVersion(use.status(), begun_at));
  if (use->version() > 1) spec.set_graph_version(use->version());
  TrafficRun run(graphs_, runs_, archive_, owner, stream, silence);
  pb::RunTrafficResponse last;
  absl::StatusOr<pb::TrafficResult> result = run.Run(spec, cancellation);
  LAWINE_RETURN_IF_ERROR(silence.status());
  LAWINE_RETURN_IF_ERROR(InSpec(WithVersion(result.status(), begun_at)));
  *last.mutable_result() = *std::move(result);
  spdlog::info("traffic on '{}': {} messages, {} deliveries in {:.3f} s", spec.graph(),
               last.result().totals().messages(), last.result().totals().deliveries(),
               last.result().timing().processing_seconds());
  if (silence.Write(stream, last)) run.Forget();
  return absl::OkStatus();
}

}  // namespace lawine
