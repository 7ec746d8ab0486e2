// The innermost loops of deliveries: what one list of followers does to a set of those who have received. No
// branch depends on a member. Ids are local; `words` are the set's.
#ifndef LAWINE_ENGINE_SPREAD_LIST_KERNELS_H_
#define LAWINE_ENGINE_SPREAD_LIST_KERNELS_H_

#include <cstddef>
#include <cstdint>

#include "engine/store/gap_lists.h"

namespace lawine {

// Everybody on the list has received.
inline void MarkList(Gaps list, std::uint64_t* words) {
  std::uint32_t receiver = 0;
  for (const std::uint16_t gap : list) {
    receiver += gap;
    words[receiver >> 6] |= std::uint64_t{gap != kSkip} << (receiver & 63);
  }
}

struct ListDelivered {
  std::size_t received_count = 0;
  std::uint32_t deliveries = 0;
};

// The same; appends those who had not received to the first `count` of `received`, where there is room for as
// many as the list has entries, and returns how many there are then.
inline ListDelivered DeliverList(Gaps list, std::uint64_t* words, std::uint32_t* received,
                                 std::size_t count) {
  std::uint32_t receiver = 0, delivered = 0;
  for (const std::uint16_t gap : list) {
    receiver += gap;
    std::uint64_t& word = words[receiver >> 6];
    const std::uint64_t bit = std::uint64_t{gap != kSkip} << (receiver & 63);
    received[count] = receiver;
    count += (bit & ~word) != 0;
    delivered += gap != kSkip;
    word |= bit;
  }
  return {.received_count = count, .deliveries = delivered};
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_LIST_KERNELS_H_
