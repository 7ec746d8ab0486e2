// Making and loading checkpoints: the part of RunMachine that knows their format.
#include "engine/spread/run_checkpoint.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/crc32c.h"
#include "engine/base/status_macros.h"
#include "engine/spread/run_machine.h"

namespace lawine {
namespace {

constexpr std::uint32_t kMagic = 0x3143574C;  // "LWC1"

// What stands between magic and checksum.
absl::StatusOr<std::string_view> BodyOf(std::string_view bytes) {
  if (bytes.size() < sizeof kMagic + kChecksumBytes) {
    return absl::DataLossError(absl::StrCat("checkpoint: expected ", sizeof kMagic + kChecksumBytes,
                                            " bytes at least, found ", bytes.size()));
  }
  if (ByteReader(bytes).U32() != kMagic) {
    return absl::DataLossError("checkpoint: expected LWC1 at its start, found something else");
  }
  const std::optional<std::string_view> checked = WithoutChecksum(bytes);
  if (!checked.has_value()) {
    return absl::DataLossError("checkpoint: expected another checksum than was found: it is damaged");
  }
  return checked->substr(sizeof kMagic);
}

void ExpectWord(StateReader& in, std::string_view what, std::uint64_t expected) {
  const std::uint64_t found = in.Word(what);
  if (in.ok() && found != expected) in.Refuse(what, absl::StrCat(expected), absl::StrCat(found));
}

void ExpectNumber(StateReader& in, std::string_view what, std::uint64_t expected) {
  const std::uint64_t found = in.Number(what);
  if (in.ok() && found != expected) in.Refuse(what, absl::StrCat(expected), absl::StrCat(found));
}

}  // namespace

void RunMachine::MakeCheckpoint(const Lane& lane, Executor& executor) {
  RunCheckpoint made{.step = lane.open_step(), .shards = std::vector<std::string>(shards_.size())};
  executor.ParallelFor(shards_.size(), [&](std::size_t s) { made.shards[s] = CheckpointOf(lane, s); });
  checkpoint_ = std::move(made);
}

std::string RunMachine::CheckpointOf(const Lane& lane, std::size_t shard) const {
  const ShardImage& image = *shards_[shard];
  std::string bytes;
  ByteWriter(bytes).U32(kMagic);
  StateWriter out(bytes);
  out.Word(spec_.run_id);
  out.Word(spec_.run_seed);
  out.Sum(image.graph().digest);
  out.Number(image.manifest().shard.value);
  out.Number(lane.open_step());
  out.Number(steps_.size());
  for (std::size_t m = 0; m < steps_.size(); ++m) {
    out.Number(static_cast<std::uint64_t>(std::count(happened_[m].begin(), happened_[m].end(), true)));
    std::uint32_t before = 0;
    for (std::uint32_t step = 0; step < steps_[m].size(); ++step) {
      if (!happened_[m][step]) continue;
      out.Number(step - std::exchange(before, step));
      out.Counts(steps_[m][step]);
    }
  }
  out.Number(shard == 0 ? sent_before_step_.frame_bytes : 0);
  out.Number(shard == 0 ? sent_before_step_.events : 0);
  lane.SaveTo(shard, out);
  ByteWriter(bytes).U32(Crc32c(bytes));
  return bytes;
}

absl::Status RunMachine::Load(std::span<const std::string> checkpoints) {
  LAWINE_CHECK(spec_.replicas == 1 && checkpoints.size() == shards_.size() && replicas_begun_ == 0);
  BeginReplica(*lanes_[0]);
  if (done()) return absl::DataLossError("checkpoint: expected none, the run is over when it begins");
  Lane::Rows rows;
  for (std::size_t s = 0; s < shards_.size(); ++s) {
    const absl::Status loaded = LoadShard(checkpoints[s], s, rows);
    if (loaded.ok()) continue;
    return absl::Status(loaded.code(),
                        absl::StrCat("shard ", shards_[s]->manifest().shard.value, ": ", loaded.message()));
  }
  sent_before_step_ = {.frame_bytes = frame_bytes_sent_, .events = events_before_};
  loaded_ = true;
  return lanes_[0]->OpenStep();
}

absl::Status RunMachine::LoadShard(std::string_view bytes, std::size_t shard, Lane::Rows& rows) {
  LAWINE_ASSIGN_OR_RETURN(const std::string_view body, BodyOf(bytes));
  const ShardImage& image = *shards_[shard];
  StateReader in(body);
  ExpectWord(in, "run", spec_.run_id);
  ExpectWord(in, "run seed", spec_.run_seed);
  ExpectWord(in, "graph digest", image.graph().digest.high);
  ExpectWord(in, "graph digest", image.graph().digest.low);
  ExpectNumber(in, "shard", image.manifest().shard.value);
  const std::uint32_t step =
      in.Number32("step", spec_.max_steps.value_or(StepsMaxOf(static_cast<std::uint32_t>(steps_.size()))));
  ExpectNumber(in, "messages", steps_.size());
  Lane::Rows found = ReadRows(step, in);
  if (!in.ok()) return in.status();
  Lane& lane = *lanes_[0];
  if (shard == 0) {
    LAWINE_RETURN_IF_ERROR(Reopen(step, found));
    rows = std::move(found);
  } else if (step != lane.open_step() || found != rows) {
    return absl::DataLossError("checkpoint: expected the step and counts of the other shards, found others");
  }
  frame_bytes_sent_ += in.Number("bytes of frames sent");
  events_before_ += in.Number("events sent");
  lane.LoadFrom(shard, in);
  if (in.ok() && !in.AtEnd()) in.Refuse("its end", "nothing more", "bytes left over");
  return in.status();
}

// What Begin has closed must be the same.
absl::Status RunMachine::Reopen(std::uint32_t step, Lane::Rows rows) {
  for (std::size_t m = 0; m < rows.size(); ++m) {
    const auto closed = static_cast<std::ptrdiff_t>(steps_[m].size());
    const auto begin = rows[m].begin();
    if (rows[m].size() < steps_[m].size() || !std::equal(begin, begin + closed, steps_[m].begin())) {
      return absl::DataLossError(
          "checkpoint: expected that the run began as it does, found another beginning");
    }
    rows[m].erase(begin, begin + closed);
  }
  lanes_[0]->Reopen(step, rows);
  AddClosed(*lanes_[0]);
  return absl::OkStatus();
}

Lane::Rows RunMachine::ReadRows(std::uint32_t step, StateReader& in) const {
  Lane::Rows rows(steps_.size());
  for (std::vector<StepCounts>& of_message : rows) {
    std::uint32_t at = 0;
    for (std::size_t left = in.Count("steps closed"); left > 0 && in.ok(); --left) {
      const std::uint32_t after = in.Number32("steps closed", step);
      at += after;
      const bool follows = of_message.empty() || after > 0;
      if (in.ok() && (!follows || at >= step))
        in.Refuse("steps closed", "earlier ones, ascending", "another");
      of_message.push_back(in.Counts("counts of steps", at));
    }
  }
  return rows;
}

}  // namespace lawine
