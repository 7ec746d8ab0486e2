#include "engine/store/source_index.h"

namespace lawine {

SourceIndex::SourceIndex(HugeArray<std::uint32_t> offsets, HugeArray<std::uint16_t> skips)
    : offsets_(std::move(offsets)), skips_(std::move(skips)) {
  const std::size_t members = offsets_.size() - 1;
  std::size_t present = 0;
  for (std::size_t m = 0; m < members; ++m) present += offsets_[m] != offsets_[m + 1];
  if (PackedBytesOf(members, present) >= bytes()) return;
  const std::size_t words = WordsOf(members);
  HugeArray<std::uint32_t> packed_offsets(present + 1);
  HugeArray<std::uint16_t> packed_skips(present + 1);
  presence_ = HugeArray<std::uint64_t>(words);
  ranks_ = HugeArray<std::uint32_t>(words / 8);
  std::uint32_t rank = 0;
  for (std::size_t m = 0; m < members; ++m) {
    if (m % 512 == 0) ranks_[m / 512] = rank;
    if (offsets_[m] == offsets_[m + 1]) continue;
    presence_[m / 64] |= 1ull << (m % 64);
    packed_skips[rank] = skips_[m];
    packed_offsets[rank++] = offsets_[m];
  }
  packed_offsets[rank] = offsets_[members];
  offsets_ = std::move(packed_offsets);
  skips_ = std::move(packed_skips);
}

}  // namespace lawine
