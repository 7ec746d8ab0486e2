// The wire of a simulated cluster: a bag of frames, and at times a worker whom none of them reach.
#ifndef LAWINE_TESTS_SUPPORT_SIMULATED_WIRE_H_
#define LAWINE_TESTS_SUPPORT_SIMULATED_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/simulation.h"
#include "tests/support/test_random.h"

namespace lawine {

// A frame on its way.
struct InFlight {
  std::size_t from = 0;
  std::size_t to = 0;
  std::string frame;
};

class SimulatedWire {
 public:
  void Put(InFlight frame) { frames_.push_back(std::move(frame)); }
  std::size_t size() const { return frames_.size(); }

  // The frame at place `at`, or another as the options say; it may stay to come again. None when it waits for
  // a worker that is cut off.
  std::optional<InFlight> Take(std::size_t at, const SimulationOptions& options, TestRandom& random) {
    if (options.newest_first && !random.OneIn(4)) at = frames_.size() - 1;
    InFlight arrived = frames_[at];
    if (random.Below(100) >= options.repeat_percent) {
      frames_[at] = std::move(frames_.back());
      frames_.pop_back();
    }
    if (arrived.from != cut_off_ && arrived.to != cut_off_) return arrived;
    held_.push_back(std::move(arrived));
    return std::nullopt;
  }

  bool cut() const { return cut_off_.has_value(); }
  void CutOff(std::size_t worker) { cut_off_ = worker; }
  // Frames from and to the worker arrive again; those held meanwhile too, or are lost.
  void Reconnect(bool lose_held) {
    cut_off_.reset();
    if (!lose_held) std::move(held_.begin(), held_.end(), std::back_inserter(frames_));
    held_.clear();
  }

  // Connections that break lose some of what is under way. Returns how many frames are left.
  std::size_t LoseSome(TestRandom& random) {
    Reconnect(false);
    std::erase_if(frames_, [&random](const InFlight&) { return random.OneIn(3); });
    return frames_.size();
  }

 private:
  std::vector<InFlight> frames_;
  std::vector<InFlight> held_;  // from or to the worker that is cut off
  std::optional<std::size_t> cut_off_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_SIMULATED_WIRE_H_
