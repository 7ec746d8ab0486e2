#include "engine/store/member_ranks.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/store/list_walk.h"

namespace lawine {
namespace {

// 0.85 of a rank is passed on, in 2^-16, and 0.15 everybody has.
constexpr std::uint64_t kPassedOn = 55'706;
constexpr std::uint64_t kKept = (1u << 16) - kPassedOn;
constexpr std::uint32_t kSourcesAtOnce = 1u << 16;

}  // namespace

PageRank::PageRank(std::vector<std::uint32_t> followees)
    : followees_(std::move(followees)), ranks_(followees_.size(), kOne) {}

std::vector<std::uint64_t> PageRank::PassedOn() const {
  std::vector<std::uint64_t> passed_on(ranks_.size());
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    if (followees_[i] == 0) continue;
    const auto part = static_cast<unsigned __int128>(ranks_[i]) * kPassedOn >> 16;
    passed_on[i] = static_cast<std::uint64_t>(part / followees_[i]);
  }
  return passed_on;
}

void PageRank::Take(std::vector<std::uint64_t> sums) {
  LAWINE_CHECK(sums.size() == ranks_.size());
  ranks_ = std::move(sums);
  for (std::uint64_t& rank : ranks_) rank += kOne * kKept >> 16;
}

CorePeeling::CorePeeling(std::vector<std::uint32_t> audiences)
    : followers_(std::move(audiences)),
      cores_(followers_.size()),
      left_(followers_.size()),
      staying_(followers_.size()) {
  std::iota(staying_.begin(), staying_.end(), 0u);
}

void CorePeeling::Remove(std::uint32_t member) {
  left_[member] = true;
  cores_[member] = core_;
  leaving_.push_back(member);
}

std::vector<std::uint32_t> CorePeeling::Leave() {
  while (leaving_.empty() && !staying_.empty()) {
    std::erase_if(staying_, [this](std::uint32_t member) {
      if (!left_[member] && followers_[member] <= core_) Remove(member);
      return left_[member];
    });
    if (!leaving_.empty() || staying_.empty()) break;
    core_ = followers_[*std::min_element(staying_.begin(), staying_.end(),
                                         [this](auto a, auto b) { return followers_[a] < followers_[b]; })];
  }
  return std::exchange(leaving_, {});
}

void CorePeeling::LoseFollowers(std::span<const std::uint32_t> followees) {
  for (const std::uint32_t member : followees) {
    if (left_[member]) continue;
    if (--followers_[member] <= core_) Remove(member);
  }
}

absl::Status AddPassedOn(const ShardImage& image, std::span<const std::uint64_t> passed_on,
                         std::span<std::uint64_t> sums, Executor& executor) {
  const auto members_count = static_cast<std::uint32_t>(sums.size());
  const std::uint32_t parts = (members_count + kSourcesAtOnce - 1) / kSourcesAtOnce;
  std::vector<absl::Status> statuses(parts);
  executor.ParallelFor(parts, [&](std::size_t part) {
    const auto first = static_cast<std::uint32_t>(part) * kSourcesAtOnce;
    std::vector<MemberId> sources;
    for (std::uint32_t s = first; s < std::min(first + kSourcesAtOnce, members_count); ++s) {
      sources.push_back(MemberId(s));
    }
    const auto add = [&](std::size_t i, Gaps list) {
      std::uint32_t place = 0;
      for (const std::uint16_t gap : list) {
        place += gap;
        if (gap != kSkip) sums[sources[i].value] += passed_on[place];
      }
    };
    statuses[part] = ForEachList(image, sources, add).status();
  });
  for (const absl::Status& status : statuses) LAWINE_RETURN_IF_ERROR(status);
  return absl::OkStatus();
}

absl::Status VisitFollowees(const ShardImage& image, std::span<const std::uint32_t> members,
                            const std::function<void(std::uint32_t)>& visit) {
  if (!image.HasFollowees()) {
    return absl::FailedPreconditionError(
        "cores: whom members follow is only known in memory: raise the memory limit");
  }
  image.WithFollowees([&](const auto& followees) {
    for (const std::uint32_t member : members) {
      if (!image.range().Contains(MemberId(member))) continue;
      bool found = false;
      followees.Find(LocalId(member - image.range().first.value), found, [&visit](std::uint32_t followee) {
        visit(followee);
        return false;
      });
    }
  });
  return absl::OkStatus();
}

}  // namespace lawine
