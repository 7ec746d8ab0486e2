// The kernels of ShardState as a shard process: the one message of a run without a ModelSpec.
#ifndef LAWINE_ENGINE_SPREAD_CASCADE_SHARD_H_
#define LAWINE_ENGINE_SPREAD_CASCADE_SHARD_H_

#include <cstdint>
#include <optional>

#include "engine/spread/shard_process.h"
#include "engine/spread/shard_state.h"

namespace lawine {

class CascadeShard final : public ShardProcess {
 public:
  // Both must outlive it.
  CascadeShard(const RunSpec& spec, const ShardImage& image) : spec_(spec), state_(image) {
    if (spec.drawn_rates.empty()) return;
    drawn_.emplace();
    drawn_->run_seed = spec.run_seed;
    drawn_->message = spec.message;
    drawn_->forward = spec.forward;
    drawn_->link = spec.link;
    drawn_->record_receipts = spec.record_receipts;
  }

  void Begin(std::uint32_t replica) override {
    if (drawn_.has_value()) SetDrawnRates(spec_.drawn_rates, replica, KernelRatesOf(*drawn_));
    state_.Begin(spec_, replica);
  }
  absl::Status Step(std::uint32_t step, std::span<const Frontier> frontiers, const RunProgress&,
                    std::span<MessageStep> steps) override {
    absl::StatusOr<StepCounts> counts = state_.Step(rules(), step, frontiers[0], steps[0].acting);
    if (counts.ok()) steps[0].counts = *counts;
    return counts.status();
  }
  void SaveTo(StateWriter& out) const override { state_.SaveTo(out); }
  void LoadFrom(std::uint32_t step, StateReader& in) override { state_.LoadFrom(step, in); }

  Digest DigestOf(std::uint32_t) const override { return state_.digest(); }
  std::uint64_t UnreachedWithoutFollowees(std::uint32_t) const override {
    return state_.UnreachedWithoutFollowees();
  }
  const MemberSet& ReceivedOf(std::uint32_t) const override { return state_.received(); }
  const Receipts& ReceiptsOf(std::uint32_t) const override { return state_.receipts(); }
  std::uint64_t links_touched() const override { return state_.links_touched(); }

 private:
  const RunSpec& rules() const { return drawn_.has_value() ? *drawn_ : spec_; }

  const RunSpec& spec_;
  // What steps go by, with the replica's own rates, where it draws any.
  std::optional<RunSpec> drawn_;
  ShardState state_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_CASCADE_SHARD_H_
