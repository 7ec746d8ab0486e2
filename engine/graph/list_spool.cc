#include "engine/graph/list_spool.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {

ListSpool::ListSpool(std::uint32_t sources_count, std::uint32_t receivers_count, LinkColumns columns,
                     SpillOptions options)
    : sources_count_(sources_count),
      receivers_count_(receivers_count),
      columns_(columns),
      file_(std::move(options)) {
  block_.counts.resize(limits::kSourcesPerBlock);
}

absl::Status ListSpool::Add(std::uint32_t source, std::uint32_t follower, std::uint8_t kind,
                            std::uint32_t weight) {
  const std::uint32_t block = source / limits::kSourcesPerBlock;
  if (block >= offsets_.size()) LAWINE_RETURN_IF_ERROR(EndBlocksBefore(block));
  ++block_.counts[source % limits::kSourcesPerBlock];
  block_.followers.push_back(follower);
  if (columns_.kinds) block_.kinds.push_back(kind);
  if (columns_.weights) block_.weights.push_back(weight);
  ++links_count_;
  return absl::OkStatus();
}

// Ends the block at hand; those between it and `block` have no links.
absl::Status ListSpool::EndBlocksBefore(std::uint32_t block) {
  EncodeFollowerBlock({block_.counts, block_.followers, block_.kinds, block_.weights}, bytes_);
  LAWINE_RETURN_IF_ERROR(file_.Append(bytes_));
  offsets_.resize(block + 1, file_.size());
  block_.Clear();
  block_.counts.resize(limits::kSourcesPerBlock);
  return absl::OkStatus();
}

absl::Status ListSpool::Finish() {
  return EndBlocksBefore(limits::BlocksOf<limits::kSourcesPerBlock>(sources_count_));
}

absl::Status ListSpool::Read(std::uint32_t first, std::uint32_t end, FollowerLists& lists) const {
  const auto bounds_a_block = [this](std::uint32_t source) {
    return source % limits::kSourcesPerBlock == 0 || source == sources_count_;
  };
  LAWINE_CHECK(bounds_a_block(first) && bounds_a_block(end) && first <= end && end <= sources_count_);
  lists.Clear();
  const std::uint32_t first_block = first / limits::kSourcesPerBlock;
  const std::uint32_t end_block = limits::BlocksOf<limits::kSourcesPerBlock>(end);
  std::string bytes;
  LAWINE_RETURN_IF_ERROR(
      file_.Read(offsets_[first_block], offsets_[end_block] - offsets_[first_block], bytes));
  for (std::uint32_t block = first_block; block < end_block; ++block) {
    const std::string_view encoded = std::string_view(bytes).substr(offsets_[block] - offsets_[first_block],
                                                                    offsets_[block + 1] - offsets_[block]);
    if (encoded.empty()) {
      lists.counts.resize(lists.counts.size() + limits::kSourcesPerBlock);
    } else {
      LAWINE_RETURN_IF_ERROR(DecodeFollowerBlock(encoded, receivers_count_, columns_, lists));
    }
  }
  lists.counts.resize(end - first);
  return absl::OkStatus();
}

void ListSpool::Clear() {
  file_ = SpillFile(SpillOptions());
  offsets_ = {};
}

}  // namespace lawine
