// The judge of all models: "Models, exactly" of engine/README.md as it is written there, step by step and
// serial, with nothing but maps and sets of member keys. It knows no shards, frames or bit sets, and dense
// ids only as the places of members in a spec. From the engine it takes the coin, thresholds, factors, the
// digest term and the structs of message_spec.h, but none of their functions that a model consists of.
#ifndef LAWINE_TESTS_SUPPORT_MODEL_JUDGE_H_
#define LAWINE_TESTS_SUPPORT_MODEL_JUDGE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/ids.h"
#include "engine/spread/message_spec.h"
#include "tests/support/luck.h"
#include "tests/support/model_graph.h"

namespace lawine {

struct ModelStep {
  std::uint64_t step = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t seen = 0;            // deliveries seen
  std::uint64_t first_receipts = 0;  // of injected members too
  std::uint64_t injected = 0;
  std::uint64_t ignored = 0;     // injections into members that have the message, or are removed
  std::uint64_t forwards = 0;    // members that begin to act
  std::uint64_t acting = 0;      // members that act
  std::uint64_t recoveries = 0;  // members that have acted and do so no more
  std::uint64_t monitors = 0;    // monitors with their first receipt

  std::uint64_t duplicates() const { return deliveries - (first_receipts - injected); }
  friend bool operator==(const ModelStep&, const ModelStep&) = default;
};

struct MessageVerdict {
  std::vector<ModelStep> steps;  // those that happen, ascending
  std::map<MemberKey, std::uint64_t> receipt_steps;
  std::map<MemberKey, std::uint64_t>
      seen_steps;  // of the first delivery seen; empty without a seen probability
  std::map<MemberKey, std::vector<std::uint64_t>> forward_steps;  // several where members may accept again
  std::map<MemberKey, std::vector<std::uint64_t>> recovery_steps;
  Digest digest;
  bool stopped_at_max_steps = false;  // a step after max_steps would have happened
};

// REQUIRES: what "Models, exactly" refuses is not asked for, and members of `spec` are members of `graph`:
// MemberId i is the member with the i-th smallest key. Ends: with max_steps, or because the luck ends it.
// `replica` is only for the digest. One verdict a message; the digest of the run is their sum.
std::vector<MessageVerdict> JudgeModel(const ModelGraph& graph, const ModelSpec& spec, Luck& luck,
                                       std::optional<std::uint32_t> max_steps = {},
                                       std::uint64_t replica = 0);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_MODEL_JUDGE_H_
