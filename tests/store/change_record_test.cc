#include "engine/store/change_record.h"

#include "absl/strings/str_cat.h"
#include "engine/graph/follower_block.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using testing::HasSubstr;

ChangeRecord Some() {
  return {.graph_version = 7,
          .ticket = 3ull << 32 | 9,
          .graph_links = 1'000,
          .graph_digest = {.high = 1, .low = 2},
          .shard_digest_added = {.high = ~0ull, .low = 4},
          .links = {{MemberId(5), 3, 0, true, 0},
                    {MemberId(5), 3, 2, false, 1u << 31},
                    {MemberId(70), 0, 0, true, 9}},
          .audiences = {{0, -1}, {17, 2}},
          .members = {{.key = ~0ull, .community = 4, .network = 1, .account_kind = 5, .name = "bob"},
                      {.key = 3}}};
}

TEST(ChangeRecordTest, WhatIsEncodedIsDecoded) {
  for (const ChangeRecord& record : {Some(), ChangeRecord()}) {
    const auto decoded = DecodeChangeRecord(EncodeChangeRecord(record));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, record);
  }
}

TEST(ChangeRecordTest, EveryDamagedByteAndEveryTruncationIsRefused) {
  const std::string bytes = EncodeChangeRecord(Some());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_EQ(DecodeChangeRecord(damaged).status().code(), absl::StatusCode::kDataLoss) << "byte " << i;
    EXPECT_EQ(DecodeChangeRecord(bytes.substr(0, i)).status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(ChangeRecordTest, OutOfOrderIsRefused) {
  ChangeRecord links = Some(), audiences = Some();
  std::swap(links.links[0], links.links[1]);
  std::swap(audiences.audiences[0], audiences.audiences[1]);
  EXPECT_THAT(std::string(DecodeChangeRecord(EncodeChangeRecord(links)).status().message()),
              HasSubstr("links are not ascending"));
  EXPECT_THAT(std::string(DecodeChangeRecord(EncodeChangeRecord(audiences)).status().message()),
              HasSubstr("audiences are not ascending"));
}

TEST(ChangeRecordTest, WeightsAboveOneAreRefused) {
  ChangeRecord record = Some();
  record.links[1].weight = kLinkWeightOne + 1;
  const absl::Status status = DecodeChangeRecord(EncodeChangeRecord(record)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("at most 2147483648, found 2147483649"));
}

}  // namespace
}  // namespace lawine
