// Lanes between processes: what of a lane is kept, and how it goes on from there.
#include <map>

#include "absl/strings/str_cat.h"
#include "engine/spread/lane.h"

namespace lawine {

bool Lane::CheckpointAsked() const { return checkpoint_asked_ || messages_[0].inbox->CheckpointAsked(); }

void Lane::SaveTo(std::size_t shard, StateWriter& out) const {
  const LocalShard& local = *shards_[shard];
  const std::uint32_t first = local.image.range().first.value;
  for (std::size_t m = 0; m < messages_.size(); ++m) {
    out.Number(messages_[m].next_step == next_step_ ? 1 : 0);
    const MessageStep& step = local.open[m];
    out.Counts(step.counts);
    std::vector<std::uint32_t> acting;
    for (const MemberId member : step.acting) acting.push_back(member.value - first);
    out.List(acting);
    out.Number(step.next_pending_step);
  }
  local.process->SaveTo(out);
}

void Lane::LoadFrom(std::size_t shard, StateReader& in) {
  LocalShard& local = *shards_[shard];
  const MemberRange range = local.image.range();
  for (std::size_t m = 0; m < messages_.size(); ++m) {
    messages_[m].next_step = in.Bit("whether the step happens") ? next_step_ : kNoStep;
    MessageStep& step = local.open[m];
    step.counts = in.Counts("counts of the step", next_step_);
    step.acting.clear();
    for (const std::uint32_t member : in.List("who acts", range.count)) {
      const MemberId id(range.first.value + member);
      if (!step.acting.empty() && id <= step.acting.back()) in.Refuse("who acts", "ascending", "others");
      step.acting.push_back(id);
    }
    if (in.ok() && step.counts.acting != step.acting.size()) {
      in.Refuse("who acts", absl::StrCat(step.counts.acting, " members"), absl::StrCat(step.acting.size()));
    }
    step.next_pending_step = in.Number32("next pending step", kNoStep);
  }
  local.process->LoadFrom(next_step_, in);
}

void Lane::Reopen(std::uint32_t step, const Rows& rows) {
  std::map<std::uint32_t, std::vector<StepCounts>> by_step;
  closed_.clear();
  for (std::uint32_t m = 0; m < messages_.size(); ++m) {
    for (const StepCounts& counts : rows[m]) {
      AddClosed(m, counts);
      std::vector<StepCounts>& totals = by_step[counts.step];
      totals.resize(messages_.size());
      totals[m] = counts;
    }
  }
  for (const auto& [closed_step, totals] : by_step) {
    if (spec_.model != nullptr) progress_.Close(closed_step, totals);
    last_step_ = closed_step;
  }
  next_step_ = step;
}

}  // namespace lawine
