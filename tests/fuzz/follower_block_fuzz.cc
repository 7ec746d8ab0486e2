// Any bytes, checksum repaired, decode to valid lists or are refused; valid lists, encoded again, are the
// same.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/graph/follower_block.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/damage.h"

namespace lawine {
namespace {

void CheckLists(const FollowerLists& lists, std::uint32_t receivers_count, LinkColumns columns) {
  const std::size_t links = lists.followers.size();
  LAWINE_CHECK(lists.counts.size() == limits::kSourcesPerBlock);
  LAWINE_CHECK(std::accumulate(lists.counts.begin(), lists.counts.end(), std::size_t{0}) == links);
  LAWINE_CHECK(lists.kinds.size() == (columns.kinds ? links : 0));
  LAWINE_CHECK(lists.weights.size() == (columns.weights ? links : 0));
  for (const std::uint32_t weight : lists.weights) LAWINE_CHECK(weight <= kLinkWeightOne);
  std::size_t at = 0;
  const auto link = [&](std::size_t i) {
    return std::pair(lists.followers[i], columns.kinds ? lists.kinds[i] : std::uint8_t{0});
  };
  for (const std::uint32_t count : lists.counts) {
    for (std::size_t i = at + 1; i < at + count; ++i) LAWINE_CHECK(link(i - 1) < link(i));
    LAWINE_CHECK(count == 0 || lists.followers[at + count - 1] < receivers_count);
    at += count;
  }
}

std::string Encoded(const FollowerLists& lists) {
  std::string bytes;
  EncodeFollowerBlock({lists.counts, lists.followers, lists.kinds, lists.weights}, bytes);
  return bytes;
}

void CheckRoundTrip(const FollowerLists& lists, std::uint32_t receivers_count, LinkColumns columns) {
  const std::string bytes = Encoded(lists);
  LAWINE_CHECK(bytes.empty() == lists.followers.empty());
  if (bytes.empty()) return;
  FollowerLists copy;
  LAWINE_CHECK(DecodeFollowerBlock(bytes, receivers_count, columns, copy).ok());
  LAWINE_CHECK(copy.counts == lists.counts && copy.followers == lists.followers);
  LAWINE_CHECK(copy.kinds == lists.kinds && copy.weights == lists.weights);
}

void CheckDecode(std::string_view bytes, std::uint32_t receivers_count, LinkColumns columns) {
  FollowerLists lists;
  if (!DecodeFollowerBlock(bytes, receivers_count, columns, lists).ok()) return;
  CheckLists(lists, receivers_count, columns);
  CheckRoundTrip(lists, receivers_count, columns);
}

FollowerLists TakeLists(FuzzInput& input, std::uint32_t receivers_count, LinkColumns columns) {
  FollowerLists lists;
  lists.counts.resize(limits::kSourcesPerBlock);
  for (std::uint32_t& count : lists.counts) {
    if (input.empty()) break;
    std::uint64_t follower = input.Number(3);
    for (count = 0; count < input.U8() && follower < receivers_count;
         ++count, follower += 1 + input.Number(4)) {
      lists.followers.push_back(static_cast<std::uint32_t>(follower));
      if (columns.kinds) lists.kinds.push_back(input.U8());
      if (columns.weights)
        lists.weights.push_back(static_cast<std::uint32_t>(input.Number(4) % (kLinkWeightOne + 1)));
    }
  }
  return lists;
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  const std::uint8_t choices = input.U8();
  const LinkColumns columns{.kinds = (choices & 1) != 0, .weights = (choices & 2) != 0};
  const auto receivers_count = static_cast<std::uint32_t>(input.Number(4));
  std::string block(input.Rest());
  CheckDecode(block, receivers_count, columns);
  if ((choices & 4) != 0) {
    FuzzInput damage = input;
    const FollowerLists lists = TakeLists(input, receivers_count, columns);
    CheckRoundTrip(lists, receivers_count, columns);
    block = Encoded(lists);
    Damage(damage, block);
  }
  if (block.size() >= 4) RepairChecksum(block);
  CheckDecode(block, receivers_count, columns);
  return 0;
}
