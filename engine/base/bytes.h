// Reading and writing of bytes: little-endian integers and varints in values, big-endian ones in keys.
// Readers never run past their input: a read that would fails, and every later read fails too.
#ifndef LAWINE_ENGINE_BASE_BYTES_H_
#define LAWINE_ENGINE_BASE_BYTES_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace lawine {

class ByteWriter {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit ByteWriter(std::string& out) : out_(out) {}

  void U8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void U16(std::uint16_t v) { Little(v); }
  void U32(std::uint32_t v) { Little(v); }
  void U64(std::uint64_t v) { Little(v); }
  void Varint(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7) U8(static_cast<std::uint8_t>(v | 0x80));
    U8(static_cast<std::uint8_t>(v));
  }
  void Bytes(std::string_view bytes) { out_.append(bytes); }
  // A varint length, then the bytes.
  void Sized(std::string_view bytes) {
    Varint(bytes.size());
    Bytes(bytes);
  }

 private:
  template <class Int>
  void Little(Int v) {
    static_assert(std::endian::native == std::endian::little, "formats are little-endian; add swaps to port");
    char raw[sizeof v];
    std::memcpy(raw, &v, sizeof v);
    out_.append(raw, sizeof v);
  }
  std::string& out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && in_.empty(); }
  std::size_t remaining() const { return in_.size(); }

  std::uint8_t U8() { return Little<std::uint8_t>(); }
  std::uint16_t U16() { return Little<std::uint16_t>(); }
  std::uint32_t U32() { return Little<std::uint32_t>(); }
  std::uint64_t U64() { return Little<std::uint64_t>(); }

  std::uint64_t Varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = U8();
      if (shift == 63 && byte > 1) return Fail();
      v |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return v;
    }
    return Fail();
  }
  std::string_view Bytes(std::size_t count) {
    if (!ok_ || count > in_.size()) {
      Fail();
      return {};
    }
    const std::string_view bytes = in_.substr(0, count);
    in_.remove_prefix(count);
    return bytes;
  }
  std::string_view Sized() { return Bytes(Varint()); }

 private:
  std::uint64_t Fail() {
    ok_ = false;
    in_ = {};
    return 0;
  }
  template <class Int>
  Int Little() {
    const std::string_view raw = Bytes(sizeof(Int));
    Int v = 0;
    if (ok_) std::memcpy(&v, raw.data(), sizeof v);
    return v;
  }

  std::string_view in_;
  bool ok_ = true;
};

// Keys sort as their numbers do.
inline std::string BigEndianKey(std::uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
          static_cast<char>(v)};
}
inline std::uint32_t FromBigEndianKey(std::string_view key) {
  std::uint32_t v = 0;
  for (const char c : key) v = v << 8 | static_cast<std::uint8_t>(c);
  return v;
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_BYTES_H_
