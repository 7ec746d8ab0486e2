// What a message has come to on a shard, as bytes: the part of MessageShard, and of what it is made of, that
// checkpoints need. What only lives within a step is not there.
#include <utility>

#include "engine/spread/message_shard.h"

namespace lawine {

void Arrivals::SaveTo(StateWriter& out) const {
  out.Steps(first_);
  out.Steps(first_seen_);
  out.Number(due_.size());
  for (const auto& [step, due] : due_) {
    out.Number(step);
    out.Number(due.deliveries);
    out.Number(due.seen);
    out.List(due.first);
    out.List(due.first_seen);
    out.Number(0);  // reserved: always 0, in every checkpoint of this version
  }
}

void Arrivals::LoadFrom(std::uint32_t step, StateReader& in) {
  const auto members_count = static_cast<std::uint32_t>(first_.size());
  in.Steps("first arrivals", kNoStep, first_);
  in.Steps("first arrivals seen", kNoStep, first_seen_);
  due_.clear();
  for (std::size_t left = in.Count("steps of arrivals"); left > 0; --left) {
    const std::uint32_t at = in.Number32("step of arrivals", kNoStep - 1);
    if (in.ok() && (at <= step || due_.contains(at))) in.Refuse("step of arrivals", "a later one", "another");
    if (!in.ok()) return;
    Due& due = due_[at];
    due.deliveries = in.Number("arrivals");
    due.seen = in.Number("arrivals seen");
    due.first = in.List("members that are reached", members_count);
    due.first_seen = in.List("members that see it", members_count);
    in.Number("the reserved number of arrivals", 0);
  }
}

void Attribution::SaveTo(StateWriter& out) const {
  std::vector<std::uint32_t> steps;
  for (const Best& best : best_) steps.push_back(best.step);
  out.Steps(steps);
  for (const Best& best : best_) {
    if (best.step != kNoStep) out.Word(best.coin);
  }
}

void Attribution::LoadFrom(StateReader& in) {
  std::vector<std::uint32_t> steps(best_.size());
  in.Steps("steps of senders", kNoStep, steps);
  for (std::size_t i = 0; i < best_.size(); ++i) {
    best_[i] = {.step = steps[i], .coin = steps[i] == kNoStep ? 0 : in.Word("coins of senders")};
  }
}

void MessageShard::SaveTo(StateWriter& out) const {
  out.Set(received_);
  out.Set(seen_);
  out.Set(accepted_);
  out.Set(removed_);
  out.Set(immune_);
  for (const bool applied : applied_) out.Number(applied ? 1 : 0);
  out.Column(seen_counts_);
  for (const std::uint64_t weight : seen_weights_) out.Number(weight);
  arrivals_.SaveTo(out);
  out.Number(due_.size());
  for (const auto& [step, locals] : due_) {
    out.Number(step);
    out.List(locals);
  }
  out.List(spec_->epidemic.has_value() ? acting_ : Locals());
  out.List(exposed_);
  for (const GroupRow& row : groups_) {
    out.Number(row.deliveries);
    out.Number(row.reach);
    out.Number(row.forwards);
  }
  out.Number(links_touched_);
  out.Sum(digest_);
  receipts_.SaveTo(out);
  if (attribution_ != nullptr) attribution_->SaveTo(out);
}

void MessageShard::LoadFrom(std::uint32_t step, StateReader& in) {
  const std::uint32_t count = range().count;
  in.Set("received", received_);
  in.Set("seen", seen_);
  in.Set("accepted", accepted_);
  in.SetOrNone("removed", count, removed_);
  in.SetOrNone("immune", count, immune_);
  for (std::size_t i = 0; i < applied_.size(); ++i) applied_[i] = in.Bit("interventions applied");
  in.Column("deliveries seen", kNoStep, seen_counts_);
  for (std::uint64_t& weight : seen_weights_) weight = in.Number("weights seen");
  arrivals_.LoadFrom(step, in);
  LoadDue(step, in);
  acting_ = in.List("acting", count);
  exposed_ = in.List("exposed", count);
  for (GroupRow& row : groups_) {
    row.deliveries = in.Number("deliveries of a group");
    row.reach = in.Number("reach of a group");
    row.forwards = in.Number("forwards of a group");
  }
  links_touched_ = in.Number("links touched");
  in.Sum("digest", digest_);
  receipts_.LoadFrom(step, context_.image.graph().members(), in);
  if (attribution_ != nullptr) attribution_->LoadFrom(in);
}

void MessageShard::LoadDue(std::uint32_t step, StateReader& in) {
  for (std::size_t left = in.Count("steps of forwards"); left > 0; --left) {
    const std::uint32_t at = in.Number32("step of forwards", kNoStep - 1);
    if (in.ok() && (at <= step || due_.contains(at))) in.Refuse("step of forwards", "a later one", "another");
    if (!in.ok()) return;
    due_[at] = in.List("forwards", range().count);
  }
}

}  // namespace lawine
