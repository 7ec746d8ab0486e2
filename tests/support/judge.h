// The judge: the `forward` model, and independent cascade beside it, as its specification states it, step by
// step, with nothing but maps and sets of member keys. It knows no dense ids, shards, frames or bit sets;
// from the engine it takes only the coin, the threshold and the digest term, which have vectors of their own.
// Whatever the engine does to be fast is held against this.
#ifndef LAWINE_TESTS_SUPPORT_JUDGE_H_
#define LAWINE_TESTS_SUPPORT_JUDGE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/ids.h"
#include "engine/base/probability.h"

namespace lawine {

// Followers by member, each once. Every member has an entry, also those without followers.
using JudgeGraph = std::map<MemberKey, std::vector<MemberKey>>;

struct JudgeRun {
  std::uint64_t run_seed = 1;
  std::uint64_t message = 0;
  std::uint64_t replica = 0;
  Threshold forward = {};
  Threshold link = Threshold::FromFixed(Threshold::kOne);
  std::optional<std::uint32_t> max_steps = {};
  std::set<MemberKey> seed_members = {};
};

struct JudgeStep {
  std::uint32_t step = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t first_receipts = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t forwards = 0;
};

struct Verdict {
  std::vector<JudgeStep> steps;
  std::map<MemberKey, std::uint32_t> receipt_steps;
  std::map<MemberKey, std::uint32_t> forward_steps;
  Digest digest;
  bool stopped_at_max_steps = false;              // forwards were decided that are not delivered
  std::uint64_t unreached_without_followees = 0;  // unreached members that nobody's messages reach
};

// Whether a member forwards, asked once, at its receipt. Seed members are not asked.
using Decision = std::function<bool(MemberKey)>;

// REQUIRES: seed members and followers are members.
Verdict Judge(const JudgeGraph& graph, const JudgeRun& run);
// The same with decisions that come from elsewhere, e.g. to go through all of them.
Verdict JudgeDecisions(const JudgeGraph& graph, const JudgeRun& run, const Decision& forwards);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_JUDGE_H_
