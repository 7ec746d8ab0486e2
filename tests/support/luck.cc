#include "tests/support/luck.h"

namespace lawine {

std::uint64_t RunLuck::Coin(const CoinName& name) {
  const CoinLane lane({run_seed_, name.message, replica_}, name.purpose, name.step);
  return name.key2.has_value() ? lane.Coin(name.key1, *name.key2) : lane.Coin(name.key1);
}

}  // namespace lawine
