#include "bench/end_to_end/plain_cascade.h"

#include <algorithm>
#include <atomic>
#include <span>
#include <tuple>
#include <vector>

#include "engine/base/coin.h"
#include "engine/base/digest.h"

namespace lawine::bench {
namespace {

// What one thread finds out in one step.
struct StepPart {
  std::uint64_t deliveries = 0;
  std::uint64_t first_receipts = 0;
  Digest digest;
  std::vector<std::uint32_t> forwards;
};

// The decision at a member's first receipt, at one step.
class Receiving {
 public:
  Receiving(const PlainMessage& message, std::uint32_t step)
      : forward_(message.forward),
        coin_({.run_seed = message.run_seed}, CoinPurpose::kForward),
        receipt_term_(0, 0, step, TransitionEvent::kReceipt),
        forward_term_(0, 0, step, TransitionEvent::kForward) {}

  void Receive(std::uint32_t member, StepPart& part) const {
    ++part.first_receipts;
    part.digest += receipt_term_.Term(member);
    if (forward_.Passes(coin_.Coin(member))) Forward(member, part);
  }
  // Seed members forward whatever their coin.
  void Seed(std::uint32_t member, StepPart& part) const {
    ++part.first_receipts;
    part.digest += receipt_term_.Term(member);
    Forward(member, part);
  }

 private:
  void Forward(std::uint32_t member, StepPart& part) const {
    part.digest += forward_term_.Term(member);
    part.forwards.push_back(member);
  }

  Threshold forward_;
  CoinLane coin_;
  DigestLane receipt_term_;
  DigestLane forward_term_;
};

std::vector<std::uint64_t> NobodyReached(const PlainGraph& graph) {
  return std::vector<std::uint64_t>((std::size_t{graph.members_count()} + 63) / 64);
}

// The seed member's step 0, then steps until nobody forwards. `take_step(step, frontier)` delivers the
// forwards of the step before.
template <class TakeStep>
Measured SpreadFrom(const PlainMessage& message, TakeStep&& take_step) {
  Measured measured;
  StepPart part;
  Receiving(message, 0).Seed(message.seed_member, part);
  for (std::uint32_t step = 0;; ++step) {
    if (step > 0) part = take_step(step, part.forwards);
    measured.digest += part.digest;
    measured.steps.push_back({.step = step,
                              .deliveries = part.deliveries,
                              .first_receipts = part.first_receipts,
                              .forwards = part.forwards.size()});
    if (part.forwards.empty()) return measured;
  }
}

// Takes sources from `frontier` at `next`, some at a time, until there are none left.
StepPart DeliverShared(const PlainGraph& graph, const Receiving& receiving,
                       std::span<const std::uint32_t> frontier, std::atomic<std::size_t>& next,
                       std::span<std::uint64_t> reached) {
  constexpr std::size_t kSourcesAtOnce = 64;
  StepPart part;
  for (std::size_t at; (at = next.fetch_add(kSourcesAtOnce)) < frontier.size();) {
    const std::size_t count = std::min(kSourcesAtOnce, frontier.size() - at);
    for (const std::uint32_t from : frontier.subspan(at, count)) {
      const auto followers = graph.FollowersOf(from);
      part.deliveries += followers.size();
      for (const std::uint32_t to : followers) {
        const std::atomic_ref<std::uint64_t> word(reached[to >> 6]);
        const std::uint64_t bit = 1ull << (to & 63);
        if ((word.load(std::memory_order_relaxed) & bit) != 0) continue;
        if ((word.fetch_or(bit, std::memory_order_relaxed) & bit) == 0) receiving.Receive(to, part);
      }
    }
  }
  return part;
}

}  // namespace

std::uint32_t ChooseSeedMember(const PlainGraph& graph, std::uint32_t audience, std::uint64_t run_seed) {
  const CoinLane lane({.run_seed = run_seed}, CoinPurpose::kSeedChoice);
  const auto rank = [&](std::uint32_t member) {
    const std::uint64_t size = graph.FollowersOf(member).size();
    return std::tuple(size > audience ? size - audience : audience - size, lane.Coin(member), member);
  };
  std::uint32_t best = 0;
  for (std::uint32_t m = 1; m < graph.members_count(); ++m) {
    if (rank(m) < rank(best)) best = m;
  }
  return best;
}

Measured SpreadOnOneThread(const PlainGraph& graph, const PlainMessage& message) {
  std::vector<std::uint64_t> reached = NobodyReached(graph);
  reached[message.seed_member >> 6] |= 1ull << (message.seed_member & 63);
  return SpreadFrom(message, [&](std::uint32_t step, const std::vector<std::uint32_t>& frontier) {
    const Receiving receiving(message, step);
    StepPart part;
    for (const std::uint32_t from : frontier) {
      const auto followers = graph.FollowersOf(from);
      part.deliveries += followers.size();
      for (const std::uint32_t to : followers) {
        std::uint64_t& word = reached[to >> 6];
        const std::uint64_t bit = 1ull << (to & 63);
        if ((word & bit) != 0) continue;
        word |= bit;
        receiving.Receive(to, part);
      }
    }
    return part;
  });
}

Measured SpreadOnSharedBits(const PlainGraph& graph, const PlainMessage& message, Executor& executor) {
  std::vector<std::uint64_t> reached = NobodyReached(graph);
  reached[message.seed_member >> 6] |= 1ull << (message.seed_member & 63);
  return SpreadFrom(message, [&](std::uint32_t step, const std::vector<std::uint32_t>& frontier) {
    const Receiving receiving(message, step);
    std::vector<StepPart> parts(executor.parallelism());
    std::atomic<std::size_t> next{0};
    executor.ParallelFor(parts.size(), [&](std::size_t p) {
      parts[p] = DeliverShared(graph, receiving, frontier, next, reached);
    });
    StepPart whole;
    for (const StepPart& part : parts) {
      whole.deliveries += part.deliveries;
      whole.first_receipts += part.first_receipts;
      whole.digest += part.digest;
      whole.forwards.insert(whole.forwards.end(), part.forwards.begin(), part.forwards.end());
    }
    return whole;
  });
}

}  // namespace lawine::bench
