#include "engine/base/bytes.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

constexpr std::uint64_t kWordMax = ~std::uint64_t{0};

std::string VarintOf(std::uint64_t v) {
  std::string out;
  ByteWriter(out).Varint(v);
  return out;
}

TEST(ByteWriter, IsLittleEndian) {
  std::string out = "kept";
  ByteWriter writer(out);
  writer.U8(0x01);
  writer.U16(0x0302);
  writer.U32(0x07060504);
  writer.U64(0x0F0E0D0C0B0A0908);
  writer.Sized("ab");
  EXPECT_EQ(out,
            "kept\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x02"
            "ab");
}

TEST(ByteReader, ReadsBackWhatWasWritten) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    TestRandom random(seed);
    const std::uint64_t a = random.Next(), b = random.AnySize(64);
    const std::string text = random.Bytes(random.Below(300));
    std::string out;
    ByteWriter writer(out);
    writer.U8(static_cast<std::uint8_t>(a));
    writer.U16(static_cast<std::uint16_t>(a));
    writer.U32(static_cast<std::uint32_t>(a));
    writer.U64(a);
    writer.Varint(b);
    writer.Sized(text);
    ByteReader reader(out);
    EXPECT_EQ(reader.U8(), static_cast<std::uint8_t>(a));
    EXPECT_EQ(reader.U16(), static_cast<std::uint16_t>(a));
    EXPECT_EQ(reader.U32(), static_cast<std::uint32_t>(a));
    EXPECT_EQ(reader.U64(), a);
    EXPECT_EQ(reader.Varint(), b);
    EXPECT_FALSE(reader.AtEnd());
    EXPECT_EQ(reader.Sized(), text);
    EXPECT_TRUE(reader.AtEnd()) << "seed " << seed;
  }
}

TEST(ByteReader, ReadsEveryVarintAndNoShorterPart) {
  std::vector<std::uint64_t> values = {0, kWordMax};
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t power = 1ull << bit;
    values.insert(values.end(), {power - 1, power, power + 1});
  }
  for (const std::uint64_t value : values) {
    const std::string bytes = VarintOf(value);
    ByteReader reader(bytes);
    EXPECT_EQ(reader.Varint(), value);
    EXPECT_TRUE(reader.AtEnd());
    ForEachTruncation(bytes, [&](std::string_view part) {
      ByteReader short_reader(part);
      short_reader.Varint();
      EXPECT_FALSE(short_reader.ok()) << value << " in " << part.size() << " bytes";
    });
  }
}

TEST(ByteReader, RefusesVarintsOfMoreThan64Bits) {
  const std::string nine(9, '\xFF');
  const std::string largest_bytes = nine + '\x01';
  ByteReader largest(largest_bytes);
  EXPECT_EQ(largest.Varint(), kWordMax);
  EXPECT_TRUE(largest.AtEnd());
  for (const std::string& bytes :
       {nine + '\x02', nine + '\x81', nine + '\xFF', std::string(11, '\x80') + '\x01'}) {
    ByteReader reader(bytes);
    EXPECT_EQ(reader.Varint(), 0u);
    EXPECT_FALSE(reader.ok());
  }
}

TEST(ByteReader, StaysFailedAfterAReadPastTheEnd) {
  ByteReader reader("abc");
  EXPECT_EQ(reader.U32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.AtEnd());
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_EQ(reader.U8(), 0u);
  EXPECT_EQ(reader.Bytes(0), "");
  EXPECT_EQ(reader.Varint(), 0u);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, RefusesALengthLargerThanTheInput) {
  for (const std::uint64_t length : {std::uint64_t{4}, std::uint64_t{1} << 40, kWordMax}) {
    const std::string bytes = VarintOf(length) + "abc";
    ByteReader reader(bytes);
    EXPECT_EQ(reader.Sized(), "");
    EXPECT_FALSE(reader.ok());
  }
}

TEST(BigEndianKey, SortsAsNumbersDo) {
  EXPECT_EQ(BigEndianKey(0x01020304), "\x01\x02\x03\x04");
  TestRandom random(5);
  for (int i = 0; i < 10'000; ++i) {
    const auto a = static_cast<std::uint32_t>(random.AnySize(32)),
               b = static_cast<std::uint32_t>(random.AnySize(32));
    ASSERT_EQ(FromBigEndianKey(BigEndianKey(a)), a);
    ASSERT_EQ(BigEndianKey(a) < BigEndianKey(b), a < b) << "seed 5: " << a << ", " << b;
  }
}

}  // namespace
}  // namespace lawine
