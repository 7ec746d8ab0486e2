#include "tests/support/model_verdict.h"

namespace lawine {

Digest DigestOf(const MessageVerdict& verdict, std::uint64_t message, std::uint64_t replica) {
  Digest digest;
  const auto add = [&](TransitionEvent event, MemberKey member, std::uint64_t step) {
    digest += DigestLane(message, replica, step, event).Term(member);
  };
  for (const auto& [member, step] : verdict.receipt_steps) add(TransitionEvent::kReceipt, member, step);
  for (const auto& [member, step] : verdict.seen_steps) add(TransitionEvent::kSeen, member, step);
  for (const auto& [member, steps] : verdict.forward_steps) {
    for (const std::uint64_t step : steps) add(TransitionEvent::kForward, member, step);
  }
  for (const auto& [member, steps] : verdict.recovery_steps) {
    for (const std::uint64_t step : steps) add(TransitionEvent::kRecovery, member, step);
  }
  return digest;
}

}  // namespace lawine
