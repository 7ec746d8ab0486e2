#include "engine/graph/link_spool.h"

#include <algorithm>
#include <utility>

#include "engine/base/status_macros.h"

namespace lawine {
namespace {

// Runs of one file; then they become one. So frames of all runs fit the memory of the links.
constexpr std::size_t kRunsMax = 256;
constexpr std::size_t kFrameLinksMin = 64;
constexpr std::size_t kFrameLinksMax = 4096;
// Of a link in a frame, as bytes and as a link.
constexpr std::size_t kFrameBytesPerLink = 48;
// Fewer links are not worth a second thread.
constexpr std::size_t kPartLinksMin = 1 << 16;

}  // namespace

LinkSpool::LinkSpool(LinkColumns columns, SpillOptions options, Executor& executor)
    : columns_(columns), options_(std::move(options)), executor_(&executor) {
  if (!spills()) return;
  const std::uint64_t bytes = options_.memory_bytes / 2;
  links_max_ = std::max<std::uint64_t>(bytes / sizeof(KeyedLink), 1);
  frame_links_ =
      std::clamp<std::size_t>(bytes / (kRunsMax * kFrameBytesPerLink), kFrameLinksMin, kFrameLinksMax);
  // Address space; it becomes memory as links come.
  links_.reserve(links_max_);
  file_ = SpillFile({.directory = options_.directory, .memory_bytes = 0});
}

LinkSpool::LinkSpool(std::vector<KeyedLink> links) : links_(std::move(links)) {}

absl::Status LinkSpool::Add(const KeyedLink& link) {
  if (links_.size() == links_max_) LAWINE_RETURN_IF_ERROR(Spill());
  links_.push_back(link);
  return absl::OkStatus();
}

void LinkSpool::Sort() {
  for (const KeyedLink& link : links_) {
    keys_.Add(link.from);
    keys_.Add(link.to);
  }
  self_links_ += std::erase_if(links_, [](const KeyedLink& link) { return link.from == link.to; });
  const std::size_t threads = executor_ == nullptr ? 1 : executor_->parallelism();
  const std::size_t parts = std::clamp<std::size_t>(links_.size() / kPartLinksMin, 1, threads);
  parts_.clear();
  for (std::size_t i = 1; i <= parts; ++i) parts_.push_back(links_.size() * i / parts);
  const auto sort = [this](std::size_t i) {
    const std::size_t begin = i == 0 ? 0 : parts_[i - 1];
    std::sort(links_.begin() + static_cast<std::ptrdiff_t>(begin),
              links_.begin() + static_cast<std::ptrdiff_t>(parts_[i]));
  };
  if (executor_ == nullptr) return sort(0);
  executor_->ParallelFor(parts, sort);
}

absl::Status LinkSpool::Spill() {
  Sort();
  std::size_t begin = 0;
  for (const std::size_t end : std::exchange(parts_, {})) {
    LinkRunWriter writer(file_, columns_, frame_links_);
    LAWINE_RETURN_IF_ERROR(writer.Add(std::span(links_).subspan(begin, end - begin)));
    LAWINE_RETURN_IF_ERROR(writer.Finish(runs_.emplace_back()));
    begin = end;
  }
  links_.clear();
  return runs_.size() >= kRunsMax ? MergeAllRuns() : absl::OkStatus();
}

absl::Status LinkSpool::MergeAllRuns() {
  SpillFile merged({.directory = options_.directory, .memory_bytes = 0});
  LinkRunWriter writer(merged, columns_, frame_links_);
  std::vector<LinkRunReader> readers = Readers();
  LAWINE_RETURN_IF_ERROR(MergeRuns(
      readers, [&writer](std::span<const KeyedLink> links) { return writer.Add(links); }, duplicates_));
  LinkRun run;
  LAWINE_RETURN_IF_ERROR(writer.Finish(run));
  file_ = std::move(merged);
  runs_ = {std::move(run)};
  return absl::OkStatus();
}

absl::Status LinkSpool::Finish() {
  if (runs_.empty()) {
    Sort();
    return absl::OkStatus();
  }
  LAWINE_RETURN_IF_ERROR(Spill());
  links_ = {};
  return absl::OkStatus();
}

std::vector<LinkRunReader> LinkSpool::Readers() const {
  std::vector<LinkRunReader> readers;
  for (const LinkRun& run : runs_) readers.emplace_back(file_, run, columns_);
  std::size_t begin = 0;
  for (const std::size_t end : parts_) {
    readers.emplace_back(std::span(links_).subspan(begin, end - begin));
    begin = end;
  }
  return readers;
}

absl::Status LinkSpool::Merge(SourceLinksVisitor visit, std::uint64_t& duplicates) {
  std::vector<LinkRunReader> readers = Readers();
  LAWINE_RETURN_IF_ERROR(MergeRuns(readers, visit, duplicates_));
  duplicates += duplicates_;
  return absl::OkStatus();
}

}  // namespace lawine
