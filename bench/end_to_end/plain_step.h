// What the programs on plain arrays share: the loop over steps, and what happens at a receipt.
#ifndef LAWINE_BENCH_END_TO_END_PLAIN_STEP_H_
#define LAWINE_BENCH_END_TO_END_PLAIN_STEP_H_

#include <cstdint>
#include <vector>

#include "bench/end_to_end/measurement.h"
#include "bench/end_to_end/plain_cascade.h"
#include "engine/base/coin.h"
#include "engine/base/digest.h"

namespace lawine::bench {

// What one thread finds out in one step.
struct StepPart {
  std::uint64_t deliveries = 0;
  std::uint64_t first_receipts = 0;
  std::uint64_t links_touched = 0;
  Digest digest;
  std::vector<std::uint32_t> forwards;
};

// The decision at a member's first receipt, at one step.
class Receiving {
 public:
  Receiving(const PlainMessage& message, std::uint32_t step)
      : forward_(message.forward),
        coin_({.run_seed = message.run_seed, .replica = message.replica}, CoinPurpose::kForward),
        receipt_term_(0, message.replica, step, TransitionEvent::kReceipt),
        forward_term_(0, message.replica, step, TransitionEvent::kForward) {}

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

  const CoinLane& coin() const { return coin_; }
  const DigestLane& receipt_term() const { return receipt_term_; }
  const DigestLane& forward_term() const { return forward_term_; }

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
    measured.links_touched += part.links_touched;
    measured.steps.push_back({.step = step,
                              .deliveries = part.deliveries,
                              .first_receipts = part.first_receipts,
                              .forwards = part.forwards.size()});
    if (part.forwards.empty()) return measured;
  }
}

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_END_TO_END_PLAIN_STEP_H_
