// What names say of compression; what is read of compressed files: edge_reader_test.cc.
#include "engine/graph/inflater.h"

#include <zstd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gzip.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

absl::Status Inflate(const std::string& file_name, std::string_view bytes, std::string& text,
                     std::size_t piece_bytes = 1) {
  text.clear();
  const auto take = [&text](std::string_view part) {
    text += part;
    return absl::OkStatus();
  };
  Inflater inflater(file_name);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece_bytes, bytes.size()))) {
    if (const absl::Status status = inflater.Append(bytes.substr(0, piece_bytes), take); !status.ok()) {
      return status;
    }
  }
  return inflater.Finish(take);
}

// One frame of zstd, with a checksum, of small blocks.
struct ZstdBlocks {
  explicit ZstdBlocks(const std::vector<std::string>& texts) {
    ZSTD_CCtx* const stream = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::string part(ZSTD_compressBound(texts[i].size()) + 100, '\0');
      ZSTD_inBuffer in = {texts[i].data(), texts[i].size(), 0};
      ZSTD_outBuffer out = {part.data(), part.size(), 0};
      LAWINE_CHECK(
          ZSTD_compressStream2(stream, &out, &in, i + 1 < texts.size() ? ZSTD_e_flush : ZSTD_e_end) == 0);
      bytes.append(part, 0, out.pos);
      text += texts[i];
      ends.push_back({bytes.size(), text.size()});
    }
    ZSTD_freeCCtx(stream);
  }

  struct End {
    std::size_t byte = 0;
    std::size_t text_byte = 0;
  };
  std::string bytes, text;
  std::vector<End> ends;  // of each block
};

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

TEST(InflaterTest, OfZstdAllBlocksBeforeDamageAreHandedOut) {
  TestRandom random(5);
  std::vector<std::string> texts(5);
  for (std::string& text : texts) {
    while (text.size() < 1'500)
      text += std::to_string(random.Below(100'000)) + " " + std::to_string(random.Below(9)) + "\n";
  }
  const ZstdBlocks blocks(texts);
  std::string text;
  for (const std::size_t piece_bytes :
       {std::size_t{1}, std::size_t{3}, std::size_t{700}, blocks.bytes.size()}) {
    ASSERT_TRUE(Inflate("a.zst", blocks.bytes, text, piece_bytes).ok());
    ASSERT_EQ(text, blocks.text);
    for (std::size_t block = 1; block < texts.size(); ++block) {
      const std::size_t sound = blocks.ends[block - 1].text_byte;
      for (std::size_t at = blocks.ends[block - 1].byte; at < blocks.ends[block].byte; ++at) {
        std::string damaged = blocks.bytes;
        damaged[at] ^= static_cast<char>(1u << (at % 8));
        if (Inflate("a.zst", damaged, text, piece_bytes).ok()) {
          EXPECT_EQ(text, blocks.text) << "unnoticed: byte " << at;
          continue;
        }
        ASSERT_EQ(text.substr(0, sound), blocks.text.substr(0, sound))
            << "byte " << at << " by " << piece_bytes;
      }
    }
  }
}

// What zstd has made is handed out also where its input ends.
TEST(InflaterTest, OfZstdThatIsCutOffAllWholeBlocksAreHandedOut) {
  const ZstdBlocks blocks({"1 2\n", std::string(300'000, 'x'), "", "3 4\n"});
  std::string text;
  for (const ZstdBlocks::End& end : blocks.ends) {
    const bool whole = end.byte == blocks.bytes.size();
    EXPECT_EQ(Inflate("a.zst", std::string_view(blocks.bytes).substr(0, end.byte), text, 100).ok(), whole);
    EXPECT_EQ(text, blocks.text.substr(0, end.text_byte));
  }
  EXPECT_TRUE(Inflate("a.zst", blocks.bytes + blocks.bytes, text, 64).ok()) << "frames may follow each other";
  EXPECT_EQ(text, blocks.text + blocks.text);
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
