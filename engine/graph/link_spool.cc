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
  for (std::size_t i = 0; i < parts; ++i) {
    parts_.push_back({links_.size() * i / parts, links_.size() * (i + 1) / parts});
  }
  if (executor_ == nullptr) {
    SortOnce(parts_[0]);
  } else {
    executor_->ParallelFor(parts, [this](std::size_t i) { SortOnce(parts_[i]); });
  }
  duplicates_ += links_.size();
  for (const Part& part : parts_) duplicates_ -= part.end - part.begin;
}

void LinkSpool::SortOnce(Part& part) {
  const auto begin = links_.begin() + static_cast<std::ptrdiff_t>(part.begin);
  const auto end = links_.begin() + static_cast<std::ptrdiff_t>(part.end);
  std::sort(begin, end);
  part.end = part.begin + static_cast<std::size_t>(std::unique(begin, end) - begin);
}

absl::Status LinkSpool::Spill() {
  Sort();
  for (const Part& part : std::exchange(parts_, {})) {
    LinkRunWriter writer(file_, columns_, frame_links_);
    LAWINE_RETURN_IF_ERROR(writer.Add(LinksOf(part)));
    LAWINE_RETURN_IF_ERROR(writer.Finish(runs_.emplace_back()));
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
  for (const Part& part : parts_) readers.emplace_back(LinksOf(part));
  return readers;
}

std::uint64_t LinkSpool::run_links_count() const {
  std::uint64_t count = 0;
  for (const LinkRun& run : runs_) count += run.links_count;
  for (const Part& part : parts_) count += LinksOf(part).size();
  return count;
}

absl::Status LinkSpool::Merge(SourceLinksVisitor visit, std::uint64_t& duplicates) {
  std::vector<LinkRunReader> readers = Readers();
  LAWINE_RETURN_IF_ERROR(MergeRuns(readers, visit, duplicates_));
  duplicates += duplicates_;
  return absl::OkStatus();
}

}  // namespace lawine
