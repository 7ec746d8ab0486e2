#include "bench/end_to_end/pull_cascade.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <vector>

#include "bench/end_to_end/plain_step.h"
#include "engine/base/check.h"
#include "engine/base/key_batch.h"

namespace lawine::bench {
namespace {

using Ids = std::span<const std::uint32_t>;

constexpr std::size_t kListsAhead = 12;

void PrefetchHead(Ids list, std::size_t entries_max) {
  constexpr std::size_t kLine = 64 / sizeof(std::uint32_t);
  const std::size_t entries = std::min(list.size(), entries_max);
  for (std::size_t e = 0; e < entries; e += kLine) __builtin_prefetch(list.data() + e);
}

// Calls visit(i, list of ids[i]) in order, the lists' heads being asked for some lists ahead.
template <class Visit>
void ForEachList(const PlainRows& rows, Ids ids, std::size_t entries_ahead, Visit&& visit) {
  const auto fetch = [&](std::size_t i) { PrefetchHead(rows.Of(ids[i]), entries_ahead); };
  for (std::size_t i = 0; i < std::min(kListsAhead, ids.size()); ++i) fetch(i);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i + kListsAhead < ids.size()) fetch(i + kListsAhead);
    visit(i, rows.Of(ids[i]));
  }
}

}  // namespace

class PullProgram::Cascade {
 public:
  Cascade(const PlainRows& followers, const PlainRows& followees)
      : followers_(followers),
        followees_(followees),
        reachable_((std::size_t{followers.members_count()} + 63) / 64),
        forwarded_(reachable_.size()),
        fresh_(std::size_t{followers.members_count()} + 1) {
    for (std::uint32_t m = 0; m < followers.members_count(); ++m) {
      if (followees.CountOf(m) > 0) reachable_[m >> 6] |= 1ull << (m & 63);
    }
  }

  void Begin(const PlainMessage& message) {
    message_ = message;
    waiting_ = reachable_;
    waiting_[message.seed_member >> 6] &= ~(1ull << (message.seed_member & 63));
    waiting_count_ = 0;
    for (const std::uint64_t word : waiting_)
      waiting_count_ += static_cast<std::uint64_t>(std::popcount(word));
  }

  StepPart TakeStep(std::uint32_t step, Ids frontier) {
    StepPart part;
    for (const std::uint32_t from : frontier) part.deliveries += followers_.CountOf(from);
    // A search reads about members / frontier entries before it finds a forwarder.
    const double search = static_cast<double>(followers_.members_count()) / frontier.size();
    const bool pull = search * static_cast<double>(waiting_count_) < static_cast<double>(part.deliveries);
    const std::size_t count = pull ? Pull(frontier, part) : Push(frontier, part);
    waiting_count_ -= count;
    part.first_receipts = count;
    Decide(step, Ids(fresh_).first(count), part);
    return part;
  }

 private:
  // Each receiver is appended, and its place kept only if it was waiting: no branch to predict.
  std::size_t Push(Ids frontier, StepPart& part) {
    constexpr std::size_t kEntriesAhead = 256;
    std::size_t count = 0;
    part.links_touched = part.deliveries;
    ForEachList(followers_, frontier, kEntriesAhead, [&](std::size_t, Ids list) {
      for (const std::uint32_t to : list) {
        std::uint64_t& word = waiting_[to >> 6];
        const std::uint64_t rest = word & ~(1ull << (to & 63));
        fresh_[count] = to;
        count += word != rest ? 1 : 0;
        word = rest;
      }
    });
    return count;
  }

  std::size_t Pull(Ids frontier, StepPart& part) {
    for (const std::uint32_t from : frontier) forwarded_[from >> 6] |= 1ull << (from & 63);
    std::array<std::uint32_t, kWordsAtOnce * 64> asking;
    std::size_t count = 0;
    for (std::size_t first = 0; first < waiting_.size(); first += kWordsAtOnce) {
      const std::size_t words = std::min(kWordsAtOnce, waiting_.size() - first);
      std::size_t asking_count = 0;
      for (std::size_t w = first; w < first + words; ++w) {
        for (std::uint64_t bits = waiting_[w]; bits != 0; bits &= bits - 1) {
          asking[asking_count++] = static_cast<std::uint32_t>(w * 64 + std::countr_zero(bits));
        }
      }
      count = Search(Ids(asking).first(asking_count), count, part);
    }
    for (const std::uint32_t from : frontier) forwarded_[from >> 6] = 0;
    return count;
  }

  // Appends those of `asking` who follow a forwarder after the `count` fresh members there are.
  std::size_t Search(Ids asking, std::size_t count, StepPart& part) {
    constexpr std::size_t kEntriesAhead = 32;
    ForEachList(followees_, asking, kEntriesAhead, [&](std::size_t i, Ids list) {
      std::size_t at = 0;
      while (at < list.size() && (forwarded_[list[at] >> 6] >> (list[at] & 63) & 1) == 0) ++at;
      part.links_touched += std::min(at + 1, list.size());
      if (at == list.size()) return;
      fresh_[count++] = asking[i];
      waiting_[asking[i] >> 6] &= ~(1ull << (asking[i] & 63));
    });
    return count;
  }

  void Decide(std::uint32_t step, Ids fresh, StepPart& part) const {
    const Receiving receiving(message_, step);
    KeyBuffer keys;
    std::array<std::uint32_t, kKeyBatch> forwards;
    for (; !fresh.empty(); fresh = fresh.subspan(std::min(kKeyBatch, fresh.size()))) {
      const Ids ids = fresh.first(std::min(kKeyBatch, fresh.size()));
      DenseKeys(0, ids, keys.data());
      part.digest += SumTerms(receiving.receipt_term(), KeySpan(keys).first(ids.size()));
      const std::size_t count = SelectPassing(receiving.coin(), message_.forward, ids,
                                              KeySpan(keys).first(ids.size()), forwards.data());
      DenseKeys(0, Ids(forwards).first(count), keys.data());
      part.digest += SumTerms(receiving.forward_term(), KeySpan(keys).first(count));
      part.forwards.insert(part.forwards.end(), forwards.begin(), forwards.begin() + count);
    }
  }

  static constexpr std::size_t kWordsAtOnce = 16;

  const PlainRows& followers_;
  const PlainRows& followees_;
  std::vector<std::uint64_t> reachable_;  // members who follow somebody
  PlainMessage message_;
  std::vector<std::uint64_t> waiting_;  // of those, who has not been reached
  std::uint64_t waiting_count_ = 0;
  std::vector<std::uint64_t> forwarded_;  // the frontier as bits, while a step pulls
  std::vector<std::uint32_t> fresh_;      // receivers of the step, and a place for one more
};

PullProgram::PullProgram(const PlainRows& followers, const PlainRows& followees)
    : cascade_(std::make_unique<Cascade>(followers, followees)) {}
PullProgram::~PullProgram() = default;

Measured PullProgram::Spread(const PlainMessage& message) {
  LAWINE_CHECK(!message.link.has_value());
  cascade_->Begin(message);
  return SpreadFrom(message, [&](std::uint32_t step, const std::vector<std::uint32_t>& frontier) {
    return cascade_->TakeStep(step, frontier);
  });
}

}  // namespace lawine::bench
