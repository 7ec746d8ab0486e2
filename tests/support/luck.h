// Where the judge of all models has its luck from: one seam, so that a test can choose it.
#ifndef LAWINE_TESTS_SUPPORT_LUCK_H_
#define LAWINE_TESTS_SUPPORT_LUCK_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>

#include "engine/base/coin.h"
#include "engine/base/ids.h"

namespace lawine {

// What a coin decides.
struct CoinName {
  CoinPurpose purpose = CoinPurpose::kForward;
  std::uint64_t message = 0;
  std::uint64_t step = 0;
  MemberKey key1 = 0;
  std::optional<MemberKey> key2 = {};
  friend auto operator<=>(const CoinName&, const CoinName&) = default;
};

// All luck of a run: 64 bits for whatever is decided, the same whenever they are asked for.
class Luck {
 public:
  virtual ~Luck() = default;
  virtual std::uint64_t Coin(const CoinName& name) = 0;
};

// The coins of engine/base/coin.h.
class RunLuck final : public Luck {
 public:
  explicit RunLuck(std::uint64_t run_seed, std::uint64_t replica = 0)
      : run_seed_(run_seed), replica_(replica) {}
  std::uint64_t Coin(const CoinName& name) override;

 private:
  std::uint64_t run_seed_;
  std::uint64_t replica_;
};

// Coins that a test sets, all others 0: they pass every chance that is not 0.
class SetLuck final : public Luck {
 public:
  std::uint64_t Coin(const CoinName& name) override {
    const auto found = coins.find(name);
    return found == coins.end() ? 0 : found->second;
  }

  std::map<CoinName, std::uint64_t> coins;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_LUCK_H_
