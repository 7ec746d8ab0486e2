#include "engine/base/int_codec.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace lawine {
namespace {

constexpr std::uint32_t kMask[4] = {0xFFu, 0xFFFFu, 0xFFFFFFu, 0xFFFFFFFFu};

int CodeOf(std::uint32_t value) { return (31 - std::countl_zero(value | 1)) >> 3; }

// Data bytes of the (up to four) integers of one control byte.
std::size_t GroupBytes(std::uint8_t control, std::size_t count) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) bytes += 1 + ((control >> (2 * i)) & 3);
  return bytes;
}

}  // namespace

void EncodeInts(std::span<const std::uint32_t> values, std::string& out) {
  const std::size_t control_bytes = (values.size() + 3) / 4;
  const std::size_t start = out.size();
  out.resize(start + control_bytes + 4 * values.size());
  char* control = out.data() + start;
  char* data = control + control_bytes;
  std::memset(control, 0, control_bytes);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int code = CodeOf(values[i]);
    control[i / 4] = static_cast<char>(static_cast<std::uint8_t>(control[i / 4]) | (code << (2 * (i % 4))));
    std::memcpy(data, &values[i], 4);
    data += code + 1;
  }
  out.resize(static_cast<std::size_t>(data - out.data()));
}

std::size_t DecodeInts(std::string_view in, std::span<std::uint32_t> values) {
  const std::size_t control_bytes = (values.size() + 3) / 4;
  if (in.size() < control_bytes) return 0;
  const char* control = in.data();
  const char* data = control + control_bytes;
  const char* const end = in.data() + in.size();
  std::size_t i = 0;
  // Whole groups while four unaligned 4-byte loads are sure to stay inside.
  for (; i + 4 <= values.size() && end - data >= 16; i += 4) {
    const auto codes = static_cast<std::uint8_t>(control[i / 4]);
    for (int k = 0; k < 4; ++k) {
      const int code = (codes >> (2 * k)) & 3;
      std::uint32_t raw;
      std::memcpy(&raw, data, 4);
      values[i + k] = raw & kMask[code];
      data += code + 1;
    }
  }
  for (; i < values.size(); i += 4) {
    const std::size_t count = std::min<std::size_t>(4, values.size() - i);
    const auto codes = static_cast<std::uint8_t>(control[i / 4]);
    if (static_cast<std::size_t>(end - data) < GroupBytes(codes, count)) return 0;
    for (std::size_t k = 0; k < count; ++k) {
      const int bytes = ((codes >> (2 * k)) & 3) + 1;
      std::uint32_t raw = 0;
      std::memcpy(&raw, data, bytes);
      values[i + k] = raw;
      data += bytes;
    }
  }
  return static_cast<std::size_t>(data - in.data());
}

}  // namespace lawine
