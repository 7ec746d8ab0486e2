// Random inputs for tests: the same on every machine for the same seed. Say the seed in failures:
//
//   for (const std::uint64_t seed : {1, 2, 3}) {
//     SCOPED_TRACE(absl::StrCat("seed ", seed));
//     TestRandom random(seed);
#ifndef LAWINE_TESTS_SUPPORT_TEST_RANDOM_H_
#define LAWINE_TESTS_SUPPORT_TEST_RANDOM_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace lawine {

// std::mt19937_64, not the engine's own hash: tests of the hash must not be made from it.
class TestRandom {
 public:
  explicit TestRandom(std::uint64_t seed) : bits_(seed) {}

  std::uint64_t Next() { return bits_(); }
  // REQUIRES: bound > 0. Slightly biased for huge bounds: good enough to choose inputs.
  std::uint64_t Below(std::uint64_t bound) { return bits_() % bound; }
  bool OneIn(std::uint64_t n) { return Below(n) == 0; }
  std::uint32_t U32() { return static_cast<std::uint32_t>(bits_() >> 32); }
  // A number of 0 to `bits_max` bits, every length as likely: small and large values both come up.
  std::uint64_t AnySize(int bits_max) {
    const auto bits = Below(static_cast<std::uint64_t>(bits_max) + 1);
    return bits == 0 ? 0 : Next() >> (64 - bits);
  }

  // Each of 0 .. bound-1 with probability numerator / denominator, ascending.
  std::vector<std::uint32_t> Subset(std::uint32_t bound, std::uint64_t numerator, std::uint64_t denominator) {
    std::vector<std::uint32_t> chosen;
    for (std::uint32_t i = 0; i < bound; ++i) {
      if (Below(denominator) < numerator) chosen.push_back(i);
    }
    return chosen;
  }
  std::string Bytes(std::size_t size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(Next());
    return bytes;
  }

 private:
  std::mt19937_64 bits_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_TEST_RANDOM_H_
