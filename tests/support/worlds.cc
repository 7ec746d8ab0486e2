#include "tests/support/worlds.h"

#include <cmath>
#include <map>

#include "engine/base/check.h"

namespace lawine {
namespace {

// A path through the tree of worlds: coins in the order in which they were first asked for.
class World final : public Luck {
 public:
  explicit World(const Outcomes& outcomes) : outcomes_(outcomes) {}

  std::uint64_t Coin(const CoinName& name) override {
    const auto [known, is_new] = places_.emplace(name, places_.size());
    if (is_new && known->second == path_.size()) path_.push_back({.outcomes = outcomes_(name)});
    const Branch& branch = path_[known->second];
    return branch.outcomes[branch.taken].coin;
  }

  double probability() const {
    double product = 1;
    for (const Branch& branch : path_) product *= branch.outcomes[branch.taken].probability;
    return product;
  }

  // False once there are no more.
  bool GoToNext() {
    places_.clear();
    while (!path_.empty() && path_.back().taken + 1 == path_.back().outcomes.size()) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }

 private:
  struct Branch {
    std::vector<CoinOutcome> outcomes;
    std::size_t taken = 0;
  };
  const Outcomes& outcomes_;
  std::vector<Branch> path_;
  std::map<CoinName, std::size_t> places_;
};

}  // namespace

std::vector<CoinOutcome> OutcomesBetween(const std::vector<Threshold>& bounds) {
  std::vector<CoinOutcome> outcomes;
  std::uint64_t from = 0;
  const auto add_until = [&](std::uint64_t to) {
    if (to == from) return;
    LAWINE_CHECK(to > from);
    outcomes.push_back({.coin = from << 1, .probability = std::ldexp(static_cast<double>(to - from), -63)});
    from = to;
  };
  for (const Threshold bound : bounds) add_until(bound.fixed());
  add_until(Threshold::kOne);
  return outcomes;
}

std::vector<CoinOutcome> PassingOrNot(Threshold p) { return OutcomesBetween({p}); }

double Expected(const Outcomes& outcomes, const std::function<double(Luck&)>& value) {
  World world(outcomes);
  double sum = 0;
  do {
    const double found = value(world);  // fills the path
    sum += found * world.probability();
  } while (world.GoToNext());
  return sum;
}

}  // namespace lawine
