// How one message of a run spreads: the parameters of every model. "Models, exactly" in engine/README.md says
// what each of them does.
//
// All are integers and tables of integers: whoever makes a spec rounds once, and no floating point decides
// anything afterwards.
#ifndef LAWINE_ENGINE_SPREAD_MESSAGE_SPEC_H_
#define LAWINE_ENGINE_SPREAD_MESSAGE_SPEC_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/factor.h"
#include "engine/base/ids.h"
#include "engine/base/probability.h"
#include "engine/spread/delay.h"
#include "engine/spread/intervention_spec.h"
#include "engine/spread/network_spec.h"

namespace lawine {

// The chance that an attempt along a link carries.
struct LinkChance {
  enum class Kind : std::uint8_t {
    kSame = 1,     // `same` for every link
    kByKind,       // by_kind[link kind]
    kByWeight,     // the link's own weight; the graph must have weights
    kByFollowees,  // 1 in as many links as lead to the receiver: the weighted cascade
  };
  Kind kind = Kind::kSame;
  Threshold same = Threshold::FromFixed(Threshold::kOne);
  std::vector<Threshold> by_kind;  // 256 of them, for kByKind
};

// When what a member has seen makes it accept the message.
struct Acceptance {
  enum class Kind : std::uint8_t {
    kFirst = 1,       // at the first delivery that it sees
    kLinearEqual,     // linear threshold, every link weighs 1 / followees of the receiver
    kLinearByWeight,  // linear threshold with the links' own weights; the graph must have weights
    kFraction,        // at `fraction` of its followees
    kCount,           // at `count` deliveries
  };
  Kind kind = Kind::kFirst;
  Threshold fraction;
  std::uint32_t count = 1;

  bool first() const { return kind == Kind::kFirst; }
};

// Members that accept act at every step until they recover, instead of once.
struct Epidemic {
  Threshold recovery;              // a step, from the step after the first act
  bool susceptible_again = false;  // SIS: a member that has recovered may accept again
  std::optional<Threshold> onset;  // SEIR: chance a step that an exposed member begins to act; none: at once
};

// Factors on the chance of forwarding; what is not listed has a factor of 1.
struct ForwardFactors {
  std::vector<Factor> by_account_kind;  // by the deciding member's
  std::vector<Factor> by_community;     // by the deciding member's
  std::vector<Factor> by_age;           // by steps since the message's start; the last one stays
};

// Members that have the message at a step without having got it. Seed members are the injection of step 0.
struct Injection {
  std::uint32_t step = 0;         // counted from the message's start
  std::vector<MemberId> members;  // strictly ascending
};

// What the deciding member has met of another message changes the chance of forwarding this one.
struct Influence {
  std::uint32_t by = 0;  // message
  Factor factor;
};

struct MessageSpec {
  LinkChance link;
  std::vector<bool> link_kinds;   // 256 of them: those that carry; empty: all
  std::optional<Threshold> seen;  // the chance that a delivery is seen; none: always
  Acceptance acceptance;
  Threshold forward = Threshold::FromFixed(Threshold::kOne);
  ForwardFactors factors;
  std::vector<Influence> influences;
  std::optional<Epidemic> epidemic;
  DelayTable delay;       // from acceptance to forward
  Rhythm rhythm;          // that those delays follow
  DelayTable link_delay;  // from forward to arrival, beside the one step that every delivery takes
  Reactions reactions = {};
  Trigger start;                      // when injections begin to count their steps
  std::vector<Injection> injections;  // ascending by step; one at least
};

// Rules of all messages after a step, through which everything is as without them. A message keeps its kind:
// how it is accepted, whether it is an epidemic (with an onset, with members that are susceptible again),
// whether deliveries may be overlooked, whether links have delays.
struct LaterRules {
  std::uint32_t after_step = 0;
  std::vector<MessageSpec> messages;  // parallel to the first rules; starts and injections are those of these
};

struct ModelSpec {
  std::vector<MessageSpec> messages;  // at least one
  std::vector<Intervention> interventions;
  std::vector<MemberId> monitors;  // strictly ascending
  bool first_met_only = false;     // members decide only on the message they met first
  std::optional<PeopleSpec> people = {};
  std::optional<GrowthSpec> growth = {};
  std::optional<GroupSpec> groups = {};
  std::optional<LaterRules> later = {};
};

// The earliest step at which the last injection can come to pass; none when the message never starts.
std::optional<std::uint64_t> LastInjectionStep(const MessageSpec& message);
// Whether one may be the other's later rules.
bool SameKind(const MessageSpec& a, const MessageSpec& b);
// Every message's rules, first those it begins with, then the later ones.
std::vector<const MessageSpec*> AllRules(const ModelSpec& model);

// Whether members may get new links, and whether links or members may come or go at all.
bool AddsLinks(const ModelSpec& model);
bool NetworkChangesIn(const ModelSpec& model);

// INVALID_ARGUMENT names the field, or message, what was expected and what was found.
absl::Status CheckModelSpec(const ModelSpec& model, std::uint32_t members_count);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_MESSAGE_SPEC_H_
