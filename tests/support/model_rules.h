// The rules of "Models, exactly" (engine/README.md) that need no state: each the slow and obvious way, so
// that it can be held against the engine's.
#ifndef LAWINE_TESTS_SUPPORT_MODEL_RULES_H_
#define LAWINE_TESTS_SUPPORT_MODEL_RULES_H_

#include <cstdint>

#include "engine/base/factor.h"
#include "engine/base/probability.h"
#include "engine/spread/message_spec.h"
#include "tests/support/model_graph.h"

namespace lawine {

// What a member has seen of a message.
struct Heard {
  std::uint64_t deliveries = 0;
  unsigned __int128 weight = 0;  // of their links, 2^63 is 1
};

// What a delay table gives for a coin.
std::uint32_t TableDelay(const DelayTable& table, std::uint64_t coin);
// Where a delay that begins at `step` ends.
std::uint64_t EndOfDelay(const Rhythm& rhythm, std::uint64_t step, std::uint32_t amount);
// The chance that an attempt along a link carries, before interventions. `followees`: of the receiver.
Threshold BaseChance(const LinkChance& chance, const ModelLink& link, std::uint64_t followees);
// Whether thresholds have coins.
bool IsLinear(const Acceptance& acceptance);
// Whether a member that sees a delivery accepts. `coin`: its threshold, where that is linear.
bool IsEnough(const Acceptance& acceptance, const Heard& heard, std::uint64_t followees, std::uint64_t coin);
// Of the deciding member's profile and the message's age in steps.
Factor ProfileFactor(const ForwardFactors& factors, const ModelMember& member, std::uint64_t age);

// The same; asks for no coin where there is no delay.
std::uint32_t DelayOf(const DelayTable& table, const auto& coin) {
  return table.empty() ? 0 : TableDelay(table, coin());
}

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_MODEL_RULES_H_
