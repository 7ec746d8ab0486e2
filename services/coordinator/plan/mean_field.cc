#include "services/coordinator/plan/mean_field.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/limits.h"

namespace lawine {
namespace {

// So many steps are followed one by one: by then an epidemic that has not ended is steady.
constexpr std::uint32_t kFollowedMax = 10'000;
// With less than this of a member acting, nothing worth counting follows.
constexpr double kActingMin = 0.01;
constexpr double kFewShare = 0.1;

// The chance that a Poisson variable of this mean is at least `count`.
double PoissonTail(double mean, double count) {
  double term = std::exp(-mean), below = 0;
  for (int k = 0; k < count && k < 1000; ++k) {
    below += term;
    term *= mean / (k + 1);
  }
  return std::clamp(1 - below, 0.0, 1.0);
}

class Field {
 public:
  Field(const MessageSpec& message, double members, double links)
      : message_(message), members_(members), audience_(members > 0 ? links / members : 0) {}

  ExpectedSpread Spread(double seeds, double seed_audience, std::uint32_t steps) {
    accepted_ = acting_ = seeds;
    sum_.forwards = seeds;
    // Who is no epidemic's acts once: so many links can be tried at all.
    const double most = message_.epidemic.has_value()
                            ? std::numeric_limits<double>::infinity()
                            : seed_audience + members_ * audience_ * message_.forward.ToDouble();
    double attempts = seed_audience;
    ExpectedSpread before;
    for (std::uint32_t t = 1; t <= std::min(steps, kFollowedMax) && acting_ >= kActingMin; ++t) {
      before = sum_;
      Step(std::min(attempts, most - sum_.attempts));
      sum_.steps = t;
      attempts = acting_ * audience_ * FriendsFactor();
    }
    if (acting_ >= kActingMin && sum_.steps < steps) Repeat(before, steps - sum_.steps);
    return sum_;
  }

 private:
  // What the last step added, so many times more.
  void Repeat(const ExpectedSpread& before, std::uint32_t times) {
    sum_.attempts += times * (sum_.attempts - before.attempts);
    sum_.deliveries += times * (sum_.deliveries - before.deliveries);
    sum_.forwards += times * (sum_.forwards - before.forwards);
    sum_.steps += times;
  }
  // Friends have larger networks than oneself: while few are reached, those who are have more followers than
  // most. But not where each followee counts for so much less: then who is reached is like anybody, and one
  // of the links leads back.
  double FriendsFactor() const {
    if (EachCountsByFollowees()) return audience_ > 1 ? 1 - 1 / audience_ : 0;
    return 1 + std::max(0.0, 1 - accepted_ / (kFewShare * members_));
  }
  bool EachCountsByFollowees() const {
    return message_.link.kind == LinkChance::Kind::kByFollowees ||
           message_.acceptance.kind == Acceptance::Kind::kLinearEqual ||
           message_.acceptance.kind == Acceptance::Kind::kLinearByWeight;
  }

  double Carry() const {
    switch (message_.link.kind) {
      case LinkChance::Kind::kByFollowees:
        return audience_ > 1 ? 1 / audience_ : 1;
      case LinkChance::Kind::kByWeight:
        return 1;  // not known here: at most
      default:
        return message_.link.same.ToDouble();
    }
  }

  // Members that have accepted once all have seen so much.
  double Accepted(double seen) const {
    const double each = seen / members_;
    switch (message_.acceptance.kind) {
      case Acceptance::Kind::kFirst:
        return members_ * (1 - std::exp(-each));
      case Acceptance::Kind::kLinearEqual:
        return members_ * std::min(1.0, audience_ > 0 ? each / audience_ : 0);
      case Acceptance::Kind::kLinearByWeight:
        return members_ * std::min(1.0, each);
      case Acceptance::Kind::kFraction:
        return members_ * PoissonTail(each, std::ceil(message_.acceptance.fraction.ToDouble() * audience_));
      case Acceptance::Kind::kCount:
        return members_ * PoissonTail(each, message_.acceptance.count);
    }
    return members_;
  }

  void Step(double attempts) {
    const double deliveries = attempts * Carry();
    sum_.attempts += attempts;
    sum_.deliveries += deliveries;
    const double seen = deliveries * (message_.seen.has_value() ? message_.seen->ToDouble() : 1);
    double accepting = 0;
    if (message_.acceptance.first()) {
      accepting = std::max(0.0, members_ - accepted_) * (1 - std::exp(-seen / members_));
    } else {
      const double before = Accepted(seen_);
      accepting = std::min(Accepted(seen_ + seen) - before, std::max(0.0, members_ - accepted_));
    }
    seen_ += seen;
    accepted_ += accepting;
    const double forwards = accepting * message_.forward.ToDouble();
    sum_.forwards += forwards;
    if (!message_.epidemic.has_value()) {
      acting_ = forwards;
      return;
    }
    const double recovered = acting_ * message_.epidemic->recovery.ToDouble();
    if (message_.epidemic->susceptible_again) accepted_ -= recovered;
    acting_ += forwards - recovered;
  }

  const MessageSpec& message_;
  const double members_;
  const double audience_;
  double accepted_ = 0;
  double acting_ = 0;
  double seen_ = 0;
  ExpectedSpread sum_;
};

}  // namespace

ExpectedSpread MeanField(const MessageSpec& message, double members, double links, double seeds,
                         double seed_audience, std::optional<std::uint32_t> max_steps) {
  if (members <= 0) return {};
  const bool timed = message.delay.empty() && message.link_delay.empty();
  const std::uint32_t steps = timed ? max_steps.value_or(limits::kStepsMax) : kFollowedMax;
  return Field(message, members, links).Spread(seeds, seed_audience, steps);
}

}  // namespace lawine
