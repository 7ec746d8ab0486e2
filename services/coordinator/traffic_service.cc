#include "services/coordinator/traffic_service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/call_guard.h"
#include "services/coordinator/graph_stats.h"
#include "services/coordinator/members.h"
#include "services/coordinator/traffic_conductor.h"
#include "services/coordinator/traffic_plan.h"
#include "services/coordinator/traffic_result.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kTrafficTimeout = absl::Hours(24);
constexpr absl::Duration kProgressEvery = absl::Milliseconds(500);
// A caller that neither sends nor ends its side cannot be told of a failure; after this its call is
// cancelled.
constexpr absl::Duration kFailureKept = absl::Seconds(2);

// The caller's batches in dense ids.
class Batches {
 public:
  Batches(const TrafficJob& job, const Members& members, TrafficService::Stream& stream)
      : job_(job), members_(members), stream_(stream) {}

  absl::StatusOr<std::optional<pbi::WaveBatch>> Next() {
    pb::RunTrafficRequest request;
    if (!stream_.Read(&request)) return std::nullopt;
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
  Teller(bool rows, const Members& members, TrafficService::Stream& stream)
      : rows_(rows), members_(members), stream_(stream) {}

  absl::Status Tell(const WaveOutcome& wave, const TrafficOutcome& before) {
    pb::RunTrafficResponse response;
    if (rows_) {
      LAWINE_ASSIGN_OR_RETURN(*response.mutable_rows(), RowsOf(wave, members_));
      if (!stream_.Write(response)) return Gone();
    }
    const absl::Time now = absl::Now();
    if (now - told_ < kProgressEvery || before.messages == 0) return absl::OkStatus();
    told_ = now;
    pb::TrafficProgress& progress = *response.mutable_progress();
    *progress.mutable_totals() = TotalsOf(before);
    progress.set_seconds(absl::ToDoubleSeconds(now - started_));
    return stream_.Write(response) ? absl::OkStatus() : Gone();
  }

 private:
  static absl::Status Gone() { return absl::CancelledError("the caller is gone"); }

  const bool rows_;
  const Members& members_;
  TrafficService::Stream& stream_;
  const absl::Time started_ = absl::Now();
  absl::Time told_ = started_;
};

}  // namespace

grpc::Status TrafficService::RunTraffic(grpc::ServerContext* context, Stream* stream) {
  return ToGrpc(Run(*context, *stream));
}

absl::Status TrafficService::Run(grpc::ServerContext& context, Stream& stream) {
  pb::RunTrafficRequest first;
  if (!stream.Read(&first)) return absl::CancelledError("the caller is gone");
  const absl::Time asked = absl::Now();
  if (!first.has_spec()) return FieldError("part", "expected a spec first");
  const GoingOn going_on(going_on_);
  if (going_on.number() > kAtOnceMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat(kAtOnceMax, " calls of RunTraffic are going on already: try again later"));
  }
  LAWINE_ASSIGN_OR_RETURN(const pb::TrafficSpec spec, CompleteTraffic(first.spec()));
  LAWINE_ASSIGN_OR_RETURN(const GraphUse use, GraphUse::Of(graphs_, spec.graph()));
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord graph, graphs_.Find(spec.graph()));
  LAWINE_ASSIGN_OR_RETURN(const Placement placement, graphs_.Place(graph));
  LAWINE_ASSIGN_OR_RETURN(const AudienceDistribution audiences, CountAudiences(spec.graph(), placement));
  LAWINE_ASSIGN_OR_RETURN(TrafficJob job, PlanTraffic(spec, graph, audiences));
  job.task.spec.run_id = runs_.NewUnnamedId();
  const Members members(job.graph, placement);
  Batches batches(job, members, stream);
  Teller teller(spec.rows(), members, stream);
  TrafficHooks hooks;
  if (!spec.has_generated()) hooks.next_batch = [&batches] { return batches.Next(); };
  hooks.wave = [&teller](const WaveOutcome& wave, const TrafficOutcome& before) {
    return teller.Tell(wave, before);
  };
  Cancellation cancellation;
  absl::StatusOr<TrafficConducted> conducted = absl::InternalError("not conducted");
  {
    const CallGuard guard(context, cancellation, kFailureKept);
    conducted = ConductTraffic(job, placement, kTrafficTimeout, hooks, cancellation);
  }
  LAWINE_RETURN_IF_ERROR(conducted.status());
  pb::RunTrafficResponse last;
  pb::TrafficResult& result = *last.mutable_result();
  result = MakeTrafficResult(job, *conducted);
  result.mutable_manifest()->set_workers(static_cast<std::uint32_t>(placement.workers.size()));
  result.mutable_timing()->set_makespan_seconds(absl::ToDoubleSeconds(absl::Now() - asked));
  spdlog::info("traffic on '{}': {} messages, {} deliveries in {:.3f} s", spec.graph(),
               conducted->traffic.messages, conducted->traffic.deliveries, conducted->processing_seconds);
  stream.Write(last);
  return absl::OkStatus();
}

}  // namespace lawine
