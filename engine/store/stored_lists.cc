#include "engine/store/stored_lists.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/graph/follower_block.h"
#include "engine/store/shard_members.h"

namespace lawine {
namespace {

// Blocks this near to each other are read in one scan, over those between: going to another place costs more
// than passing over so many.
constexpr std::uint32_t kScanOverBlocks = 16;

}  // namespace

// Meets the blocks of a scan with the requests, both ascending.
class StoredLists::BlockVisits {
 public:
  BlockVisits(const StoredLists& lists, Visit visit) : lists_(lists), visit_(visit) {}

  absl::Status Scan(std::span<const ListRequest> run) {
    next_ = run;
    const auto visit = [this](std::uint32_t block, std::string_view bytes) { return Take(block, bytes); };
    LAWINE_RETURN_IF_ERROR(
        lists_.reader_->ScanFollowers(BlockOf(run.front().source), BlockOf(run.back().source) + 1, visit));
    return PassEmptyBlocks();
  }
  std::uint64_t links() const { return links_; }

 private:
  absl::Status Take(std::uint32_t block, std::string_view bytes) {
    LAWINE_RETURN_IF_ERROR(PassEmptyBlocks(block));
    if (next_.empty() || block < BlockOf(next_.front().source)) return absl::OkStatus();
    const ShardManifest& manifest = lists_.reader_->manifest();
    block_.Clear();
    LAWINE_RETURN_IF_ERROR(
        DecodeFollowerBlock(bytes, manifest.range().count, manifest.graph.columns, block_));
    if (FollowerBlockMark(bytes) != lists_.marks_[block]) {
      return ManifestContradicted(manifest,
                                  absl::StrCat("follower block ", block, " is another than before"));
    }
    VisitBlock(block);
    return absl::OkStatus();
  }

  void VisitBlock(std::uint32_t block) {
    std::uint32_t source = block * limits::kSourcesPerBlock;
    std::span<const std::uint32_t> rest = block_.followers;
    for (const std::uint32_t count : block_.counts) {
      const auto followers = rest.first(count);
      rest = rest.subspan(count);
      gaps_.clear();
      for (; !next_.empty() && next_.front().source.value == source; next_ = next_.subspan(1)) {
        if (count == 0) continue;
        if (gaps_.empty()) AppendGaps(followers, gaps_, [](std::size_t) {});
        visit_(next_.front().place, gaps_);
        links_ += count;
      }
      ++source;
    }
  }

  // Requests before block `end` had no block to be answered from: right only where there was none. RocksDB
  // may end a scan early, with status OK, where a file is damaged.
  absl::Status PassEmptyBlocks(std::uint32_t end = 0xFFFFFFFF) {
    for (; !next_.empty() && BlockOf(next_.front().source) < end; next_ = next_.subspan(1)) {
      const std::uint32_t block = BlockOf(next_.front().source);
      if (lists_.marks_[block] == 0) continue;
      return ManifestContradicted(lists_.reader_->manifest(),
                                  absl::StrCat("follower block ", block, " is missing"));
    }
    return absl::OkStatus();
  }

  const StoredLists& lists_;
  const Visit visit_;
  std::span<const ListRequest> next_;  // those still to come
  FollowerLists block_;
  std::vector<std::uint16_t> gaps_;
  std::uint64_t links_ = 0;
};

absl::StatusOr<std::uint64_t> StoredLists::Read(std::span<const ListRequest> requests, Visit visit) const {
  BlockVisits visits(*this, visit);
  while (!requests.empty()) {
    std::size_t count = 1;
    while (count < requests.size() &&
           BlockOf(requests[count].source) - BlockOf(requests[count - 1].source) <= kScanOverBlocks) {
      ++count;
    }
    LAWINE_RETURN_IF_ERROR(visits.Scan(requests.first(count)));
    requests = requests.subspan(count);
  }
  return visits.links();
}

}  // namespace lawine
