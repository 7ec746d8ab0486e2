#include "tests/support/random_later.h"

#include <algorithm>

namespace lawine {
namespace {

Threshold AnyChance(TestRandom& random) {
  return Threshold::FromFixed(random.OneIn(3) ? Threshold::kOne : random.Next() >> 1);
}

void ChangeTable(TestRandom& random, DelayTable& table) {
  if (table.empty() && random.OneIn(2)) return;
  table.cumulative = {AnyChance(random), Threshold::FromFixed(Threshold::kOne)};
}

// What a message is stays: see SameKind in engine/spread/message_spec.cc.
void Change(TestRandom& random, MessageSpec& message) {
  message.injections.clear();
  if (random.OneIn(2)) message.forward = AnyChance(random);
  if (random.OneIn(2) && message.link.kind == LinkChance::Kind::kSame) message.link.same = AnyChance(random);
  if (random.OneIn(3)) message.factors.by_account_kind = {Factor(), Factor::FromFixed(random.Next() >> 31)};
  if (random.OneIn(4)) message.influences.clear();
  if (message.seen.has_value()) message.seen = AnyChance(random);
  if (!message.link_delay.empty()) ChangeTable(random, message.link_delay);
  if (message.acceptance.kind == Acceptance::Kind::kCount) message.acceptance.count = random.OneIn(2) ? 1 : 2;
  if (random.OneIn(3)) message.reactions = {};
  if (!message.epidemic.has_value()) return ChangeTable(random, message.delay);
  message.epidemic->recovery = AnyChance(random);
  if (message.epidemic->onset.has_value()) message.epidemic->onset = AnyChance(random);
}

}  // namespace

void MakeRandomLater(TestRandom& random, ModelSpec& spec) {
  const auto step = static_cast<std::uint32_t>(random.Below(random.OneIn(4) ? 30 : 5));
  const auto wait = [&](Trigger& trigger) {
    if (random.OneIn(4)) trigger.not_before = step + 1;
  };
  for (MessageSpec& message : spec.messages) wait(message.start);
  for (Intervention& intervention : spec.interventions) wait(intervention.trigger);
  if (!random.OneIn(3)) return;
  spec.later = LaterRules{.after_step = step, .messages = spec.messages};
  for (MessageSpec& message : spec.later->messages) Change(random, message);
}

}  // namespace lawine
