// Bytes of a fuzzer, consumed as choices. An exhausted input gives zeros, so every input means something.
#ifndef LAWINE_TESTS_FUZZ_FUZZ_INPUT_H_
#define LAWINE_TESTS_FUZZ_FUZZ_INPUT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace lawine {

class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t U8() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  // A number of as many bytes as the first one says, at most `bytes_max`: small numbers cost little input.
  std::uint64_t Number(unsigned bytes_max) {
    std::uint64_t value = 0;
    for (unsigned left = U8() % (bytes_max + 1); left > 0; --left) value = value << 8 | U8();
    return value;
  }
  std::string_view Rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// Overwrites, drops or adds a byte where the input says.
inline void Damage(FuzzInput& input, std::string& bytes) {
  if (bytes.empty()) return;
  const std::size_t at = input.Number(2) % bytes.size();
  switch (input.U8() % 4) {
    case 0:
      bytes.erase(at, 1);
      break;
    case 1:
      bytes.insert(at, 1, static_cast<char>(input.U8()));
      break;
    default:
      bytes[at] = static_cast<char>(input.U8());
  }
}

}  // namespace lawine

#endif  // LAWINE_TESTS_FUZZ_FUZZ_INPUT_H_
