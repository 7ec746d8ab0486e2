#include "engine/store/source_index.h"

namespace lawine {

SourceIndex::SourceIndex(HugeArray<std::uint32_t> offsets) : offsets_(std::move(offsets)) {
  const std::size_t members = offsets_.size() - 1;
  std::size_t present = 0;
  for (std::size_t m = 0; m < members; ++m) present += offsets_[m] != offsets_[m + 1];
  const std::size_t words = (members + 511) / 512 * 8;
  if (4 * (present + 1) + 8 * words + words / 2 >= offsets_.bytes()) return;
  HugeArray<std::uint32_t> packed(present + 1);
  presence_ = HugeArray<std::uint64_t>(words);
  ranks_ = HugeArray<std::uint32_t>(words / 8);
  std::uint32_t rank = 0;
  for (std::size_t m = 0; m < members; ++m) {
    if (m % 512 == 0) ranks_[m / 512] = rank;
    if (offsets_[m] == offsets_[m + 1]) continue;
    presence_[m / 64] |= 1ull << (m % 64);
    packed[rank++] = offsets_[m];
  }
  packed[rank] = offsets_[members];
  offsets_ = std::move(packed);
}

}  // namespace lawine
