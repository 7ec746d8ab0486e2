// What the judge of all models keeps of a message.
#ifndef LAWINE_TESTS_SUPPORT_MODEL_STATE_H_
#define LAWINE_TESTS_SUPPORT_MODEL_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/base/ids.h"
#include "tests/support/model_graph.h"
#include "tests/support/model_rules.h"
#include "tests/support/model_verdict.h"

namespace lawine {

// A delivery on its way, with the chance that it is seen, by the rules of the step it was sent at.
struct ModelArrival {
  ModelLink link;
  std::optional<Threshold> seen;
};

// One message, through the steps taken so far.
struct MessageState {
  MessageVerdict verdict;
  std::optional<std::uint64_t> start;
  std::set<MemberKey> accepted;
  std::set<MemberKey> acted;  // at the step before
  std::set<MemberKey> exposed;
  std::set<MemberKey> injected;  // and those that cross-post
  std::map<MemberKey, Heard> heard;
  std::map<std::uint64_t, std::vector<ModelArrival>> arrivals;  // by step
  std::map<std::uint64_t, std::set<MemberKey>> decided;         // to begin to act, by step

  // Of the step at hand.
  ModelStep counts;
  std::vector<std::size_t> in_force;  // interventions
  std::set<MemberKey> seeing;
  std::set<MemberKey> accepting;
  std::set<MemberKey> newly_exposed;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_MODEL_STATE_H_
