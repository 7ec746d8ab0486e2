// Batches give what the one-key functions give, whatever the instruction set.
#include "engine/base/key_batch.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

std::vector<MemberKey> Keys(TestRandom& random, std::size_t count) {
  std::vector<MemberKey> keys(count);
  for (MemberKey& key : keys) key = random.Next();
  return keys;
}

TEST(KeyBatchTest, TermsAddUp) {
  TestRandom random(1);
  const DigestLane lane(3, 1, 4, TransitionEvent::kReceipt);
  for (const std::size_t count : {0, 1, 7, 8, 9, 64, 1'000, 5'003}) {
    const auto keys = Keys(random, count);
    Digest expected;
    for (const MemberKey key : keys) expected += lane.Term(key);
    EXPECT_EQ(SumTerms(lane, keys), expected) << count;
  }
}

TEST(KeyBatchTest, PassingIdsKeepTheirOrder) {
  TestRandom random(2);
  const CoinLane lane({.run_seed = 5}, CoinPurpose::kForward);
  for (const Threshold threshold :
       {Threshold(), Threshold::FromFixed(Threshold::kOne / 10), Threshold::FromFixed(Threshold::kOne - 1),
        Threshold::FromFixed(Threshold::kOne)}) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{63}, kKeyBatch}) {
      const auto keys = Keys(random, count);
      std::vector<std::uint32_t> ids, expected;
      for (std::size_t i = 0; i < count; ++i) {
        ids.push_back(static_cast<std::uint32_t>(3 * i + 1));
        if (threshold.Passes(lane.Coin(keys[i]))) expected.push_back(ids.back());
      }
      std::vector<std::uint32_t> passing(count);
      passing.resize(SelectPassing(lane, threshold, ids, keys, passing.data()));
      EXPECT_EQ(passing, expected);
      ids.resize(SelectPassing(lane, threshold, ids, keys, ids.data()));
      EXPECT_EQ(ids, expected);
    }
  }
}

TEST(KeyBatchTest, DenseKeysCountFromTheFirst) {
  const std::vector<std::uint32_t> ids = {0, 5, 0xFFFFFFFF};
  std::vector<MemberKey> keys(3);
  DenseKeys(10, ids, keys.data());
  EXPECT_EQ(keys, (std::vector<MemberKey>{10, 15, 0x100000009}));
}

}  // namespace
}  // namespace lawine
