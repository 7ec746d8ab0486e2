#include "services/coordinator/traffic/traffic_archive.h"

#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/registry/record.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr char kPrefix[] = "traffic/";

std::string KeyOf(const std::string& request_id) { return kPrefix + request_id; }

void FillOutcome(const TrafficOutcome& outcome, pbi::TrafficRecord& record) {
  record.set_waves(outcome.waves);
  record.set_messages(outcome.messages);
  record.set_deliveries(outcome.deliveries);
  record.set_reach(outcome.reach);
  record.set_forwards(outcome.forwards);
  record.set_undelivered(outcome.undelivered);
  record.set_reach_max(outcome.reach_max);
  record.set_last_step(outcome.last_step);
  const auto fill = [](const auto& values, auto& column) { column.Add(values.begin(), values.end()); };
  fill(outcome.reach_bins, *record.mutable_reach_bins());
  fill(outcome.by_last_step, *record.mutable_by_last_step());
  fill(outcome.messages_by_hour, *record.mutable_messages_by_hour());
  fill(outcome.deliveries_by_hour, *record.mutable_deliveries_by_hour());
  fill(outcome.group_messages, *record.mutable_group_messages());
  fill(outcome.group_deliveries, *record.mutable_group_deliveries());
  for (const ShardTraffic& shard : outcome.shards) {
    record.add_shards(shard.shard);
    record.add_shard_deliveries(shard.deliveries);
  }
  record.set_digest(outcome.digest.ToHex());
}

template <class Column, class Array>
bool Read(const Column& column, Array& array) {
  if (static_cast<std::size_t>(column.size()) != array.size()) return false;
  std::copy(column.begin(), column.end(), array.begin());
  return true;
}

absl::StatusOr<TrafficOutcome> OutcomeOf(const pbi::TrafficRecord& record) {
  TrafficOutcome outcome;
  outcome.waves = record.waves();
  outcome.messages = record.messages();
  outcome.deliveries = record.deliveries();
  outcome.reach = record.reach();
  outcome.forwards = record.forwards();
  outcome.undelivered = record.undelivered();
  outcome.reach_max = record.reach_max();
  outcome.last_step = record.last_step();
  outcome.by_last_step.assign(record.by_last_step().begin(), record.by_last_step().end());
  const bool read = Read(record.reach_bins(), outcome.reach_bins) &&
                    Read(record.messages_by_hour(), outcome.messages_by_hour) &&
                    Read(record.deliveries_by_hour(), outcome.deliveries_by_hour) &&
                    Read(record.group_messages(), outcome.group_messages) &&
                    Read(record.group_deliveries(), outcome.group_deliveries) &&
                    record.shards_size() == record.shard_deliveries_size();
  if (!read) return absl::DataLossError("kept traffic has columns of wrong lengths: use another request id");
  for (int i = 0; i < record.shards_size(); ++i) {
    outcome.shards.push_back({.shard = record.shards(i), .deliveries = record.shard_deliveries(i)});
  }
  LAWINE_ASSIGN_OR_RETURN(outcome.digest, Digest::FromHex(record.digest()));
  return outcome;
}

}  // namespace

absl::StatusOr<std::optional<pbi::TrafficRecord>> TrafficArchive::Kept(const std::string& request_id) const {
  if (request_id.empty()) return std::nullopt;
  LAWINE_RETURN_IF_ERROR(Sweep());
  const absl::StatusOr<std::string> value = registry_.Get(KeyOf(request_id));
  if (absl::IsNotFound(value.status())) return std::nullopt;
  LAWINE_RETURN_IF_ERROR(value.status());
  return ParseRecord<pbi::TrafficRecord>(KeyOf(request_id), *value);
}

absl::StatusOr<std::uint64_t> TrafficArchive::GraphVersionOf(const pb::TrafficSpec& spec) const {
  LAWINE_ASSIGN_OR_RETURN(const auto record, Kept(spec.request_id()));
  if (!record.has_value() || record->spec().graph() != spec.graph()) return 0;
  return std::max<std::uint64_t>(record->spec().graph_version(), 1);
}

absl::Status TrafficArchive::Load(const TrafficJob& job, TrafficConducted& so_far) const {
  LAWINE_ASSIGN_OR_RETURN(const auto record, Kept(job.spec.request_id()));
  if (!record.has_value()) return absl::OkStatus();
  const bool same = google::protobuf::util::MessageDifferencer::Equals(record->spec(), job.spec) &&
                    record->graph_digest() == job.graph.info().digest() &&
                    record->wave_messages() == job.task.spec.wave_messages;
  if (!same) return FieldError("spec.request_id", "was used for other traffic: expected a new one");
  LAWINE_ASSIGN_OR_RETURN(TrafficOutcome outcome, OutcomeOf(*record));
  so_far.waves = WaveCollector(std::move(outcome), record->next_wave());
  so_far.load_seconds = record->load_seconds();
  so_far.processing_seconds = record->processing_seconds();
  so_far.exchange_bytes = record->exchange_bytes();
  return absl::OkStatus();
}

absl::Status TrafficArchive::Save(const TrafficJob& job, const TrafficConducted& so_far) const {
  LAWINE_CHECK(!so_far.waves.ahead());
  if (job.spec.request_id().empty()) return absl::OkStatus();
  pbi::TrafficRecord record;
  *record.mutable_spec() = job.spec;
  record.set_graph_digest(job.graph.info().digest());
  record.set_wave_messages(job.task.spec.wave_messages);
  record.set_next_wave(so_far.waves.next_wave());
  FillOutcome(so_far.waves.outcome(), record);
  record.set_load_seconds(so_far.load_seconds);
  record.set_processing_seconds(so_far.processing_seconds);
  record.set_exchange_bytes(so_far.exchange_bytes);
  *record.mutable_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  LAWINE_ASSIGN_OR_RETURN(const std::string value, RecordOf(record));
  return registry_.Put(KeyOf(job.spec.request_id()), value);
}

absl::Status TrafficArchive::Forget(const TrafficJob& job) const {
  return job.spec.request_id().empty() ? absl::OkStatus() : registry_.Delete(KeyOf(job.spec.request_id()));
}

absl::Status TrafficArchive::Sweep() const {
  const std::int64_t oldest = absl::ToUnixSeconds(expiry_clock_.Now() - kept_);
  std::vector<std::string> keys;
  LAWINE_RETURN_IF_ERROR(registry_.Scan(kPrefix, [&](const std::string& key, const std::string& value) {
    const auto record = ParseRecord<pbi::TrafficRecord>(key, value);
    if (!record.ok() || record->time().seconds() < oldest) keys.push_back(key);
    return absl::OkStatus();
  }));
  for (const std::string& key : keys) LAWINE_RETURN_IF_ERROR(registry_.Delete(key));
  return absl::OkStatus();
}

}  // namespace lawine
