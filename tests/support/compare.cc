#include "tests/support/compare.h"

#include <map>

#include "absl/strings/str_cat.h"

namespace lawine {
namespace {

std::string Text(std::uint32_t step, std::uint64_t deliveries, std::uint64_t first_receipts,
                 std::uint64_t duplicates, std::uint64_t forwards) {
  return absl::StrCat("step ", step, ": ", deliveries, " deliveries, ", first_receipts, " first receipts, ",
                      duplicates, " duplicates, ", forwards, " forwards");
}

std::string Text(const JudgeStep& s) {
  return Text(s.step, s.deliveries, s.first_receipts, s.duplicates, s.forwards);
}
std::string Text(const StepCounts& s) {
  return Text(s.step, s.deliveries, s.first_receipts, s.duplicates(), s.forwards);
}

template <class Value>
std::string Unless(bool same, const char* what, const Value& judge, const Value& engine) {
  return same ? "" : absl::StrCat(what, ": the judge says ", judge, ", the engine ", engine);
}

std::string StepsDifference(const std::map<MemberKey, std::uint32_t>& judged, MemberKey key,
                            std::uint32_t step, const char* what) {
  const auto it = judged.find(key);
  const std::uint32_t expected = it == judged.end() ? kNoStep : it->second;
  return Unless(expected == step, absl::StrCat(what, " step of member ", key).c_str(), expected, step);
}

}  // namespace

StepCounts CountsOf(const JudgeStep& step) {
  return {.step = step.step,
          .deliveries = step.deliveries,
          .first_receipts = step.first_receipts,
          .forwards = step.forwards,
          .acting = step.forwards,
          .injected = step.step == 0 ? step.first_receipts : 0,
          .seen = step.deliveries};
}

std::string Difference(const Verdict& verdict, const std::vector<StepCounts>& steps) {
  for (std::size_t i = 0; i < verdict.steps.size() && i < steps.size(); ++i) {
    const std::string judge = Text(verdict.steps[i]), engine = Text(steps[i]);
    if (judge != engine) return Unless(false, "counts", judge, engine);
  }
  return Unless(verdict.steps.size() == steps.size(), "number of steps", verdict.steps.size(), steps.size());
}

std::string Difference(const Verdict& verdict, const LaneOutcome& lane) {
  LaneOutcome judged;
  std::uint64_t judged_duplicates = 0;
  for (const JudgeStep& step : verdict.steps) {
    judged.Add(CountsOf(step));
    judged_duplicates += step.duplicates;
  }
  std::string difference = Unless(
      judged.last_step == lane.last_step && judged.deliveries == lane.deliveries &&
          judged.reach == lane.reach && judged.forwards == lane.forwards &&
          judged_duplicates == lane.duplicates,
      "sums", Text(judged.last_step, judged.deliveries, judged.reach, judged_duplicates, judged.forwards),
      Text(lane.last_step, lane.deliveries, lane.reach, lane.duplicates, lane.forwards));
  if (!difference.empty()) return difference;
  difference = Unless(judged.steps_fingerprint == lane.steps_fingerprint, "fingerprint of steps",
                      judged.steps_fingerprint, lane.steps_fingerprint);
  if (!difference.empty()) return difference;
  const StopReason stop = verdict.stopped_at_max_steps ? StopReason::kMaxSteps : StopReason::kNothingPending;
  difference = Unless(stop == lane.stop, "stop reason", static_cast<int>(stop), static_cast<int>(lane.stop));
  if (!difference.empty()) return difference;
  difference = Unless(verdict.digest == lane.digest, "digest", verdict.digest.ToHex(), lane.digest.ToHex());
  if (!difference.empty()) return difference;
  return Unless(verdict.unreached_without_followees == lane.unreached_without_followees,
                "unreached without followees", verdict.unreached_without_followees,
                lane.unreached_without_followees);
}

std::string Difference(const Verdict& verdict, const Shards& shards, const std::vector<Receipts>& receipts) {
  const PartitionMap& partition = shards.info().partition;
  if (receipts.size() != partition.shards_count())
    return absl::StrCat("receipts of ", receipts.size(), " shards");
  for (std::uint32_t s = 0; s < receipts.size(); ++s) {
    const MemberRange range = partition.range(ShardIndex(s));
    if (receipts[s].receipt_steps.size() != range.count || receipts[s].forward_steps.size() != range.count) {
      return absl::StrCat("receipts of shard ", s, " are not those of ", range.count, " members");
    }
    for (std::uint32_t i = 0; i < range.count; ++i) {
      const MemberKey key = shards.KeyOf(MemberId(range.first.value + i));
      std::string difference =
          StepsDifference(verdict.receipt_steps, key, receipts[s].receipt_steps[i], "receipt");
      if (difference.empty()) {
        difference = StepsDifference(verdict.forward_steps, key, receipts[s].forward_steps[i], "forward");
      }
      if (!difference.empty()) return difference;
    }
  }
  return "";
}

}  // namespace lawine
