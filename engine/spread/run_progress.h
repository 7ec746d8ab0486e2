// What everybody knows of a replica beside who acts: totals by message, and which triggers they have made
// true. A pure function of the steps closed so far, so that all workers agree without a word.
#ifndef LAWINE_ENGINE_SPREAD_RUN_PROGRESS_H_
#define LAWINE_ENGINE_SPREAD_RUN_PROGRESS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/spread/message_spec.h"
#include "engine/spread/outcome.h"

namespace lawine {

class RunProgress {
 public:
  RunProgress() = default;
  // Before step 0. The model must outlive it.
  explicit RunProgress(const ModelSpec& model);

  // Adds the counts of a step, by message.
  void Close(std::uint32_t step, std::span<const StepCounts> counts);

  // Whether intervention i is in force at `step`.
  bool InForce(std::size_t intervention, std::uint32_t step) const {
    return true_from_[intervention] <= step;
  }
  // The step at which a message starts; kNoStep while its trigger is not true.
  std::uint32_t StartOf(std::size_t message) const { return starts_[message]; }
  // The first step after `step` at which an injection of the message is due; kNoStep when there is none.
  std::uint32_t NextInjection(std::size_t message, std::uint32_t step) const;

 private:
  void Check(const Trigger& trigger, std::uint32_t step, std::uint32_t& true_from) const;

  const ModelSpec* model_ = nullptr;
  std::vector<std::uint64_t> reach_;      // by message
  std::vector<std::uint64_t> monitors_;   // by message
  std::vector<std::uint32_t> starts_;     // by message
  std::vector<std::uint32_t> true_from_;  // by intervention
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_RUN_PROGRESS_H_
