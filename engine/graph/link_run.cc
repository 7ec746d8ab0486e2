#include "engine/graph/link_run.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <queue>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

absl::Status DecodeFrame(std::string_view bytes, LinkColumns columns, std::vector<KeyedLink>& links) {
  const absl::Status damaged = absl::DataLossError(
      "expected a frame of links in a temporary file, found it changed: is the disk sound?");
  links.clear();
  const std::optional<std::string_view> body = WithoutChecksum(bytes);
  if (!body.has_value()) return damaged;
  ByteReader reader(*body);
  KeyedLink link;
  while (reader.ok() && !reader.AtEnd()) {
    const std::uint64_t from_gap = reader.Varint();
    link.from += from_gap;
    link.to = reader.Varint() + (from_gap == 0 ? link.to : 0);
    if (columns.kinds) link.kind = reader.U8();
    if (columns.weights) link.weight = reader.U32();
    links.push_back(link);
  }
  return reader.ok() ? absl::OkStatus() : damaged;
}

}  // namespace

absl::Status LinkRunWriter::Add(std::span<const KeyedLink> links) {
  for (const KeyedLink& link : links) {
    ByteWriter writer(frame_);
    writer.Varint(link.from - last_.from);
    writer.Varint(link.from == last_.from ? link.to - last_.to : link.to);
    if (columns_.kinds) writer.U8(link.kind);
    if (columns_.weights) writer.U32(link.weight);
    last_ = link;
    ++run_.links_count;
    if (++links_in_frame_ == frame_links_) LAWINE_RETURN_IF_ERROR(EndFrame());
  }
  return absl::OkStatus();
}

absl::Status LinkRunWriter::EndFrame() {
  ByteWriter(frame_).U32(Crc32c(frame_));
  LAWINE_RETURN_IF_ERROR(file_.Append(frame_));
  run_.frame_offsets.push_back(file_.size());
  frame_.clear();
  last_ = KeyedLink();
  links_in_frame_ = 0;
  return absl::OkStatus();
}

absl::Status LinkRunWriter::Finish(LinkRun& run) {
  if (links_in_frame_ > 0) LAWINE_RETURN_IF_ERROR(EndFrame());
  run = std::move(run_);
  return absl::OkStatus();
}

absl::Status LinkRunReader::Take(std::size_t count) {
  left_ = left_.subspan(count);
  return left_.empty() && file_ != nullptr ? ReadFrame() : absl::OkStatus();
}

absl::Status LinkRunReader::ReadFrame() {
  const std::vector<std::uint64_t>& offsets = run_->frame_offsets;
  if (next_frame_ + 1 >= offsets.size()) return absl::OkStatus();
  const std::uint64_t begin = offsets[next_frame_++];
  LAWINE_RETURN_IF_ERROR(file_->Read(begin, offsets[next_frame_] - begin, bytes_));
  LAWINE_RETURN_IF_ERROR(DecodeFrame(bytes_, columns_, links_));
  left_ = links_;
  return absl::OkStatus();
}

void GatheredLinks::Clear() {
  links_.clear();
  sort_at_ = kHeldMin;
}

void GatheredLinks::Add(std::span<const KeyedLink> links) {
  links_.insert(links_.end(), links.begin(), links.end());
  if (links_.size() < sort_at_) return;
  SortOnce();
  sort_at_ = std::max(kHeldMin, 2 * links_.size());
}

std::span<const KeyedLink> GatheredLinks::Finish() {
  SortOnce();
  return links_;
}

void GatheredLinks::SortOnce() {
  std::sort(links_.begin(), links_.end());
  std::size_t kept = 0;
  for (const KeyedLink& link : links_) {
    if (kept > 0 && link == links_[kept - 1]) {
      ++duplicates_;
    } else if (kept < 2 || !SameLink(link, links_[kept - 2])) {
      links_[kept++] = link;
    }
  }
  links_.resize(kept);
}

// Runs wait in a heap for their next source. A source's links are put together and sorted anew: they are
// few, and already in a handful of sorted pieces.
absl::Status MergeRuns(std::span<LinkRunReader> runs, SourceLinksVisitor visit, std::uint64_t& duplicates) {
  using Waiting = std::pair<MemberKey, std::size_t>;
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> heap;
  const auto wait = [&](std::size_t run) {
    if (!runs[run].left().empty()) heap.emplace(runs[run].left().front().from, run);
  };
  for (std::size_t i = 0; i < runs.size(); ++i) {
    LAWINE_RETURN_IF_ERROR(runs[i].Take(0));
    wait(i);
  }
  GatheredLinks links;
  while (!heap.empty()) {
    const MemberKey source = heap.top().first;
    links.Clear();
    while (!heap.empty() && heap.top().first == source) {
      const std::size_t run = heap.top().second;
      heap.pop();
      LinkRunReader& reader = runs[run];
      while (!reader.left().empty() && reader.left().front().from == source) {
        const auto left = reader.left();
        const auto end = std::find_if(left.begin(), left.end(),
                                      [source](const KeyedLink& link) { return link.from != source; });
        links.Add({left.begin(), end});
        LAWINE_RETURN_IF_ERROR(reader.Take(static_cast<std::size_t>(end - left.begin())));
      }
      wait(run);
    }
    LAWINE_RETURN_IF_ERROR(visit(links.Finish()));
  }
  duplicates += links.duplicates();
  return absl::OkStatus();
}

}  // namespace lawine
