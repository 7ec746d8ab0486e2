#include "engine/spread/run_progress.h"

#include <algorithm>

namespace lawine {
namespace {

// Before any totals.
std::uint32_t TrueFrom(const Trigger& trigger) {
  if (trigger.kind == Trigger::Kind::kStep && trigger.count < kNoStep) {
    return std::max(static_cast<std::uint32_t>(trigger.count), trigger.not_before);
  }
  return kNoStep;
}

}  // namespace

RunProgress::RunProgress(const ModelSpec& model)
    : model_(&model), reach_(model.messages.size()), monitors_(model.messages.size()) {
  for (const MessageSpec& message : model.messages) starts_.push_back(TrueFrom(message.start));
  for (const Intervention& intervention : model.interventions) {
    true_from_.push_back(TrueFrom(intervention.trigger));
  }
}

void RunProgress::Close(std::uint32_t step, std::span<const StepCounts> counts) {
  for (std::size_t m = 0; m < reach_.size(); ++m) {
    reach_[m] += counts[m].first_receipts;
    monitors_[m] += counts[m].monitors;
  }
  for (std::size_t m = 0; m < starts_.size(); ++m) Check(model_->messages[m].start, step, starts_[m]);
  for (std::size_t i = 0; i < true_from_.size(); ++i) {
    Check(model_->interventions[i].trigger, step, true_from_[i]);
  }
}

void RunProgress::Check(const Trigger& trigger, std::uint32_t step, std::uint32_t& true_from) const {
  if (true_from != kNoStep || trigger.kind == Trigger::Kind::kStep) return;
  const auto& totals = trigger.kind == Trigger::Kind::kReach ? reach_ : monitors_;
  if (totals[trigger.message] >= trigger.count) true_from = std::max(step + 1, trigger.not_before);
}

std::uint32_t RunProgress::NextInjection(std::size_t message, std::uint32_t step) const {
  if (starts_[message] == kNoStep) return kNoStep;
  for (const Injection& injection : model_->messages[message].injections) {
    const std::uint64_t due = std::uint64_t{starts_[message]} + injection.step;
    if (due > step && due < kNoStep) return static_cast<std::uint32_t>(due);
  }
  return kNoStep;
}

}  // namespace lawine
