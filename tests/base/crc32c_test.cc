#include "engine/base/crc32c.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/damage.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

// Bit by bit, from the polynomial.
std::uint32_t SlowCrc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
  }
  return ~crc;
}

TEST(Crc32c, KnownValues) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283);
}

// RFC 3720, appendix B.4.
TEST(Crc32c, ValuesOfTheStandard) {
  std::string up, down;
  for (int i = 0; i < 32; ++i) {
    up.push_back(static_cast<char>(i));
    down.push_back(static_cast<char>(31 - i));
  }
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AA);
  EXPECT_EQ(Crc32c(std::string(32, '\xFF')), 0x62A8AB43);
  EXPECT_EQ(Crc32c(up), 0x46DD794E);
  EXPECT_EQ(Crc32c(down), 0x113FDB5C);
}

TEST(Crc32c, AtTheEndOfBytesTellsWhetherTheyChanged) {
  std::string bytes = "123456789";
  ByteWriter(bytes).U32(Crc32c(bytes));
  EXPECT_EQ(WithoutChecksum(bytes), "123456789");
  ForEachTruncation(bytes, [](std::string_view part) { EXPECT_EQ(WithoutChecksum(part), std::nullopt); });
  ForEachBitFlip(bytes, [](std::string_view damaged) { EXPECT_EQ(WithoutChecksum(damaged), std::nullopt); });
  EXPECT_EQ(WithoutChecksum(std::string(4, '\0')), "") << "the checksum of nothing is 0";
}

TEST(Crc32c, AgreesWithTheBitwiseDefinitionAtEveryLengthAndAlignment) {
  TestRandom random(32);
  const std::string bytes = random.Bytes(200);
  for (std::size_t first = 0; first < 9; ++first) {
    for (std::size_t size = 0; size + first <= bytes.size(); ++size) {
      const std::string_view part = std::string_view(bytes).substr(first, size);
      ASSERT_EQ(Crc32c(part), SlowCrc32c(part)) << "seed 32: " << size << " bytes from " << first;
    }
  }
}

// Where there is no instruction for it nothing else is used.
TEST(Crc32c, ByTablesIsTheSameAtEveryLengthAndAlignment) {
  EXPECT_EQ(internal::Crc32cByTables("123456789"), 0xE3069283);
  TestRandom random(34);
  const std::string bytes = random.Bytes(200);
  for (std::size_t first = 0; first < 9; ++first) {
    for (std::size_t size = 0; size + first <= bytes.size(); ++size) {
      const std::string_view part = std::string_view(bytes).substr(first, size);
      ASSERT_EQ(internal::Crc32cByTables(part), SlowCrc32c(part))
          << "seed 34: " << size << " bytes from " << first;
      const auto before = static_cast<std::uint32_t>(random.Next());
      ASSERT_EQ(internal::Crc32cByTables(part, before), Crc32c(part, before)) << size << " after " << before;
    }
  }
}

TEST(Crc32c, GoesOnWhereAnEarlierPartEnded) {
  TestRandom random(35);
  const std::string bytes = random.Bytes(100);
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    const std::string_view a = std::string_view(bytes).substr(0, first),
                           b = std::string_view(bytes).substr(first);
    ASSERT_EQ(Crc32c(b, Crc32c(a)), SlowCrc32c(bytes)) << "seed 35: parted after " << first;
    ASSERT_EQ(internal::Crc32cByTables(b, internal::Crc32cByTables(a)), SlowCrc32c(bytes)) << first;
  }
}

TEST(Crc32c, ChangesWithEveryBit) {
  TestRandom random(33);
  const std::string bytes = random.Bytes(100);
  ForEachBitFlip(bytes, [&](std::string_view damaged) { ASSERT_NE(Crc32c(damaged), Crc32c(bytes)); });
}

}  // namespace
}  // namespace lawine
