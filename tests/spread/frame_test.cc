#include "engine/spread/frame.h"

#include "engine/base/limits.h"
#include "engine/spread/outcome.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

constexpr FrameHeader kHeader{.kind = FrameKind::kEvents,
                              .run = 0x1122334455667788,
                              .attempt = 3,
                              .key = {.replica = 5, .step = 7},
                              .from = ShardIndex(9),
                              .sequence = 11,
                              .events_count = 13};

void ExpectSame(const FrameHeader& a, const FrameHeader& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.run, b.run);
  EXPECT_EQ(a.attempt, b.attempt);
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.from, b.from);
  EXPECT_EQ(a.sequence, b.sequence);
  EXPECT_EQ(a.events_count, b.events_count);
}

bool Refused(std::string_view bytes) {
  return DecodeFrame(bytes).status().code() == absl::StatusCode::kDataLoss;
}

TEST(FrameTest, WhatIsEncodedIsDecoded) {
  TestRandom random(1);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{limits::kFramePayloadBytesMax}}) {
    const std::string payload = random.Bytes(size);
    const std::string bytes = EncodeFrame(kHeader, payload);
    EXPECT_EQ(bytes.size(), limits::kFrameOverheadBytes + size);
    const auto frame = DecodeFrame(bytes);
    ASSERT_TRUE(frame.ok()) << frame.status();
    ExpectSame(frame->header, kHeader);
    EXPECT_EQ(frame->payload, payload);
  }
}

// Format 1, byte by byte: other programs read it.
TEST(FrameTest, TheLayoutIsTheDocumentedOne) {
  const std::string bytes = EncodeFrame(kHeader, "ab");
  const unsigned char expected[] = {'L',  'W',  'F', '1', 1,  0, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33,
                                    0x22, 0x11, 3,   0,   0,  0, 5, 0, 0,    0,    7,    0,    0,    0,
                                    9,    0,    0,   0,   11, 0, 0, 0, 13,   0,    0,    0,    'a',  'b'};
  ASSERT_EQ(bytes.size(), sizeof expected + 4);
  EXPECT_EQ(bytes.substr(0, sizeof expected),
            std::string(reinterpret_cast<const char*>(expected), sizeof expected));
}

TEST(FrameTest, EveryTruncationAndBitFlipIsRefused) {
  const std::string bytes = EncodeFrame(kHeader, "some events");
  ForEachTruncation(bytes, [](std::string_view damaged) { EXPECT_TRUE(Refused(damaged)); });
  ForEachBitFlip(bytes, [](std::string_view damaged) { EXPECT_TRUE(Refused(damaged)); });
  EXPECT_TRUE(Refused(bytes + '\0'));
}

TEST(FrameTest, FramesOfAnotherFormatAreRefusedEvenWithAGoodChecksum) {
  struct Change {
    std::size_t at;
    char byte;
  };
  for (const Change change :
       {Change{3, '2'}, Change{4, 0}, Change{4, 4}, Change{5, 1}, Change{6, 1}, Change{7, 1}}) {
    std::string bytes = EncodeFrame(kHeader, "x");
    bytes[change.at] = change.byte;
    RepairChecksum(bytes);
    EXPECT_TRUE(Refused(bytes)) << change.at;
  }
}

TEST(FrameTest, MarkersSayThatTheyHaveNoEvents) {
  FrameHeader header = kHeader;
  header.kind = FrameKind::kMarker;
  EXPECT_TRUE(Refused(EncodeFrame(header, EncodeMarkerPayload({}))));
  header.events_count = 0;
  EXPECT_FALSE(Refused(EncodeFrame(header, EncodeMarkerPayload({}))));
}

TEST(FrameTest, FramesThatAreTooLargeAreRefused) {
  EXPECT_TRUE(Refused(EncodeFrame(kHeader, std::string(limits::kFramePayloadBytesMax + 1, 'x'))));
}

TEST(MarkerTest, WhatIsEncodedIsDecoded) {
  for (const Marker& marker : {Marker{}, Marker{1ull << 40, 1ull << 33, 1u << 31, 5, kNoStep},
                               Marker{3, 4, 1, 1, 4, 6, 7, 2, 8, 3}}) {
    const auto decoded = DecodeMarkerPayload(EncodeMarkerPayload(marker));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, marker);
  }
}

TEST(MarkerTest, OtherSizesAreRefused) {
  const std::string payload =
      EncodeMarkerPayload({.deliveries = 3, .first_receipts = 2, .forwards = 1, .events_sent = 1});
  ForEachTruncation(payload,
                    [](std::string_view damaged) { EXPECT_FALSE(DecodeMarkerPayload(damaged).ok()); });
  EXPECT_FALSE(DecodeMarkerPayload(payload + '\0').ok());
}

TEST(MarkerTest, CountersThatContradictEachOtherAreRefused) {
  EXPECT_FALSE(DecodeMarkerPayload(EncodeMarkerPayload({.deliveries = 1, .first_receipts = 2})).ok());
  EXPECT_FALSE(DecodeMarkerPayload(EncodeMarkerPayload({.deliveries = 9, .seen = 10})).ok());
  EXPECT_FALSE(
      DecodeMarkerPayload(EncodeMarkerPayload({.deliveries = 9, .first_receipts = 2, .monitors = 3})).ok());
}

}  // namespace
}  // namespace lawine
