// What counts as dying out, for those who count it and those who tell it.
#ifndef LAWINE_SERVICES_COMMON_DYING_OUT_H_
#define LAWINE_SERVICES_COMMON_DYING_OUT_H_

#include <cstdint>

namespace lawine {

// A replica that nothing is left of has died out if it reached fewer members than this: 5% of all, rounded
// up; where the seed members and their audiences, `first`, are as many by themselves, 5% beside those. 0:
// that would be everybody, and nothing can be said.
constexpr std::uint64_t DyingOutBelow(std::uint64_t members, std::uint64_t first) {
  constexpr std::uint64_t kPercent = 5;
  const std::uint64_t part = (members * kPercent + 99) / 100;
  if (first < part) return part;
  return first + part < members ? first + part : 0;
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_DYING_OUT_H_
