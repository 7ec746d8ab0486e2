#include "engine/spread/lane.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/event_codec.h"
#include "engine/base/status_macros.h"
#include "engine/spread/send_part.h"

namespace lawine {

Lane::Lane(const RunSpec& spec, const std::vector<const ShardImage*>& shards)
    : spec_(spec), messages_(MessagesOf(spec)) {
  for (const ShardImage* image : shards) {
    shards_.push_back(std::make_unique<LocalShard>(LocalShard{*image,
                                                              MakeShardProcess(spec, *image),
                                                              std::vector<MessageStep>(messages_.size()),
                                                              std::vector<MessageStep>(messages_.size()),
                                                              {}}));
    if (spec.target.has_value()) shards_.back()->target = TargetMembersOf(*spec.target, image->members());
  }
}

void Lane::Begin(std::uint32_t replica, Inboxes inboxes) {
  replica_ = replica;
  checkpoint_asked_ = false;
  closed_.clear();
  frontier_count_ = 0;
  next_step_ = last_step_ = 0;
  told_ = spec_.model == nullptr || !spec_.model->people.has_value();
  for (const auto& shard : shards_) shard->process->Begin(replica);
  for (std::size_t m = 0; m < messages_.size(); ++m) {
    messages_[m] = {.inbox = std::move(inboxes[m]),
                    .remote = {},
                    .frontier = {},
                    .next_step = 0,
                    .outcome = {},
                    .reach = {}};
    messages_[m].outcome.replica = replica;
  }
  if (spec_.model != nullptr) {
    progress_ = RunProgress(*spec_.model);
  } else {
    CloseKnownStart();
  }
}

void Lane::CloseKnownStart() {
  const std::uint64_t seeds = spec_.seed_members.size();
  AddClosed(0, {.step = 0, .first_receipts = seeds, .forwards = seeds, .acting = seeds, .injected = seeds});
  messages_[0].frontier.assign(1, spec_.seed_members);
  messages_[0].next_step = next_step_ = 1;
  frontier_count_ = seeds;
}

void Lane::AddClosed(std::uint32_t message, const StepCounts& counts) {
  MessagePart& part = messages_[message];
  closed_.push_back({.message = message, .counts = counts});
  part.outcome.Add(counts);
  if (counts.first_receipts > 0) part.reach.push_back({counts.step, part.outcome.reach});
}

bool Lane::NothingLeft() const {
  return next_step_ == kNoStep || (spec_.max_steps.has_value() && next_step_ > *spec_.max_steps);
}

bool Lane::over() const { return NothingLeft() && told_; }

absl::Status Lane::OpenStep() {
  const std::uint32_t most = StepsMaxOf(static_cast<std::uint32_t>(messages_.size()));
  if (!telling() && next_step_ > most) {
    const std::string several =
        messages_.size() > 1 ? absl::StrCat(" with ", messages_.size(), " messages") : "";
    return absl::ResourceExhaustedError(absl::StrCat("expected a run", several, " of at most ", most,
                                                     " steps, and more are pending: set stop.max_steps"));
  }
  for (std::uint32_t m = 0; m < messages_.size(); ++m) {
    LAWINE_RETURN_IF_ERROR(messages_[m].inbox->Await(OpenKey(m)));
  }
  return absl::OkStatus();
}

absl::Status Lane::StepShard(std::size_t shard) {
  if (telling()) {
    shards_[shard]->process->TellAccounts(shards_[shard]->open);
    return absl::OkStatus();
  }
  std::vector<Frontier> frontiers;
  for (const MessagePart& message : messages_) frontiers.emplace_back(message.frontier);
  return shards_[shard]->process->Step(next_step_, frontiers, progress_, shards_[shard]->open);
}

void Lane::SendStep(const Send& send) {
  for (std::uint32_t m = 0; m < messages_.size(); ++m) {
    for (const auto& shard : shards_) SendShard(*shard, m, send);
  }
}

void Lane::SendShard(const LocalShard& shard, std::uint32_t message, const Send& send) {
  const FrameHeader header{.kind = FrameKind::kEvents,
                           .run = spec_.run_id,
                           .attempt = spec_.attempt,
                           .key = OpenKey(message),
                           .from = shard.image.manifest().shard};
  const MessageStep& step = shard.open[message];
  Marker marker = MarkerOf(step.counts, step.next_pending_step);
  marker.checkpoint = checkpoint_asked_ && message == 0;
  SendPart(header, EncodeEvents(step.acting, shard.image.range()), marker, send);
  events_sent_ += step.acting.size();
}

bool Lane::Ready() const {
  return std::all_of(messages_.begin(), messages_.end(),
                     [](const MessagePart& message) { return message.inbox->Complete(); });
}

absl::Status Lane::CloseStep() {
  closed_.clear();
  checkpoint_asked_ = false;
  frontier_count_ = 0;
  for (const auto& shard : shards_) shard->last.swap(shard->open);
  if (telling()) return CloseTelling();
  std::vector<StepCounts> totals;
  for (std::uint32_t m = 0; m < messages_.size(); ++m) {
    const bool happens = messages_[m].next_step == next_step_;
    LAWINE_ASSIGN_OR_RETURN(totals.emplace_back(), CloseMessage(m));
    frontier_count_ += totals[m].acting;
    if (happens) AddClosed(m, totals[m]);
  }
  const std::uint32_t closed_step = last_step_ = std::exchange(next_step_, kNoStep);
  if (spec_.model != nullptr) progress_.Close(closed_step, totals);
  for (std::uint32_t m = 0; m < messages_.size(); ++m) {
    std::uint32_t& next = messages_[m].next_step;
    if (spec_.model != nullptr) next = std::min(next, progress_.NextInjection(m, closed_step));
    next_step_ = std::min(next_step_, next);
  }
  return absl::OkStatus();
}

absl::Status Lane::CloseTelling() {
  for (std::uint32_t m = 0; m < messages_.size(); ++m) {
    MessagePart& part = messages_[m];
    const std::uint32_t next_step = part.next_step;
    LAWINE_RETURN_IF_ERROR(CloseMessage(m).status());
    part.next_step = next_step;
    for (const auto& shard : shards_) part.outcome.people += shard->process->PeopleOf(m, part.frontier);
  }
  told_ = true;
  return absl::OkStatus();
}

absl::StatusOr<StepCounts> Lane::CloseMessage(std::uint32_t message) {
  MessagePart& part = messages_[message];
  const std::uint32_t step = OpenKey(message).step;
  StepCounts total{.step = step};
  part.next_step = kNoStep;
  part.remote = part.inbox->Take();
  part.frontier.clear();
  for (const auto& shard : shards_) {
    AddTo(shard->last[message].counts, total);
    part.next_step = std::min(part.next_step, shard->last[message].next_pending_step);
    part.frontier.push_back(shard->last[message].acting);
  }
  for (const ShardStep& shard : part.remote) {
    if (!shard.marker.has_value()) continue;
    AddTo(CountsOf(*shard.marker, step), total);
    part.next_step = std::min(part.next_step, shard.marker->next_pending_step);
    part.frontier.push_back(shard.events);
  }
  total.step = step;
  if (part.next_step <= step) {
    return absl::DataLossError(absl::StrCat("replica ", replica_, ", step ", step,
                                            ": a shard says that step ", part.next_step,
                                            " is still to come"));
  }
  std::uint64_t applied = 0;
  for (const auto members : part.frontier) applied += members.size();
  if (applied != total.acting || (spec_.model == nullptr && total.forwards != total.acting)) {
    return absl::DataLossError(absl::StrCat("replica ", replica_, ", step ", step, ": ", total.forwards,
                                            " members forwarded and ", total.acting, " act, ", applied,
                                            " forward events are here"));
  }
  if (total.acting > 0) part.next_step = step + 1;
  return total;
}

std::vector<GroupRow> Lane::Groups(std::uint32_t message) const {
  std::vector<GroupRow> groups;
  for (const auto& shard : shards_) AddTo(shard->process->GroupsOf(message), groups);
  return groups;
}

std::uint64_t Lane::TargetMembers() const {
  std::uint64_t members = 0;
  for (const auto& shard : shards_) members += spec_.target.has_value() ? shard->target.Count() : 0;
  return members;
}

std::uint64_t Lane::links_touched() const {
  std::uint64_t touched = 0;
  for (const auto& shard : shards_) touched += shard->process->links_touched();
  return touched;
}

LaneOutcome Lane::Outcome(std::uint32_t message) const {
  LAWINE_CHECK(over());
  LaneOutcome outcome = messages_[message].outcome;
  outcome.stop =
      messages_[message].next_step == kNoStep ? StopReason::kNothingPending : StopReason::kMaxSteps;
  outcome.half_step = StepOfShare(messages_[message].reach, 50);
  outcome.nine_tenths_step = StepOfShare(messages_[message].reach, 90);
  if (spec_.steps_to_percent > 0) {
    outcome.percent_step = StepOfShare(messages_[message].reach, spec_.steps_to_percent);
  }
  for (const auto& shard : shards_) {
    outcome.digest += shard->process->DigestOf(message);
    outcome.unreached_without_followees += shard->process->UnreachedWithoutFollowees(message);
    if (!spec_.target.has_value()) continue;
    outcome.target_reach += CountBoth(shard->process->ReceivedOf(message), shard->target);
  }
  return outcome;
}

}  // namespace lawine
