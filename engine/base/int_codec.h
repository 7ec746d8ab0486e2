// Stream VByte coding of 32-bit integers (Lemire, Kurz, Rupp: "Stream VByte: Faster Byte-Oriented Integer
// Compression", 2018): all 2-bit lengths first (four to a control byte, lowest bits first), then all data
// bytes, little-endian, 1 to 4 each.
#ifndef LAWINE_ENGINE_BASE_INT_CODEC_H_
#define LAWINE_ENGINE_BASE_INT_CODEC_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lawine {

// Appends the code of `values` to `out`. The count is not stored.
void EncodeInts(std::span<const std::uint32_t> values, std::string& out);

// Decodes `values.size()` integers from the start of `in` and returns the bytes used, or 0 when `in` is
// too short (or `values` empty).
std::size_t DecodeInts(std::string_view in, std::span<std::uint32_t> values);

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_INT_CODEC_H_
