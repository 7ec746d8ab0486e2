#include "services/coordinator/what_if/break_even.h"

#include <bit>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status_macros.h"
#include "services/coordinator/what_if/difference.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

// Of the range of a number that is not whole: a thousandth of it is left.
constexpr int kHalvings = 10;

class Bisection {
 public:
  Bisection(bool whole, const DifferenceAt& difference_at) : whole_(whole), difference_at_(difference_at) {}

  absl::StatusOr<DifferenceEstimate> At(double value) {
    if (const auto tried = trials_.find(value); tried != trials_.end()) return tried->second;
    LAWINE_ASSIGN_OR_RETURN(const DifferenceEstimate estimate, difference_at_(value));
    return trials_[value] = estimate;
  }

  // Two values side by side, `before` true of the first and not of the second. REQUIRES: so it is of the
  // ends.
  using Before = std::function<bool(const DifferenceEstimate&)>;
  absl::StatusOr<std::pair<double, double>> Narrow(double first, double second, const Before& before) {
    for (int i = 0; whole_ ? second - first > 1 : i < kHalvings; ++i) {
      const double middle = whole_ ? std::floor((first + second) / 2) : (first + second) / 2;
      LAWINE_ASSIGN_OR_RETURN(const DifferenceEstimate estimate, At(middle));
      (before(estimate) ? first : second) = middle;
    }
    return std::pair(first, second);
  }

  const std::map<double, DifferenceEstimate>& trials() const { return trials_; }

 private:
  const bool whole_;
  const DifferenceAt& difference_at_;
  std::map<double, DifferenceEstimate> trials_;
};

// An end of the interval: where `before` ceases to be true, or the end of the range.
absl::StatusOr<double> EndOf(Bisection& bisection, double from, double to, const Bisection::Before& before) {
  LAWINE_ASSIGN_OR_RETURN(const DifferenceEstimate first, bisection.At(from));
  LAWINE_ASSIGN_OR_RETURN(const DifferenceEstimate last, bisection.At(to));
  if (!before(first)) return from;
  if (before(last)) return to;
  LAWINE_ASSIGN_OR_RETURN(const auto around, bisection.Narrow(from, to, before));
  return (around.first + around.second) / 2;
}

// Not different in any replica.
bool IsNothing(const DifferenceEstimate& estimate) { return estimate.mean == 0 && estimate.half_width == 0; }

bool IsNothing(const pb::DifferenceOfMeans& difference) {
  return difference.ci95().low() == 0 && difference.ci95().high() == 0;
}

bool IsTold(const pb::DifferenceOfMeans& difference) {
  return difference.ci95().low() > 0 || difference.ci95().high() < 0;
}

}  // namespace

std::uint32_t BreakEvenTrialsMax(const pb::BreakEven& wanted, bool whole) {
  const int halvings =
      whole ? std::bit_width(static_cast<std::uint64_t>(wanted.to() - wanted.from())) : kHalvings;
  return 2 + 3 * static_cast<std::uint32_t>(halvings);
}

absl::StatusOr<pb::BreakEvenResult> FindBreakEven(const pb::BreakEven& wanted, bool whole,
                                                  const DifferenceAt& difference_at) {
  Bisection bisection(whole, difference_at);
  LAWINE_ASSIGN_OR_RETURN(const DifferenceEstimate first, bisection.At(wanted.from()));
  LAWINE_ASSIGN_OR_RETURN(const DifferenceEstimate last, bisection.At(wanted.to()));
  pb::BreakEvenResult result;
  *result.mutable_break_even() = wanted;
  const bool up = first.mean <= last.mean;
  result.set_found((!IsNothing(first) || !IsNothing(last)) &&
                   (up ? first.mean <= 0 && last.mean >= 0 : first.mean >= 0 && last.mean <= 0));
  if (result.found()) {
    const auto before = [up](double difference) { return up ? difference < 0 : difference > 0; };
    LAWINE_ASSIGN_OR_RETURN(
        const auto around,
        bisection.Narrow(wanted.from(), wanted.to(), [&](const auto& d) { return before(d.mean); }));
    const double middle = (around.first + around.second) / 2;
    result.set_value(whole ? around.second : middle);
    result.set_precision(whole ? around.second - around.first : middle - around.first);
    // The end of the interval that is on its way to the other side arrives first.
    LAWINE_ASSIGN_OR_RETURN(const double low,
                            EndOf(bisection, wanted.from(), wanted.to(),
                                  [&](const auto& d) { return before(up ? d.high() : d.low()); }));
    LAWINE_ASSIGN_OR_RETURN(const double high,
                            EndOf(bisection, wanted.from(), wanted.to(),
                                  [&](const auto& d) { return before(up ? d.low() : d.high()); }));
    result.mutable_ci95()->set_low(low);
    result.mutable_ci95()->set_high(high);
  }
  for (const auto& [value, estimate] : bisection.trials()) {
    pb::BreakEvenTrial& trial = *result.add_trials();
    trial.set_value(value);
    trial.mutable_difference()->set_mean(estimate.mean);
    trial.mutable_difference()->mutable_ci95()->set_low(estimate.low());
    trial.mutable_difference()->mutable_ci95()->set_high(estimate.high());
  }
  return result;
}

std::string BreakEvenAnswer(const pb::BreakEvenResult& result, const std::string& base_name,
                            const std::string& measure) {
  const pb::BreakEven& wanted = result.break_even();
  const MeasureWords words = WordsOf(measure);
  const pb::DifferenceOfMeans& first = result.trials(0).difference();
  const pb::DifferenceOfMeans& last = result.trials(result.trials_size() - 1).difference();
  const char* const untold = IsTold(first) || IsTold(last)
                                 ? ""
                                 : " But at neither end is a difference told: more replicas may tell.";
  if (result.found()) {
    return absl::StrFormat("%s does as well as %s where %s is %.4g [%.4g to %.4g].%s", wanted.variant(),
                           base_name, wanted.field(), result.value(), result.ci95().low(),
                           result.ci95().high(), untold);
  }
  if (IsNothing(first) && IsNothing(last)) {
    return absl::StrFormat("No break-even: %s and %s are alike at both ends, where %s is %.4g and %.4g.",
                           wanted.variant(), base_name, wanted.field(), wanted.from(), wanted.to());
  }
  return absl::StrFormat("No break-even: %s %s than %s both where %s is %.4g and where it is %.4g.%s",
                         wanted.variant(), first.mean() > 0 ? words.more : words.less, base_name,
                         wanted.field(), wanted.from(), wanted.to(), untold);
}

}  // namespace lawine
