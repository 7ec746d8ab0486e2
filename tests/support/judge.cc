#include "tests/support/judge.h"

#include "engine/base/coin.h"

namespace lawine {
namespace {

// One term for every receipt and one for every forward.
Digest DigestOf(const JudgeRun& run, const Verdict& verdict) {
  Digest digest;
  for (const auto& [member, step] : verdict.receipt_steps) {
    digest += DigestLane(run.message, run.replica, step, TransitionEvent::kReceipt).Term(member);
  }
  for (const auto& [member, step] : verdict.forward_steps) {
    digest += DigestLane(run.message, run.replica, step, TransitionEvent::kForward).Term(member);
  }
  return digest;
}

std::uint64_t UnreachedWithoutFollowees(const JudgeGraph& graph, const Verdict& verdict) {
  std::set<MemberKey> with_followees;
  for (const auto& [member, followers] : graph) with_followees.insert(followers.begin(), followers.end());
  std::uint64_t count = 0;
  for (const auto& [member, followers] : graph) {
    if (!with_followees.contains(member) && !verdict.receipt_steps.contains(member)) ++count;
  }
  return count;
}

// Every follower of every member of `forwarding` gets one delivery from it, if the link carries. Returns who
// forwards next.
std::set<MemberKey> TakeStep(const JudgeGraph& graph, const std::set<MemberKey>& forwarding,
                             const JudgeRun& run, const Decision& forwards, JudgeStep& counts,
                             Verdict& verdict) {
  const CoinLane links({run.run_seed, run.message, run.replica}, CoinPurpose::kLink);
  std::set<MemberKey> next;
  for (const MemberKey forwarder : forwarding) {
    for (const MemberKey receiver : graph.at(forwarder)) {
      if (!run.link.Passes(links.Coin(forwarder, receiver))) continue;
      ++counts.deliveries;
      if (verdict.receipt_steps.contains(receiver)) {
        ++counts.duplicates;
        continue;
      }
      ++counts.first_receipts;
      verdict.receipt_steps[receiver] = counts.step;
      if (!forwards(receiver)) continue;
      ++counts.forwards;
      verdict.forward_steps[receiver] = counts.step;
      next.insert(receiver);
    }
  }
  return next;
}

}  // namespace

Verdict JudgeDecisions(const JudgeGraph& graph, const JudgeRun& run, const Decision& forwards) {
  Verdict verdict;
  for (const MemberKey seed : run.seed_members) {
    verdict.receipt_steps[seed] = 0;
    verdict.forward_steps[seed] = 0;
  }
  const std::uint64_t seeds = run.seed_members.size();
  verdict.steps.push_back({.step = 0, .first_receipts = seeds, .forwards = seeds});
  std::set<MemberKey> forwarding = run.seed_members;
  for (std::uint32_t step = 1; !forwarding.empty(); ++step) {
    if (run.max_steps.has_value() && step > *run.max_steps) {
      verdict.stopped_at_max_steps = true;
      break;
    }
    JudgeStep counts{.step = step};
    forwarding = TakeStep(graph, forwarding, run, forwards, counts, verdict);
    verdict.steps.push_back(counts);
  }
  verdict.digest = DigestOf(run, verdict);
  verdict.unreached_without_followees = UnreachedWithoutFollowees(graph, verdict);
  return verdict;
}

Verdict Judge(const JudgeGraph& graph, const JudgeRun& run) {
  const CoinLane coins({run.run_seed, run.message, run.replica}, CoinPurpose::kForward);
  return JudgeDecisions(graph, run, [&](MemberKey member) { return run.forward.Passes(coins.Coin(member)); });
}

}  // namespace lawine
