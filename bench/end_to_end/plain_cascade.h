// One message on a plain array, written from the specification and without the engine's runs: the programs
// to beat. Plain push: every follower of every forwarder is looked at, one by one.
#ifndef LAWINE_BENCH_END_TO_END_PLAIN_CASCADE_H_
#define LAWINE_BENCH_END_TO_END_PLAIN_CASCADE_H_

#include <cstdint>
#include <optional>

#include "bench/end_to_end/measurement.h"
#include "bench/end_to_end/plain_graph.h"
#include "engine/base/executor.h"
#include "engine/base/probability.h"

namespace lawine::bench {

struct PlainMessage {
  std::uint32_t seed_member = 0;
  std::uint64_t run_seed = 1;
  std::uint64_t replica = 0;
  Threshold forward;
  // Independent cascade: each link carries the message, or does not, by its own coin. A delivery is a link
  // that carried. None: all links carry.
  std::optional<Threshold> link;
};

// The member whose audience is nearest to `audience`; of several, the one with the smallest seed-choice coin.
std::uint32_t ChooseSeedMember(const PlainRows& followers, std::uint32_t audience, std::uint64_t run_seed);

// One thread, one bit a member.
Measured SpreadOnOneThread(const PlainRows& followers, const PlainMessage& message);

// All threads of `executor` on the same bits, which they change by atomic operations.
Measured SpreadOnSharedBits(const PlainRows& followers, const PlainMessage& message, Executor& executor);

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_END_TO_END_PLAIN_CASCADE_H_
