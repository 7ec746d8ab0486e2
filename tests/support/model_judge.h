// The judge of all models: "Models, exactly" of engine/README.md as it is written there, step by step and
// serial, with nothing but maps and sets of member keys. It knows no shards, frames or bit sets, and dense
// ids only as the places of members in a spec. From the engine it takes the coin, thresholds, factors, the
// digest term and the structs of message_spec.h, but none of their functions that a model consists of.
#ifndef LAWINE_TESTS_SUPPORT_MODEL_JUDGE_H_
#define LAWINE_TESTS_SUPPORT_MODEL_JUDGE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/spread/message_spec.h"
#include "tests/support/luck.h"
#include "tests/support/model_graph.h"
#include "tests/support/model_verdict.h"

namespace lawine {

// REQUIRES: what "Models, exactly" refuses is not asked for, and members of `spec` are members of `graph`:
// MemberId i is the member with the i-th smallest key. Ends: with max_steps, or because the luck ends it.
// `replica` is only for the digest. One verdict a message; the digest of the run is their sum.
std::vector<MessageVerdict> JudgeModel(const ModelGraph& graph, const ModelSpec& spec, Luck& luck,
                                       std::optional<std::uint32_t> max_steps = {},
                                       std::uint64_t replica = 0);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_MODEL_JUDGE_H_
