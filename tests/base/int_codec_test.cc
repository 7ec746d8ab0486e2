#include "engine/base/int_codec.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using Values = std::vector<std::uint32_t>;

std::string Encoded(const Values& values) {
  std::string out;
  EncodeInts(values, out);
  return out;
}

Values RandomValues(TestRandom& random, std::size_t count, int bits_max) {
  Values values(count);
  for (std::uint32_t& value : values) value = static_cast<std::uint32_t>(random.AnySize(bits_max));
  return values;
}

TEST(IntCodec, PutsLengthsBeforeData) {
  EXPECT_EQ(Encoded({}), "");
  EXPECT_EQ(Encoded({0}), std::string("\0\0", 2));
  EXPECT_EQ(Encoded({0x01, 0x0203, 0x040506, 0x0708090A, 0xFFFF}),
            "\xE4\x01\x01\x03\x02\x06\x05\x04\x0A\x09\x08\x07\xFF\xFF");
}

TEST(IntCodec, UsesTheFewestBytes) {
  for (const auto& [value, bytes] : {std::pair{0u, 1u},
                                     {0xFFu, 1u},
                                     {0x100u, 2u},
                                     {0xFFFFu, 2u},
                                     {0x10000u, 3u},
                                     {0xFFFFFFu, 3u},
                                     {0x1000000u, 4u},
                                     {0xFFFFFFFFu, 4u}}) {
    EXPECT_EQ(Encoded({value}).size(), 1 + bytes) << value;
  }
}

TEST(IntCodec, RoundTripsWhateverStandsBeforeAndBehind) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    TestRandom random(seed);
    const Values values = RandomValues(random, 1 + random.Below(300), static_cast<int>(random.Below(33)));
    std::string out = "before";
    EncodeInts(values, out);
    ASSERT_EQ(out.substr(0, 6), "before");
    const std::size_t size = out.size() - 6;
    out += random.Bytes(random.Below(40));
    Values decoded(values.size(), 0xDEADBEEF);
    WithExactCopy(std::string_view(out).substr(6), [&](std::string_view bytes) {
      ASSERT_EQ(DecodeInts(bytes, decoded), size);
      ASSERT_EQ(decoded, values);
    });
  }
}

TEST(IntCodec, RefusesEveryTruncation) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    TestRandom random(seed);
    const Values values = RandomValues(random, 1 + random.Below(70), 32);
    ForEachTruncation(Encoded(values), [&](std::string_view bytes) {
      Values decoded(values.size());
      ASSERT_EQ(DecodeInts(bytes, decoded), 0u) << "seed " << seed << ", " << bytes.size() << " bytes";
    });
  }
}

TEST(IntCodec, NeverReadsPastItsInput) {
  TestRandom random(9);
  for (int i = 0; i < 5000; ++i) {
    WithExactCopy(random.Bytes(random.Below(60)), [&](std::string_view bytes) {
      Values decoded(1 + random.Below(40));
      ASSERT_LE(DecodeInts(bytes, decoded), bytes.size()) << "seed 9, case " << i;
    });
  }
}

TEST(IntCodec, DecodesNothingFromNothing) { EXPECT_EQ(DecodeInts("abc", {}), 0u); }

}  // namespace
}  // namespace lawine
