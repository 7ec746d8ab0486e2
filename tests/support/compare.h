// The engine's outcome held against the judge's verdict.
#ifndef LAWINE_TESTS_SUPPORT_COMPARE_H_
#define LAWINE_TESTS_SUPPORT_COMPARE_H_

#include <string>
#include <vector>

#include "engine/spread/outcome.h"
#include "engine/spread/shard_state.h"
#include "tests/support/judge.h"
#include "tests/support/shards.h"

namespace lawine {

// A step of the forward model or of a cascade as the engine counts it.
StepCounts CountsOf(const JudgeStep& step);

// The first difference in words, empty when there is none: counts of every step (by their fingerprint), why
// it stopped, the digest, and how many were unreachable.
std::string Difference(const Verdict& verdict, const LaneOutcome& lane);

// The same for the counts of every step of a single run, one by one.
std::string Difference(const Verdict& verdict, const std::vector<StepCounts>& steps);

// The same for receipt and forward steps of every member. `receipts` are by shard.
std::string Difference(const Verdict& verdict, const Shards& shards, const std::vector<Receipts>& receipts);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_COMPARE_H_
