// What names say of compression; what is read of compressed files: edge_reader_test.cc.
#include "engine/graph/inflater.h"

#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gzip.h"

namespace lawine {
namespace {

// Byte by byte.
absl::Status Inflate(const std::string& file_name, std::string_view bytes, std::string& text) {
  text.clear();
  const auto take = [&text](std::string_view part) {
    text += part;
    return absl::OkStatus();
  };
  Inflater inflater(file_name);
  for (const char byte : bytes) {
    if (const absl::Status status = inflater.Append({&byte, 1}, take); !status.ok()) return status;
  }
  return inflater.Finish(take);
}

TEST(InflaterTest, PlainBytesUnderTheNameOfCompressedOnesAreRefused) {
  std::string text;
  for (const char* bytes : {"", "1", "1 2\n3 4\n", "\xF0\x01 some noise"}) {
    const absl::Status gzip = Inflate("rnd.gz", bytes, text);
    EXPECT_TRUE(absl::IsInvalidArgument(gzip));
    EXPECT_THAT(std::string(gzip.message()),
                testing::HasSubstr("is not gzip data though its name ends in .gz"));
    EXPECT_EQ(text, "");
    EXPECT_THAT(std::string(Inflate("rnd.zst", bytes, text).message()),
                testing::HasSubstr("is not zstd data though its name ends in .zst"));
    EXPECT_TRUE(Inflate("gz", bytes, text).ok());
    EXPECT_EQ(text, bytes);
  }
}

TEST(InflaterTest, OtherFormatsAreNamedAndRefused) {
  std::string text;
  const auto refusal = [&text](const std::string& name, std::string_view bytes) {
    const absl::Status status = Inflate(name, bytes, text);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << name;
    return std::string(status.message());
  };
  EXPECT_EQ(
      refusal("a", "BZh91AY&SY"),
      "expected text, gzip or zstd, found bzip2 data: decompress the file, or compress it with gzip or zstd");
  EXPECT_THAT(refusal("a.txt", {"\xfd\x37\x7a\x58\x5a\0\0", 7}), testing::HasSubstr("found xz data"));
  EXPECT_THAT(refusal("a.gz", "PK\x03\x04"), testing::HasSubstr("found zip data"));
  EXPECT_THAT(refusal("a.bz2", "1 2\n"), testing::HasSubstr("found a name of bzip2 data"));
  EXPECT_THAT(refusal("a.xz", ""), testing::HasSubstr("found a name of xz data"));
  for (const char* bytes : {"BZh", "BZhang Ann\n", "PK 2\n"})
    EXPECT_TRUE(Inflate("a", bytes, text).ok()) << bytes;
}

TEST(InflaterTest, CompressedBytesNeedNoName) {
  std::string text;
  for (const char* name : {"a.gz", "a.zst", "a.txt"}) {
    EXPECT_TRUE(Inflate(name, Gzip("1 2\n"), text).ok()) << name;
    EXPECT_EQ(text, "1 2\n");
  }
}

}  // namespace
}  // namespace lawine
