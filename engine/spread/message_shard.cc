#include "engine/spread/message_shard.h"

#include <algorithm>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/store/list_walk.h"

namespace lawine {
namespace {

// A fraction given as a double may be above the one that was meant by this much of 2^-63.
constexpr int kFractionSlackBits = 10;

void SortUnique(std::vector<std::uint32_t>& locals) {
  std::sort(locals.begin(), locals.end());
  locals.erase(std::unique(locals.begin(), locals.end()), locals.end());
}

// The part of ascending `members` inside the range.
std::span<const MemberId> InRange(std::span<const MemberId> members, MemberRange range) {
  const auto first = std::lower_bound(members.begin(), members.end(), range.first);
  const auto end =
      std::partition_point(first, members.end(), [range](MemberId id) { return range.Contains(id); });
  return {first, end};
}

}  // namespace

MessageShard::MessageShard(const ModelShardContext& context, std::uint32_t number)
    : context_(context),
      spec_(&context.model.messages[number]),
      number_(number),
      range_(context.image.range()) {}

void MessageShard::Begin(const CoinKey& key) {
  const std::uint32_t count = range().count;
  key_ = key;
  spec_ = &first_rules();
  received_ = MemberSet(count);
  seen_ = MemberSet(spec_->seen.has_value() ? count : 0);
  accepted_ = MemberSet(count);
  removed_ = immune_ = MemberSet();
  applied_.assign(context_.model.interventions.size(), false);
  if (!spec_->acceptance.first()) {
    touched_set_ = MemberSet(count);
    const bool by_weight = spec_->acceptance.kind == Acceptance::Kind::kLinearByWeight;
    seen_counts_.assign(by_weight ? 0 : count, 0);
    seen_weights_.assign(by_weight ? count : 0, 0);
  }
  arrivals_ = Arrivals(spec_->link_delay.empty() ? 0 : count);
  due_.clear();
  acting_.clear();
  exposed_.clear();
  groups_.assign(context_.groups == nullptr ? 0 : context_.groups->count(), {});
  digest_ = Digest();
  const bool keep = context_.keep_receipts || context_.model.messages.size() > 1;
  receipts_.receipt_steps.assign(keep ? count : 0, kNoStep);
  receipts_.forward_steps.assign(context_.keep_receipts ? count : 0, kNoStep);
  if (context_.keep_attribution) attribution_ = std::make_unique<Attribution>(key, count, receipts_);
}

absl::Status MessageShard::Receive(std::uint32_t step, Frontier frontier, const RunProgress& progress) {
  const std::optional<LaterRules>& later = context_.model.later;
  if (later.has_value() && step > later->after_step) spec_ = &later->messages[number_];
  counts_ = {.step = step};
  for (Locals* const locals : {&new_receipts_, &new_seen_, &touched_, &accepting_, &starting_})
    locals->clear();
  ApplyInterventions(step, progress);
  Inject(step, progress);
  LAWINE_RETURN_IF_ERROR(CrossPost(frontier));
  LAWINE_RETURN_IF_ERROR(Attempt(step, frontier));
  if (!spec_->link_delay.empty()) TakeArrivals(step);
  if (!spec_->seen.has_value()) counts_.seen = counts_.deliveries;
  Accept(step);
  return absl::OkStatus();
}

bool MessageShard::Concerns(const Intervention& intervention) const {
  const auto& messages = intervention.messages;
  return messages.empty() || std::binary_search(messages.begin(), messages.end(), number_);
}

void MessageShard::ApplyInterventions(std::uint32_t step, const RunProgress& progress) {
  const auto& interventions = context_.model.interventions;
  in_force_.clear();
  for (std::size_t i = 0; i < interventions.size(); ++i) {
    if (!progress.InForce(i, step) || !Concerns(interventions[i])) continue;
    in_force_.push_back(&interventions[i]);
    if (applied_[i]) continue;
    applied_[i] = true;
    if (interventions[i].immune.has_value()) Choose(*interventions[i].immune, i, immune_);
    if (interventions[i].removed.has_value()) Choose(*interventions[i].removed, i, removed_);
  }
}

void MessageShard::Choose(const MemberChoice& choice, std::size_t number, MemberSet& chosen) const {
  if (chosen.members_count() == 0) chosen = MemberSet(range().count);
  for (const MemberId member : InRange(choice.members, range())) {
    chosen.Insert(LocalId(member.value - range().first.value));
  }
  if (choice.share == Threshold()) return;
  const CoinLane coins({key_.run_seed, 0, key_.replica}, CoinPurpose::kIntervention, number);
  const auto& kinds = context_.image.members().account_kinds();
  for (std::uint32_t local = 0; local < range().count; ++local) {
    const bool concerned =
        choice.account_kinds.empty() ||
        std::binary_search(choice.account_kinds.begin(), choice.account_kinds.end(), kinds[LocalId(local)]);
    if (concerned && choice.share.Passes(coins.Coin(KeyOf(local)))) chosen.Insert(LocalId(local));
  }
}

void MessageShard::Inject(std::uint32_t step, const RunProgress& progress) {
  const std::uint32_t start = progress.StartOf(number_);
  if (start == kNoStep) return;
  for (const Injection& injection : first_rules().injections) {
    if (std::uint64_t{start} + injection.step != step) continue;
    for (const MemberId member : InRange(injection.members, range())) {
      const LocalId local(member.value - range().first.value);
      if (IsOut(local.value) || received_.Contains(local)) {
        ++counts_.ignored;
        continue;
      }
      received_.Insert(local);
      accepted_.Insert(local);
      if (spec_->seen.has_value()) seen_.Insert(local);
      if (attribution_ != nullptr) attribution_->Inject(step, local.value);
      ++counts_.injected;
      new_receipts_.push_back(local.value);
      starting_.push_back(local.value);
    }
  }
}

absl::Status MessageShard::Attempt(std::uint32_t step, Frontier frontier) {
  LinkAttempts::Options options{
      .coins = spec_->epidemic.has_value() ? Coins(CoinPurpose::kInfection, step) : Coins(CoinPurpose::kLink),
      .carry = {},
      .removed = removed_.members_count() > 0 ? &removed_ : nullptr,
      .away = context_.changes == nullptr ? nullptr : context_.changes->away(),
      .keys = spec_->seen.has_value() || !spec_->link_delay.empty() || attribution_ != nullptr ||
              spec_->reactions.unfollow != Threshold(),
      .changes = context_.changes};
  for (const Intervention* const intervention : in_force_) options.carry.push_back(intervention->carry);
  LinkAttempts attempts(*spec_, context_.image, context_.followee_chances, std::move(options));
  for (const auto part : frontier) {
    const auto deliver = [&](MemberId source) {
      return [this, step, source](const LinkAttempts::Carried& carried) { Deliver(step, source, carried); };
    };
    LAWINE_ASSIGN_OR_RETURN(const std::uint64_t links,
                            ForEachList(context_.image, part, [&](std::size_t i, Gaps list) {
                              attempts.Try(part[i], list, deliver(part[i]));
                            }));
    links_touched_ += links;
    if (context_.changes == nullptr) continue;
    for (const MemberId source : part) attempts.TryAdded(source, deliver(source));
  }
  return absl::OkStatus();
}

// A batch of one source's attempts has carried.
void MessageShard::Deliver(std::uint32_t step, MemberId source, const LinkAttempts::Carried& carried) {
  if (!spec_->link_delay.empty()) return DeliverLater(step, source, carried);
  if (attribution_ != nullptr) Attribute(step, source, carried);
  counts_.deliveries += carried.receivers.size();
  CountGroups(carried.receivers, &GroupRow::deliveries);
  MarkReceived(carried.receivers);
  const bool unfollow = spec_->reactions.unfollow != Threshold();
  if (!spec_->seen.has_value() && !unfollow) return DeliverSeen(carried.receivers, carried.weights);
  const MemberKey key = context_.image.KeyOfSource(source);
  const CoinLane seen = Coins(CoinPurpose::kSeen).ForSource(key);
  const CoinLane unfollows = Coins(CoinPurpose::kUnfollow).ForSource(key);
  for (std::size_t i = 0; i < carried.receivers.size(); ++i) {
    if (spec_->seen.has_value() && !spec_->seen->Passes(seen.Coin(carried.keys[i]))) continue;
    if (unfollow && spec_->reactions.unfollow.Passes(unfollows.Coin(carried.keys[i]))) {
      counts_.unfollows += context_.changes->Unfollow(source, carried.receivers[i]) ? 1 : 0;
    }
    ++counts_.seen;
    const auto weight = carried.weights.empty() ? carried.weights : carried.weights.subspan(i, 1);
    DeliverSeen(carried.receivers.subspan(i, 1), weight);
  }
}

// Nobody asks for groups before the replica is over, so what will have arrived by then counts at once.
void MessageShard::DeliverLater(std::uint32_t step, MemberId source, const LinkAttempts::Carried& carried) {
  const MemberKey key = context_.image.KeyOfSource(source);
  const CoinLane seen = Coins(CoinPurpose::kSeen).ForSource(key);
  const CoinLane delay = Coins(CoinPurpose::kLinkDelay).ForSource(key);
  for (std::size_t i = 0; i < carried.receivers.size(); ++i) {
    const bool is_seen = !spec_->seen.has_value() || spec_->seen->Passes(seen.Coin(carried.keys[i]));
    const std::uint32_t arrival = step + spec_->link_delay.Delay(delay.Coin(carried.keys[i]));
    arrivals_.Add(arrival, carried.receivers[i], is_seen);
    if (arrival <= context_.last_step) CountGroups(carried.receivers.subspan(i, 1), &GroupRow::deliveries);
    if (attribution_ == nullptr) continue;
    attribution_->Deliver(arrival, source, attribution_->CoinsOf(key), carried.receivers[i], carried.keys[i]);
  }
}

void MessageShard::Attribute(std::uint32_t step, MemberId source, const LinkAttempts::Carried& carried) {
  const CoinLane coins = attribution_->CoinsOf(context_.image.KeyOfSource(source));
  for (std::size_t i = 0; i < carried.receivers.size(); ++i) {
    attribution_->Deliver(step, source, coins, carried.receivers[i], carried.keys[i]);
  }
}

void MessageShard::MarkReceived(std::span<const std::uint32_t> receivers) {
  for (const std::uint32_t receiver : receivers) {
    if (received_.Contains(LocalId(receiver))) continue;
    received_.Insert(LocalId(receiver));
    new_receipts_.push_back(receiver);
  }
}

// Deliveries that are seen, whether or not their receivers have the message.
void MessageShard::DeliverSeen(std::span<const std::uint32_t> receivers,
                               std::span<const std::uint32_t> weights) {
  for (std::size_t i = 0; i < receivers.size(); ++i) {
    const std::uint32_t receiver = receivers[i];
    if (!weights.empty()) {
      const std::uint64_t most = ~std::uint64_t{0} - seen_weights_[receiver];
      seen_weights_[receiver] += std::min(std::uint64_t{weights[i]} << 32, most);
    } else if (!spec_->acceptance.first()) {
      ++seen_counts_[receiver];
    }
    if (spec_->seen.has_value() && !seen_.Contains(LocalId(receiver))) {
      seen_.Insert(LocalId(receiver));
      new_seen_.push_back(receiver);
    }
    if (!accepted_.Contains(LocalId(receiver))) Touch(receiver);
  }
}

// Where the first delivery decides, each member once; else each once a step.
void MessageShard::Touch(std::uint32_t local) {
  MemberSet& asked = spec_->acceptance.first() ? accepted_ : touched_set_;
  if (asked.Contains(LocalId(local))) return;
  asked.Insert(LocalId(local));
  touched_.push_back(local);
}

void MessageShard::TakeArrivals(std::uint32_t step) {
  const Arrivals::Due due = arrivals_.Take(step);
  counts_.deliveries += due.deliveries;
  if (spec_->seen.has_value()) counts_.seen += due.seen;
  MarkReceived(due.first);
  DeliverSeen(due.first_seen, {});
}

bool MessageShard::IsOut(std::uint32_t local) const {
  const MemberSet* const away = context_.changes == nullptr ? nullptr : context_.changes->away();
  return Has(removed_, local) || (away != nullptr && away->Contains(LocalId(local)));
}

bool MessageShard::Accepts(std::uint32_t local) const {
  using Wide = unsigned __int128;
  const Acceptance& rule = spec_->acceptance;
  const std::uint64_t followees = context_.image.members().followees()[local];
  const auto coin = [&] { return Coins(CoinPurpose::kThreshold).Coin(DeciderOf(local)) >> 1; };
  switch (rule.kind) {
    case Acceptance::Kind::kFirst:
      return true;
    case Acceptance::Kind::kLinearEqual:
      return Wide{coin()} * followees < Wide{seen_counts_[local]} << 63;
    case Acceptance::Kind::kLinearByWeight:
      return coin() < seen_weights_[local];
    case Acceptance::Kind::kFraction:
      return (Wide{seen_counts_[local]} << 63) + (Wide{followees} << kFractionSlackBits) >=
             Wide{rule.fraction.fixed()} * followees;
    case Acceptance::Kind::kCount:
      return seen_counts_[local] >= rule.count;
  }
  return false;
}

void MessageShard::Accept(std::uint32_t step) {
  for (const std::uint32_t local : touched_) {
    if (!spec_->acceptance.first()) touched_set_.Remove(LocalId(local));
    if (Has(immune_, local) || IsOut(local) || !Accepts(local)) continue;
    accepted_.Insert(LocalId(local));
    accepting_.push_back(local);
  }
  std::sort(accepting_.begin(), accepting_.end());
  FollowAuthor();
  CountGroups(new_receipts_, &GroupRow::reach);
  AddTerms(new_receipts_, step, TransitionEvent::kReceipt);
  if (spec_->seen.has_value()) AddTerms(new_seen_, step, TransitionEvent::kSeen);
  counts_.first_receipts = new_receipts_.size();
  for (const std::uint32_t local : new_receipts_) {
    counts_.monitors += Has(context_.monitors, local) ? 1 : 0;
    if (!receipts_.receipt_steps.empty()) receipts_.receipt_steps[local] = step;
  }
}

void MessageShard::AddTerms(std::span<const std::uint32_t> locals, std::uint32_t step,
                            TransitionEvent event) {
  const DigestLane lane(key_.message, key_.replica, step, event);
  ForEachKeyBatch(context_.image.members(), locals,
                  [&](auto, KeySpan keys) { digest_ += SumTerms(lane, keys); });
}

void MessageShard::DropOut(Locals& locals) const {
  if (removed_.members_count() == 0 && context_.changes == nullptr) return;
  std::erase_if(locals, [this](std::uint32_t local) { return IsOut(local); });
}

// Epidemics: recoveries, then onsets. Leaves those that act on in acting_.
void MessageShard::GoOn(std::uint32_t step) {
  const Epidemic& epidemic = *spec_->epidemic;
  const CoinLane recovery = Coins(CoinPurpose::kRecovery, step);
  Locals recovered;
  std::erase_if(acting_, [&](std::uint32_t local) {
    if (!epidemic.recovery.Passes(recovery.Coin(KeyOf(local)))) return false;
    recovered.push_back(local);
    if (epidemic.susceptible_again) accepted_.Remove(LocalId(local));
    return true;
  });
  AddTerms(recovered, step, TransitionEvent::kRecovery);
  counts_.recoveries = recovered.size();
  if (!epidemic.onset.has_value()) {
    starting_.insert(starting_.end(), accepting_.begin(), accepting_.end());
    return;
  }
  const CoinLane onset = Coins(CoinPurpose::kOnset, step);
  std::erase_if(exposed_, [&](std::uint32_t local) {
    if (!epidemic.onset->Passes(onset.Coin(KeyOf(local)))) return false;
    starting_.push_back(local);
    return true;
  });
  exposed_.insert(exposed_.end(), accepting_.begin(), accepting_.end());
}

void MessageShard::Close(std::uint32_t step, MessageStep& out) {
  if (const auto due = due_.find(step); due != due_.end()) {
    starting_.insert(starting_.end(), due->second.begin(), due->second.end());
    due_.erase(due);
  }
  if (spec_->epidemic.has_value()) GoOn(step);
  for (Locals* const locals : {&starting_, &acting_, &exposed_}) DropOut(*locals);
  SortUnique(starting_);
  AddTerms(starting_, step, TransitionEvent::kForward);
  CountGroups(starting_, &GroupRow::forwards);
  counts_.forwards = starting_.size();
  for (const std::uint32_t local : starting_) {
    if (!context_.keep_receipts) break;
    std::uint32_t& first = receipts_.forward_steps[local];
    first = std::min(first, step);
  }
  if (!spec_->epidemic.has_value()) acting_.clear();
  acting_.insert(acting_.end(), starting_.begin(), starting_.end());
  std::sort(acting_.begin(), acting_.end());
  out.acting.clear();
  for (const std::uint32_t local : acting_) out.acting.push_back(MemberId(range().first.value + local));
  counts_.acting = acting_.size();
  if (context_.changes != nullptr) counts_.present = context_.changes->present();
  out.counts = counts_;
  const std::uint32_t exposed = exposed_.empty() ? kNoStep : step + 1;
  const std::uint32_t due = due_.empty() ? kNoStep : due_.begin()->first;
  out.next_pending_step = std::min({exposed, due, arrivals_.next_step()});
}

}  // namespace lawine
