// What changes the rules of messages, and when.
#ifndef LAWINE_ENGINE_SPREAD_INTERVENTION_SPEC_H_
#define LAWINE_ENGINE_SPREAD_INTERVENTION_SPEC_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/factor.h"
#include "engine/base/ids.h"
#include "engine/base/probability.h"

namespace lawine {

// Something that is true from some step on.
struct Trigger {
  enum class Kind : std::uint8_t {
    kStep = 1,  // from step `count` on
    kReach,     // once `message` has reached `count` members
    kMonitors,  // once `count` monitors have received `message`
  };
  Kind kind = Kind::kStep;
  std::uint64_t count = 0;
  std::uint32_t message = 0;
  std::uint32_t not_before = 0;  // true from this step on at the earliest
};

// Those that are listed, and all others (of the account kinds given, if any) whose coin passes `share`.
struct MemberChoice {
  std::vector<MemberId> members;  // strictly ascending
  Threshold share;
  std::vector<std::uint8_t> account_kinds;  // ascending; empty: all
};

// Changes of the rules.
struct Intervention {
  Trigger trigger;
  std::vector<std::uint32_t> messages;                      // ascending; empty: all
  Factor forward;                                           // on the chance of forwarding
  Threshold carry = Threshold::FromFixed(Threshold::kOne);  // times the chance that an attempt carries
  std::uint32_t delay = 0;                                  // added to delays of decisions
  std::optional<MemberChoice> immune;                       // never accept from now on
  std::optional<MemberChoice> removed;                      // neither get nor forward anything from now on
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_INTERVENTION_SPEC_H_
