#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/wire.h"

namespace lawine::wire {

pbi::TrafficPlan ToProto(const TrafficTask& task) {
  const TrafficSpec& spec = task.spec;
  pbi::TrafficPlan proto;
  proto.set_run_id(spec.run_id);
  proto.set_attempt(spec.attempt);
  proto.set_first_wave(spec.first_wave);
  proto.set_run_seed(spec.run_seed);
  proto.set_forward_threshold(spec.forward.fixed());
  if (spec.max_steps.has_value()) proto.set_max_steps(*spec.max_steps);
  proto.set_wave_messages(spec.wave_messages);
  for (const std::uint32_t audience : spec.group_audiences) proto.add_group_audiences(audience);
  proto.set_messages(task.generated.messages);
  proto.set_senders(static_cast<std::uint32_t>(task.generated.senders));
  proto.set_daily_rhythm(task.generated.daily_rhythm);
  return proto;
}

absl::StatusOr<TrafficTask> FromProto(const pbi::TrafficPlan& proto) {
  if (proto.forward_threshold() > Threshold::kOne) {
    return absl::InvalidArgumentError("forward_threshold: expected at most 2^63");
  }
  if (static_cast<std::size_t>(proto.group_audiences_size()) != kSenderGroups || proto.senders() < 1 ||
      proto.senders() > 2) {
    return absl::InvalidArgumentError("group_audiences, senders: not as this version knows them");
  }
  TrafficTask task;
  task.spec.run_id = proto.run_id();
  task.spec.attempt = proto.attempt();
  task.spec.first_wave = proto.first_wave();
  task.spec.run_seed = proto.run_seed();
  task.spec.forward = Threshold::FromFixed(proto.forward_threshold());
  if (proto.has_max_steps()) task.spec.max_steps = proto.max_steps();
  task.spec.wave_messages = proto.wave_messages();
  std::copy(proto.group_audiences().begin(), proto.group_audiences().end(),
            task.spec.group_audiences.begin());
  task.generated = {.messages = proto.messages(),
                    .senders = static_cast<Senders>(proto.senders()),
                    .daily_rhythm = proto.daily_rhythm()};
  if (task.spec.first_wave > 0 && task.generated.messages == 0) {
    return absl::InvalidArgumentError("first_wave: expected 0 where messages are not generated");
  }
  LAWINE_RETURN_IF_ERROR(CheckTrafficSpec(task.spec));
  return task;
}

pbi::WaveBatch ToProto(const Wave& wave) {
  pbi::WaveBatch batch;
  batch.set_senders(PackInts(std::span(wave.senders)));
  batch.set_starts(PackInts(std::span(wave.starts)));
  return batch;
}

absl::StatusOr<Wave> FromProto(const pbi::WaveBatch& batch) {
  Wave wave;
  std::vector<std::uint32_t> senders;
  LAWINE_RETURN_IF_ERROR(UnpackInts(batch.senders(), senders));
  LAWINE_RETURN_IF_ERROR(UnpackInts(batch.starts(), wave.starts));
  if (senders.size() != wave.starts.size()) {
    return absl::InvalidArgumentError(absl::StrCat("starts: expected one for each of ", senders.size(),
                                                   " senders, found ", wave.starts.size()));
  }
  for (const std::uint32_t sender : senders) wave.senders.push_back(MemberId(sender));
  return wave;
}

pbi::WaveReport ToProto(const WaveOutcome& wave, bool messages) {
  pbi::WaveReport report;
  report.set_wave(wave.wave);
  report.set_first_message(wave.messages.first_message);
  report.mutable_reach()->Add(wave.reach.begin(), wave.reach.end());
  report.mutable_deliveries()->Add(wave.deliveries.begin(), wave.deliveries.end());
  report.mutable_forwards()->Add(wave.forwards.begin(), wave.forwards.end());
  report.mutable_last_steps()->Add(wave.last_steps.begin(), wave.last_steps.end());
  report.set_groups(PackInts(std::span(wave.groups)));
  report.set_undelivered(wave.undelivered);
  report.mutable_hours()->Add(wave.hours.begin(), wave.hours.end());
  for (const ShardTraffic& shard : wave.shards) {
    report.add_shards(shard.shard);
    report.add_shard_deliveries(shard.deliveries);
  }
  report.set_digest(wave.digest.ToHex());
  if (messages) *report.mutable_messages() = ToProto(wave.messages);
  return report;
}

absl::StatusOr<WaveOutcome> FromProto(const pbi::WaveReport& report) {
  WaveOutcome wave;
  if (report.hours_size() != static_cast<int>(wave.hours.size()) ||
      report.shards_size() != report.shard_deliveries_size()) {
    return absl::DataLossError("a worker's report of a wave has columns of wrong lengths");
  }
  wave.wave = report.wave();
  if (report.has_messages()) {
    LAWINE_ASSIGN_OR_RETURN(wave.messages, FromProto(report.messages()));
  }
  wave.messages.first_message = report.first_message();
  wave.reach.assign(report.reach().begin(), report.reach().end());
  wave.deliveries.assign(report.deliveries().begin(), report.deliveries().end());
  wave.forwards.assign(report.forwards().begin(), report.forwards().end());
  wave.last_steps.assign(report.last_steps().begin(), report.last_steps().end());
  wave.groups.assign(report.groups().begin(), report.groups().end());
  wave.undelivered = report.undelivered();
  std::copy(report.hours().begin(), report.hours().end(), wave.hours.begin());
  for (int i = 0; i < report.shards_size(); ++i) {
    wave.shards.push_back({.shard = report.shards(i), .deliveries = report.shard_deliveries(i)});
  }
  LAWINE_ASSIGN_OR_RETURN(wave.digest, Digest::FromHex(report.digest()));
  return wave;
}

}  // namespace lawine::wire
