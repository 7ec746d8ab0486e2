#include "bench/end_to_end/plain_cascade.h"

#include <algorithm>
#include <atomic>
#include <span>
#include <tuple>
#include <vector>

#include "bench/end_to_end/plain_step.h"
#include "engine/base/coin.h"

namespace lawine::bench {
namespace {

// Which links carry, in the forward model: all.
struct AllLinks {
  AllLinks From(std::uint32_t) const { return {}; }
  bool Carries(std::uint32_t) const { return true; }
};

// And in the independent cascade: those whose coin passes.
struct CoinLinks {
  CoinLane coin;
  Threshold threshold;
  CoinLinks From(std::uint32_t source) const { return {coin.ForSource(source), threshold}; }
  bool Carries(std::uint32_t receiver) const { return threshold.Passes(coin.Coin(receiver)); }
};

// Calls spread(links) with the links of the message's model.
template <class Spread>
Measured WithLinks(const PlainMessage& message, Spread&& spread) {
  if (!message.link.has_value()) return spread(AllLinks());
  const CoinLane coin({.run_seed = message.run_seed, .replica = message.replica}, CoinPurpose::kLink);
  return spread(CoinLinks{coin, *message.link});
}

// One source's links; `first_time(member)` tells whether a delivery is the member's first, and notes it.
template <class Links, class FirstTime>
void Deliver(std::span<const std::uint32_t> followers, const Links& links, const Receiving& receiving,
             FirstTime&& first_time, StepPart& part) {
  part.links_touched += followers.size();
  for (const std::uint32_t to : followers) {
    if (!links.Carries(to)) continue;
    ++part.deliveries;
    if (first_time(to)) receiving.Receive(to, part);
  }
}

// Everybody's bit, the seed member's set.
std::vector<std::uint64_t> ReachedAtFirst(const PlainRows& followers, const PlainMessage& message) {
  std::vector<std::uint64_t> reached((std::size_t{followers.members_count()} + 63) / 64);
  reached[message.seed_member >> 6] |= 1ull << (message.seed_member & 63);
  return reached;
}

// Takes sources from `frontier` at `next`, some at a time, until there are none left.
template <class Links>
StepPart DeliverShared(const PlainRows& followers, const Links& links, const Receiving& receiving,
                       std::span<const std::uint32_t> frontier, std::atomic<std::size_t>& next,
                       std::span<std::uint64_t> reached) {
  constexpr std::size_t kSourcesAtOnce = 64;
  const auto first_time = [&](std::uint32_t to) {
    const std::atomic_ref<std::uint64_t> word(reached[to >> 6]);
    const std::uint64_t bit = 1ull << (to & 63);
    if ((word.load(std::memory_order_relaxed) & bit) != 0) return false;
    return (word.fetch_or(bit, std::memory_order_relaxed) & bit) == 0;
  };
  StepPart part;
  for (std::size_t at; (at = next.fetch_add(kSourcesAtOnce)) < frontier.size();) {
    const std::size_t count = std::min(kSourcesAtOnce, frontier.size() - at);
    for (const std::uint32_t from : frontier.subspan(at, count)) {
      Deliver(followers.Of(from), links.From(from), receiving, first_time, part);
    }
  }
  return part;
}

void Add(const StepPart& part, StepPart& whole) {
  whole.deliveries += part.deliveries;
  whole.first_receipts += part.first_receipts;
  whole.links_touched += part.links_touched;
  whole.digest += part.digest;
  whole.forwards.insert(whole.forwards.end(), part.forwards.begin(), part.forwards.end());
}

}  // namespace

std::uint32_t ChooseSeedMember(const PlainRows& followers, std::uint32_t audience, std::uint64_t run_seed) {
  const CoinLane lane({.run_seed = run_seed}, CoinPurpose::kSeedChoice);
  const auto rank = [&](std::uint32_t member) {
    const std::uint32_t size = followers.CountOf(member);
    return std::tuple(size > audience ? size - audience : audience - size, lane.Coin(member), member);
  };
  std::uint32_t best = 0;
  for (std::uint32_t m = 1; m < followers.members_count(); ++m) {
    if (rank(m) < rank(best)) best = m;
  }
  return best;
}

Measured SpreadOnOneThread(const PlainRows& followers, const PlainMessage& message) {
  std::vector<std::uint64_t> reached = ReachedAtFirst(followers, message);
  const auto first_time = [&](std::uint32_t to) {
    std::uint64_t& word = reached[to >> 6];
    const std::uint64_t bit = 1ull << (to & 63);
    if ((word & bit) != 0) return false;
    word |= bit;
    return true;
  };
  return WithLinks(message, [&](const auto& links) {
    return SpreadFrom(message, [&](std::uint32_t step, const std::vector<std::uint32_t>& frontier) {
      const Receiving receiving(message, step);
      StepPart part;
      for (const std::uint32_t from : frontier) {
        Deliver(followers.Of(from), links.From(from), receiving, first_time, part);
      }
      return part;
    });
  });
}

Measured SpreadOnSharedBits(const PlainRows& followers, const PlainMessage& message, Executor& executor) {
  std::vector<std::uint64_t> reached = ReachedAtFirst(followers, message);
  return WithLinks(message, [&](const auto& links) {
    return SpreadFrom(message, [&](std::uint32_t step, const std::vector<std::uint32_t>& frontier) {
      const Receiving receiving(message, step);
      std::vector<StepPart> parts(executor.parallelism());
      std::atomic<std::size_t> next{0};
      executor.ParallelFor(parts.size(), [&](std::size_t p) {
        parts[p] = DeliverShared(followers, links, receiving, frontier, next, reached);
      });
      StepPart whole;
      for (const StepPart& part : parts) Add(part, whole);
      return whole;
    });
  });
}

}  // namespace lawine::bench
