// Damage done to encoded bytes. Every copy is a heap block of exactly its size, so that a sanitizer sees
// a read past its end.
#ifndef LAWINE_TESTS_SUPPORT_DAMAGE_H_
#define LAWINE_TESTS_SUPPORT_DAMAGE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"

namespace lawine {

template <class Visit>
void WithExactCopy(std::string_view bytes, Visit&& visit) {
  const std::vector<char> copy(bytes.begin(), bytes.end());
  visit(std::string_view(copy.data(), copy.size()));
}

// visit(bytes) for every proper prefix, the empty one included.
template <class Visit>
void ForEachTruncation(std::string_view bytes, Visit&& visit) {
  for (std::size_t size = 0; size < bytes.size(); ++size) WithExactCopy(bytes.substr(0, size), visit);
}

// visit(bytes) with each single bit changed.
template <class Visit>
void ForEachBitFlip(std::string_view bytes, Visit&& visit) {
  std::string damaged(bytes);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const auto mask = static_cast<char>(1u << (bit % 8));
    damaged[bit / 8] ^= mask;
    WithExactCopy(damaged, visit);
    damaged[bit / 8] ^= mask;
  }
}

// visit(bytes) with each byte replaced by each of a few values that formats like least.
template <class Visit>
void ForEachByteChange(std::string_view bytes, Visit&& visit) {
  std::string damaged(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int change : {0x01, 0x55, 0x80, 0xFF}) {
      damaged[i] = static_cast<char>(bytes[i] ^ change);
      WithExactCopy(damaged, visit);
    }
    damaged[i] = bytes[i];
  }
}

// Replaces the last four bytes by the checksum of what stands before them. REQUIRES: at least 4 bytes.
inline void RepairChecksum(std::string& block) {
  block.resize(block.size() - 4);
  ByteWriter(block).U32(Crc32c(block));
}

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_DAMAGE_H_
