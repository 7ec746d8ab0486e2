#include "tests/support/model_judge.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "tests/support/model_network.h"
#include "tests/support/model_rules.h"
#include "tests/support/model_state.h"

namespace lawine {
namespace {

class Judgement {
 public:
  Judgement(const ModelGraph& graph, const ModelSpec& spec, Luck& luck)
      : graph_(graph),
        spec_(spec),
        luck_(luck),
        network_(graph, spec, luck),
        messages_(spec.messages.size()) {
    for (const auto& [key, member] : graph.members) keys_.push_back(key);
    for (const MemberId id : spec.monitors) monitors_.insert(keys_[id.value]);
  }

  void TakeStep(std::uint64_t t) {
    network_.BeginStep(t);
    for (std::size_t m = 0; m < messages_.size(); ++m) BeginStep(m, t);
    std::vector<bool> happens;
    for (std::size_t m = 0; m < messages_.size(); ++m) happens.push_back(Happens(m, t));
    for (std::size_t m = 0; m < messages_.size(); ++m) {
      Inject(m, t);
      CrossPost(m, t);
      Attempt(m, t);
      Deliver(m, t);
      Accept(m, t);
    }
    for (std::size_t m = 0; m < messages_.size(); ++m) Decide(m, t);
    for (std::size_t m = 0; m < messages_.size(); ++m) {
      Act(m, t);
      ModelStep& counts = messages_[m].counts;
      LAWINE_CHECK(happens[m] || counts == ModelStep{.step = t});
      counts.present = network_.Present(t);
      if (happens[m]) messages_[m].verdict.steps.push_back(counts);
    }
  }

  // Whether a step after t happens for message m, as far as is known after t. One that is to start when
  // another has spread farther is no reason to go on.
  bool HasMore(std::size_t m, std::uint64_t t) const {
    const MessageState& state = messages_[m];
    if (!state.acted.empty() || !state.exposed.empty()) return true;
    if (!state.arrivals.empty() || !state.decided.empty()) return true;  // those of t have been taken
    const Trigger& trigger = spec_.messages[m].start;
    std::optional<std::uint64_t> start = state.start;
    if (!start.has_value() && (HasCome(trigger, t + 1) || trigger.kind == Trigger::Kind::kStep)) {
      start = std::max({t + 1, trigger.kind == Trigger::Kind::kStep ? trigger.count : 0,
                        std::uint64_t{trigger.not_before}});
    }
    return start.has_value() && std::ranges::any_of(spec_.messages[m].injections,
                                                    [&](const Injection& i) { return *start + i.step > t; });
  }

  std::vector<MessageVerdict> Verdicts(std::uint64_t last_step, std::uint64_t replica) {
    std::vector<MessageVerdict> verdicts;
    for (std::size_t m = 0; m < messages_.size(); ++m) {
      messages_[m].verdict.stopped_at_max_steps = HasMore(m, last_step);
      messages_[m].verdict.people = network_.PeopleOf(messages_[m].verdict.receipt_steps);
      messages_[m].verdict.digest = DigestOf(messages_[m].verdict, m, replica);
      verdicts.push_back(messages_[m].verdict);
    }
    return verdicts;
  }

 private:
  std::uint64_t Coin(CoinPurpose purpose, std::size_t m, MemberKey key, std::uint64_t step = 0) {
    return luck_.Coin({.purpose = purpose, .message = m, .step = step, .key1 = key});
  }
  std::uint64_t Coin(CoinPurpose purpose, std::size_t m, const ModelLink& link, std::uint64_t step = 0) {
    return luck_.Coin(
        {.purpose = purpose, .message = m, .step = step, .key1 = link.source, .key2 = link.receiver});
  }

  // Of the step being taken.
  const MessageSpec& Rules(std::size_t m) const {
    const auto& later = spec_.later;
    return later.has_value() && messages_[m].counts.step > later->after_step ? later->messages[m]
                                                                             : spec_.messages[m];
  }

  // Triggers and interventions
  // At step t, from the totals through t - 1, which are what there is now.
  bool IsTrue(const Trigger& trigger, std::uint64_t t) const {
    return t >= trigger.not_before && HasCome(trigger, t);
  }
  bool HasCome(const Trigger& trigger, std::uint64_t t) const {
    if (trigger.kind == Trigger::Kind::kStep) return t >= trigger.count;
    if (t == 0) return false;
    const auto& receipts = messages_[trigger.message].verdict.receipt_steps;
    if (trigger.kind == Trigger::Kind::kReach) return receipts.size() >= trigger.count;
    std::uint64_t reached = 0;
    for (const MemberKey monitor : monitors_) reached += receipts.contains(monitor) ? 1 : 0;
    return reached >= trigger.count;
  }

  bool IsChosen(std::size_t intervention, const MemberChoice& choice, MemberKey member) {
    const auto key = [&](MemberId id) { return keys_[id.value]; };
    if (std::ranges::count(choice.members, member, key) > 0) return true;
    const auto& kinds = choice.account_kinds;
    if (!kinds.empty() && !std::ranges::count(kinds, graph_.members.at(member).account_kind)) return false;
    return choice.share.Passes(Coin(CoinPurpose::kIntervention, 0, member, intervention));
  }

  bool IsAmong(std::optional<MemberChoice> Intervention::*choice, std::size_t m, MemberKey member) {
    return std::ranges::any_of(messages_[m].in_force, [&](std::size_t i) {
      const auto& chosen = spec_.interventions[i].*choice;
      return chosen.has_value() && IsChosen(i, *chosen, member);
    });
  }
  bool IsRemoved(std::size_t m, MemberKey member) {
    return IsAmong(&Intervention::removed, m, member) || network_.IsAway(member, messages_[m].counts.step);
  }
  bool IsImmune(std::size_t m, MemberKey member) { return IsAmong(&Intervention::immune, m, member); }

  void BeginStep(std::size_t m, std::uint64_t t) {
    MessageState& state = messages_[m];
    if (!state.start.has_value() && IsTrue(spec_.messages[m].start, t)) state.start = t;
    state.counts = {.step = t};
    state.in_force.clear();
    for (std::size_t i = 0; i < spec_.interventions.size(); ++i) {
      const Intervention& intervention = spec_.interventions[i];
      const bool concerned =
          intervention.messages.empty() || std::ranges::count(intervention.messages, m) > 0;
      if (concerned && IsTrue(intervention.trigger, t)) state.in_force.push_back(i);
    }
    state.seeing.clear();
    state.accepting.clear();
  }

  bool IsDue(std::size_t m, const Injection& injection, std::uint64_t t) const {
    return messages_[m].start.has_value() && *messages_[m].start + injection.step == t;
  }

  bool Happens(std::size_t m, std::uint64_t t) const {
    const MessageState& state = messages_[m];
    if (t == 0 || !state.acted.empty() || !state.exposed.empty()) return true;
    if (state.arrivals.contains(t) || state.decided.contains(t)) return true;
    return std::ranges::any_of(spec_.messages[m].injections,
                               [&](const Injection& injection) { return IsDue(m, injection, t); });
  }

  // 1. Injections
  void Receive(std::size_t m, std::uint64_t t, MemberKey member) {
    MessageState& state = messages_[m];
    state.verdict.receipt_steps[member] = t;
    ++state.counts.first_receipts;
    if (monitors_.contains(member)) ++state.counts.monitors;
  }

  void Inject(std::size_t m, std::uint64_t t) {
    MessageState& state = messages_[m];
    for (const Injection& injection : spec_.messages[m].injections) {
      if (!IsDue(m, injection, t)) continue;
      for (const MemberId id : injection.members) {
        const MemberKey member = keys_[id.value];
        if (state.verdict.receipt_steps.contains(member) || IsRemoved(m, member)) {
          ++state.counts.ignored;
          continue;
        }
        ++state.counts.injected;
        Give(m, t, member);
      }
    }
  }

  void Give(std::size_t m, std::uint64_t t, MemberKey member) {
    MessageState& state = messages_[m];
    Receive(m, t, member);
    state.injected.insert(member);
    state.accepted.insert(member);
    state.decided[t].insert(member);
  }

  void CrossPost(std::size_t m, std::uint64_t t) {
    MessageState& state = messages_[m];
    for (const MemberKey source : state.acted) {
      for (const MemberKey account : network_.OtherAccounts(source)) {
        const ModelLink link{.source = source, .receiver = account};
        if (!network_.ChanceToCrossPost(source, account).Passes(Coin(CoinPurpose::kCrossPost, m, link)))
          continue;
        if (state.verdict.receipt_steps.contains(account)) continue;
        if (IsImmune(m, account) || IsRemoved(m, account)) continue;
        ++state.counts.cross_posts;
        Give(m, t, account);
      }
    }
  }

  // 2. Attempts
  Threshold ChanceToCarry(std::size_t m, const ModelLink& link) const {
    Threshold base = BaseChance(Rules(m).link, link, network_.FolloweesOf(link.receiver));
    for (const std::size_t i : messages_[m].in_force) base = base * spec_.interventions[i].carry;
    return base;
  }

  void Attempt(std::size_t m, std::uint64_t t) {
    MessageState& state = messages_[m];
    const MessageSpec& spec = Rules(m);
    for (const MemberKey source : state.acted) {
      for (const ModelLink& link : network_.LinksFrom(source, t)) {
        if (!spec.link_kinds.empty() && !spec.link_kinds[link.kind]) continue;
        if (IsRemoved(m, link.receiver)) continue;
        const std::uint64_t coin = spec.epidemic.has_value() ? Coin(CoinPurpose::kInfection, m, link, t)
                                                             : Coin(CoinPurpose::kLink, m, link);
        if (!ChanceToCarry(m, link).Passes(coin)) continue;
        const auto delay_coin = [&] { return Coin(CoinPurpose::kLinkDelay, m, link); };
        state.arrivals[t + DelayOf(spec.link_delay, delay_coin)].push_back({link, spec.seen});
      }
    }
  }

  // 3. Deliveries
  void Deliver(std::size_t m, std::uint64_t t) {
    MessageState& state = messages_[m];
    for (const auto& [link, seen] : state.arrivals[t]) {
      const MemberKey member = link.receiver;
      ++state.counts.deliveries;
      ++state.verdict.deliveries[member];
      if (!state.verdict.receipt_steps.contains(member)) Receive(m, t, member);
      if (seen.has_value() && !seen->Passes(Coin(CoinPurpose::kSeen, m, link))) continue;
      ++state.counts.seen;
      if (Rules(m).reactions.unfollow.Passes(Coin(CoinPurpose::kUnfollow, m, link))) {
        state.counts.unfollows += network_.Unfollow(link.source, member, t) ? 1 : 0;
      }
      state.seeing.insert(member);
      ++state.heard[member].deliveries;
      state.heard[member].weight += std::uint64_t{link.weight} << 32;
      if (seen.has_value() && !state.injected.contains(member)) state.verdict.seen_steps.emplace(member, t);
    }
    state.arrivals.erase(t);
  }

  // 4. Acceptance
  bool Accepts(std::size_t m, MemberKey member) {
    const Acceptance& acceptance = Rules(m).acceptance;
    const std::uint64_t coin =
        IsLinear(acceptance) ? Coin(CoinPurpose::kThreshold, m, network_.DeciderOf(member)) : 0;
    return IsEnough(acceptance, messages_[m].heard[member], network_.FolloweesOf(member), coin);
  }

  void Accept(std::size_t m, std::uint64_t t) {
    MessageState& state = messages_[m];
    for (const MemberKey member : state.seeing) {
      if (state.accepted.contains(member) || IsImmune(m, member) || IsRemoved(m, member)) continue;
      if (!Accepts(m, member)) continue;
      state.accepting.insert(member);
    }
    state.accepted.insert(state.accepting.begin(), state.accepting.end());
    const Threshold chance = Rules(m).reactions.follow;
    if (chance == Threshold()) return;
    const MemberKey author = keys_[spec_.messages[m].injections[0].members[0].value];
    for (const MemberKey member : state.accepting) {
      if (member == author || !chance.Passes(Coin(CoinPurpose::kFollow, m, member))) continue;
      state.counts.follows += network_.Follow(author, member, t) ? 1 : 0;
    }
  }

  // 5. Decision
  bool HasMetAnotherFirst(std::size_t m, MemberKey member) {
    const std::uint64_t own = messages_[m].verdict.receipt_steps.at(member);
    const std::uint64_t mine = Coin(CoinPurpose::kForward, m, network_.DeciderOf(member));
    for (std::size_t other = 0; other < messages_.size(); ++other) {
      const auto& receipts = messages_[other].verdict.receipt_steps;
      const auto receipt = receipts.find(member);
      if (other == m || receipt == receipts.end()) continue;
      if (receipt->second < own) return true;
      if (receipt->second > own) continue;
      const std::uint64_t theirs = Coin(CoinPurpose::kForward, other, network_.DeciderOf(member));
      if (theirs < mine || (theirs == mine && other < m)) return true;
    }
    return false;
  }

  Threshold ChanceToForward(std::size_t m, std::uint64_t t, MemberKey member) const {
    const MessageSpec& spec = Rules(m);
    Factor product = ProfileFactor(spec.factors, graph_.members.at(member), t - messages_[m].start.value());
    for (const Influence& influence : spec.influences) {
      const auto& receipts = messages_[influence.by].verdict.receipt_steps;
      const auto receipt = receipts.find(member);
      if (receipt != receipts.end() && receipt->second < t) product = product * influence.factor;
    }
    for (const std::size_t i : messages_[m].in_force) product = product * spec_.interventions[i].forward;
    return spec.forward * product;
  }

  std::uint64_t StepToAct(std::size_t m, std::uint64_t t, MemberKey member) {
    const auto coin = [&] { return Coin(CoinPurpose::kDelay, m, network_.DeciderOf(member)); };
    std::uint64_t step = EndOfDelay(Rules(m).rhythm, t, DelayOf(Rules(m).delay, coin));
    for (const std::size_t i : messages_[m].in_force) step += spec_.interventions[i].delay;
    return step;
  }

  void Decide(std::size_t m, std::uint64_t t) {
    MessageState& state = messages_[m];
    for (const MemberKey member : state.accepting) {
      if (spec_.first_met_only && HasMetAnotherFirst(m, member)) continue;
      if (!ChanceToForward(m, t, member).Passes(Coin(CoinPurpose::kForward, m, network_.DeciderOf(member))))
        continue;
      const auto& epidemic = Rules(m).epidemic;
      if (!epidemic.has_value()) {
        state.decided[StepToAct(m, t, member)].insert(member);
      } else if (!epidemic->onset.has_value()) {
        state.decided[t].insert(member);
      } else {
        state.newly_exposed.insert(member);
      }
    }
  }

  // 6 and 7. Who acts
  // Who was exposed before t and begins to act at t, or is removed.
  void TakeOnsets(std::size_t m, std::uint64_t t) {
    MessageState& state = messages_[m];
    std::set<MemberKey> still;
    for (const MemberKey member : state.exposed) {
      if (IsRemoved(m, member)) continue;
      if (Rules(m).epidemic->onset->Passes(Coin(CoinPurpose::kOnset, m, member, t))) {
        state.decided[t].insert(member);
      } else {
        still.insert(member);
      }
    }
    state.exposed = std::move(still);
    state.exposed.merge(state.newly_exposed);
    state.newly_exposed.clear();
  }

  // Of those who acted at t - 1, who acts at t again.
  std::set<MemberKey> TakeRecoveries(std::size_t m, std::uint64_t t) {
    MessageState& state = messages_[m];
    std::set<MemberKey> again;
    const auto& epidemic = Rules(m).epidemic;
    if (!epidemic.has_value()) return again;
    for (const MemberKey member : state.acted) {
      if (!epidemic->recovery.Passes(Coin(CoinPurpose::kRecovery, m, member, t))) {
        if (!IsRemoved(m, member)) again.insert(member);
        continue;
      }
      ++state.counts.recoveries;
      state.verdict.recovery_steps[member].push_back(t);
      if (epidemic->susceptible_again) state.accepted.erase(member);
    }
    return again;
  }

  void Act(std::size_t m, std::uint64_t t) {
    MessageState& state = messages_[m];
    TakeOnsets(m, t);
    std::set<MemberKey> acting = TakeRecoveries(m, t);
    for (const MemberKey member : state.decided[t]) {
      if (IsRemoved(m, member)) continue;
      ++state.counts.forwards;
      state.verdict.forward_steps[member].push_back(t);
      acting.insert(member);
    }
    state.decided.erase(t);
    state.counts.acting = acting.size();
    state.acted = std::move(acting);
  }

  const ModelGraph& graph_;
  const ModelSpec& spec_;
  Luck& luck_;
  ModelNetwork network_;
  std::vector<MemberKey> keys_;  // ascending
  std::set<MemberKey> monitors_;
  std::vector<MessageState> messages_;
};

}  // namespace

std::vector<MessageVerdict> JudgeModel(const ModelGraph& graph, const ModelSpec& spec, Luck& luck,
                                       std::optional<std::uint32_t> max_steps, std::uint64_t replica) {
  Judgement judgement(graph, spec, luck);
  std::uint64_t t = 0;
  const auto goes_on = [&] {
    for (std::size_t m = 0; m < spec.messages.size(); ++m) {
      if (judgement.HasMore(m, t)) return true;
    }
    return false;
  };
  for (judgement.TakeStep(t); goes_on() && t != max_steps; judgement.TakeStep(++t)) {
    LAWINE_CHECK(t < limits::kStepsMax);
  }
  return judgement.Verdicts(t, replica);
}

}  // namespace lawine
