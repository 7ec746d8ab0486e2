#include "engine/store/graph_survey.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/base/coin.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/follower_block.h"
#include "engine/graph/profile.h"

namespace lawine {
namespace {

// Purposes of the coins; nothing but surveys uses them.
constexpr auto kMemberCoin = static_cast<CoinPurpose>(128);
constexpr auto kSourceCoin = static_cast<CoinPurpose>(129);
constexpr auto kFollowerCoin = static_cast<CoinPurpose>(130);
constexpr auto kPairCoin = static_cast<CoinPurpose>(131);

// Graphs with no more links are counted whole.
constexpr std::uint64_t kWholeLinksMax = 200'000;
constexpr std::uint64_t kWholePairsMax = 1'000'000;
constexpr std::uint64_t kPairsPerMember = 16;
constexpr std::uint32_t kNear100First = 80;
constexpr std::uint32_t kNear100Last = 125;

using Product = unsigned __int128;

// How often coins of `lane` draw `member`: weight * wanted / total times, what is left by a coin. REQUIRES:
// total > 0.
std::uint64_t Draws(const CoinLane& lane, std::uint32_t member, std::uint64_t weight, std::uint64_t wanted,
                    std::uint64_t total) {
  const Product share = Product{weight} * wanted;
  return static_cast<std::uint64_t>(share / total) +
         (Product{lane.Coin(member)} * total < (share % total) << 64);
}

std::uint64_t FollowerCoin(const SurveyLink& link) {
  return CoinLane({}, kFollowerCoin).Coin(link.source, link.follower.member);
}

// Calls visit(followers) with the followers of `source` inside the shard, as local ids.
template <class Visit>
absl::Status VisitFollowers(const ShardReader& reader, std::uint32_t source, FollowerLists& lists,
                            std::uint32_t& block_at_hand, Visit&& visit) {
  const ShardManifest& manifest = reader.manifest();
  if (source >= manifest.graph.members()) return absl::InvalidArgumentError("no such source");
  const std::uint32_t block = source / limits::kSourcesPerBlock;
  if (block != block_at_hand) {
    lists.Clear();
    LAWINE_RETURN_IF_ERROR(reader.ScanFollowers(block, block + 1, [&](std::uint32_t, std::string_view bytes) {
      return DecodeFollowerBlock(bytes, manifest.range().count, manifest.graph.columns, lists);
    }));
    block_at_hand = block;
  }
  if (lists.counts.empty()) return absl::OkStatus();
  const auto place = lists.counts.begin() + source % limits::kSourcesPerBlock;
  const std::size_t first = std::accumulate(lists.counts.begin(), place, std::size_t{0});
  visit(std::span(lists.followers).subspan(first, *place));
  return absl::OkStatus();
}

// Correlation of two columns given one pair of values at a time.
class Correlation {
 public:
  void Add(double x, double y) {
    ++count_;
    sum_x_ += x;
    sum_y_ += y;
    sum_xx_ += x * x;
    sum_yy_ += y * y;
    sum_xy_ += x * y;
  }
  double Value() const {
    const double varied = (count_ * sum_xx_ - sum_x_ * sum_x_) * (count_ * sum_yy_ - sum_y_ * sum_y_);
    return varied > 0 ? (count_ * sum_xy_ - sum_x_ * sum_y_) / std::sqrt(varied) : 0;
  }

 private:
  double count_ = 0, sum_x_ = 0, sum_y_ = 0, sum_xx_ = 0, sum_yy_ = 0, sum_xy_ = 0;
};

// Sorted once each, with answers for any order.
class LinkAnswers {
 public:
  static absl::StatusOr<LinkAnswers> Ask(std::vector<MemberPair> pairs, const SurveyCalls& calls) {
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    LinkAnswers answers;
    LAWINE_ASSIGN_OR_RETURN(answers.found_, calls.find(pairs));
    if (answers.found_.size() != pairs.size()) {
      return absl::DataLossError(
          absl::StrCat("survey: expected ", pairs.size(), " answers, found ", answers.found_.size()));
    }
    answers.pairs_ = std::move(pairs);
    return answers;
  }
  bool Has(const MemberPair& pair) const {
    const auto it = std::lower_bound(pairs_.begin(), pairs_.end(), pair);
    return it != pairs_.end() && *it == pair && found_[static_cast<std::size_t>(it - pairs_.begin())] != 0;
  }

 private:
  std::vector<MemberPair> pairs_;
  std::vector<std::uint8_t> found_;
};

// Of the links of one source, those with the smallest coins.
void KeepSmallest(std::size_t first, std::size_t count, std::vector<SurveyLink>& links) {
  const auto begin = links.begin() + static_cast<std::ptrdiff_t>(first);
  if (links.size() - first <= count) return;
  std::nth_element(
      begin, begin + static_cast<std::ptrdiff_t>(count), links.end(),
      [](const SurveyLink& a, const SurveyLink& b) { return FollowerCoin(a) < FollowerCoin(b); });
  links.resize(first + count);
}

// Of each source as many links as it is named in `sources`, whichever shards they came from. Both ascending.
std::vector<SurveyLink> KeepAsNamed(const std::vector<SurveyLink>& links,
                                    std::span<const std::uint32_t> sources) {
  std::vector<SurveyLink> kept;
  auto link = links.begin();
  for (std::size_t i = 0; i < sources.size();) {
    const std::size_t first = i;
    while (i < sources.size() && sources[i] == sources[first]) ++i;
    const std::size_t before = kept.size();
    while (link != links.end() && link->source == sources[first]) kept.push_back(*link++);
    KeepSmallest(before, i - first, kept);
  }
  return kept;
}

absl::Status MeasureLinks(const std::vector<SurveyMember>& sources, bool whole, const SurveyCalls& calls,
                          GraphShape& shape) {
  std::vector<std::uint32_t> ids;
  std::map<std::uint32_t, const SurveyMember*> by_id;
  for (const SurveyMember& source : sources) {
    ids.push_back(source.member);
    by_id[source.member] = &source;
  }
  std::sort(ids.begin(), ids.end());
  if (whole) ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  LAWINE_ASSIGN_OR_RETURN(std::vector<SurveyLink> links, calls.followers(ids, whole));
  std::sort(links.begin(), links.end());
  if (!whole) links = KeepAsNamed(links, ids);
  std::vector<MemberPair> returned;
  for (const SurveyLink& link : links) returned.emplace_back(link.follower.member, link.source);
  LAWINE_ASSIGN_OR_RETURN(const LinkAnswers answers, LinkAnswers::Ask(std::move(returned), calls));
  Correlation audiences;
  std::uint64_t mutual = 0, inside = 0;
  for (const SurveyLink& link : links) {
    const auto known = by_id.find(link.source);
    if (known == by_id.end()) {
      return absl::DataLossError(
          absl::StrCat("survey: expected followers of the members asked for, found some of ", link.source));
    }
    const SurveyMember& source = *known->second;
    mutual += answers.Has({link.follower.member, link.source});
    inside += source.community != kNoCommunity && source.community == link.follower.community;
    audiences.Add(source.audience, link.follower.audience);
  }
  shape.links = links.size();
  if (links.empty()) return absl::OkStatus();
  shape.reciprocity = static_cast<double>(mutual) / static_cast<double>(links.size());
  shape.inside_communities = static_cast<double>(inside) / static_cast<double>(links.size());
  shape.assortativity = audiences.Value();
  return absl::OkStatus();
}

std::uint64_t PairsOf(std::uint64_t followers) { return followers * (followers - 1) / 2; }

// Pairs of `followers` of `member`: all, or some drawn by coins.
std::vector<MemberPair> DrawPairs(std::uint32_t member, std::span<const std::uint32_t> followers, bool all) {
  std::vector<MemberPair> pairs;
  if (all || PairsOf(followers.size()) <= kPairsPerMember) {
    for (std::size_t i = 0; i < followers.size(); ++i) {
      for (std::size_t j = i + 1; j < followers.size(); ++j) pairs.emplace_back(followers[i], followers[j]);
    }
    return pairs;
  }
  const CoinLane lane = CoinLane({}, kPairCoin).ForSource(member);
  const auto pick = [](std::uint64_t coin, std::size_t count) {
    return static_cast<std::size_t>(((coin & 0xFFFFFFFFu) * count) >> 32);
  };
  for (std::uint64_t n = 0; n < kPairsPerMember; ++n) {
    const std::uint64_t coin = lane.Coin(n);
    const std::size_t i = pick(coin >> 32, followers.size());
    const std::size_t other = pick(coin, followers.size() - 1);
    const std::size_t j = other + (other >= i);
    pairs.emplace_back(followers[std::min(i, j)], followers[std::max(i, j)]);
  }
  return pairs;
}

struct MemberPairs {
  std::uint32_t followers = 0;
  std::vector<MemberPair> pairs;
};

absl::StatusOr<std::vector<MemberPairs>> PairsOfFollowers(const std::vector<SurveyMember>& members,
                                                          bool whole, const SurveyCalls& calls,
                                                          GraphShape& shape) {
  std::vector<std::uint32_t> ids;
  std::uint64_t pairs = 0;
  for (const SurveyMember& member : members) {
    if (member.audience < 2) continue;
    ids.push_back(member.member);
    pairs += PairsOf(member.audience);
  }
  std::sort(ids.begin(), ids.end());
  LAWINE_ASSIGN_OR_RETURN(std::vector<SurveyLink> links, calls.followers(ids, true));
  std::sort(links.begin(), links.end());
  const bool all = whole && pairs <= kWholePairsMax;
  shape.exact = all;
  std::vector<MemberPairs> drawn;
  std::vector<std::uint32_t> followers;
  for (std::size_t i = 0; i < links.size();) {
    const std::uint32_t source = links[i].source;
    followers.clear();
    for (; i < links.size() && links[i].source == source; ++i) followers.push_back(links[i].follower.member);
    // Links of several kinds name a follower several times.
    followers.erase(std::unique(followers.begin(), followers.end()), followers.end());
    if (followers.size() < 2) continue;
    drawn.push_back({static_cast<std::uint32_t>(followers.size()), DrawPairs(source, followers, all)});
  }
  return drawn;
}

absl::Status MeasureClustering(const std::vector<SurveyMember>& members, bool whole, const SurveyCalls& calls,
                               GraphShape& shape) {
  LAWINE_ASSIGN_OR_RETURN(const auto drawn, PairsOfFollowers(members, whole, calls, shape));
  // Where every link that was looked at is returned, asking for one direction is enough.
  const bool friendships = shape.reciprocity == 1;
  std::vector<MemberPair> questions;
  for (const MemberPairs& member : drawn) {
    for (const auto& [a, b] : member.pairs) {
      questions.emplace_back(a, b);
      if (!friendships) questions.emplace_back(b, a);
    }
  }
  LAWINE_ASSIGN_OR_RETURN(const LinkAnswers answers, LinkAnswers::Ask(std::move(questions), calls));
  double sum = 0, near_100 = 0;
  for (const MemberPairs& member : drawn) {
    const auto closed = std::count_if(member.pairs.begin(), member.pairs.end(), [&](const MemberPair& pair) {
      return answers.Has(pair) || answers.Has({pair.second, pair.first});
    });
    const double share = static_cast<double>(closed) / static_cast<double>(member.pairs.size());
    sum += share;
    if (member.followers < kNear100First || member.followers > kNear100Last) continue;
    near_100 += share;
    ++shape.clustering_near_100_members;
  }
  shape.clustering_members = drawn.size();
  if (!drawn.empty()) shape.clustering = sum / static_cast<double>(drawn.size());
  if (shape.clustering_near_100_members > 0) {
    shape.clustering_near_100 = near_100 / static_cast<double>(shape.clustering_near_100_members);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SurveyDraw> DrawForSurvey(const ShardMembers& members, const SurveySize& size) {
  const GraphInfo& graph = members.manifest().graph;
  if (size.graph_members != graph.members() || size.graph_links != graph.links ||
      size.sources > graph.links) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a survey of a graph of ", graph.members(), " members and ", graph.links,
                     " links, and of no more sources, found ", size.graph_members, ", ", size.graph_links,
                     " and ", size.sources));
  }
  const CoinLane member_lane({}, kMemberCoin);
  const CoinLane source_lane({}, kSourceCoin);
  SurveyDraw draw;
  for (std::uint32_t i = 0; i < members.range().count; ++i) {
    const SurveyMember member = {.member = members.range().first.value + i,
                                 .audience = members.audience()[i],
                                 .community = members.communities()[LocalId(i)]};
    if (Draws(member_lane, member.member, 1, size.members, size.graph_members) > 0) {
      draw.members.push_back(member);
    }
    if (member.audience == 0) continue;
    if (member.audience > graph.links) {
      return ManifestContradicted(members.manifest(), "a member has more followers than there are links");
    }
    draw.sources.insert(draw.sources.end(),
                        Draws(source_lane, member.member, member.audience, size.sources, size.graph_links),
                        member);
  }
  return draw;
}

absl::StatusOr<std::vector<SurveyLink>> FollowersForSurvey(const ShardReader& reader,
                                                           const ShardMembers& members,
                                                           std::span<const std::uint32_t> sources, bool all) {
  std::vector<SurveyLink> links;
  FollowerLists lists;
  std::uint32_t block = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t i = 0; i < sources.size();) {
    const std::size_t first = i;
    const std::uint32_t source = sources[first];
    while (i < sources.size() && sources[i] == source) ++i;
    const std::size_t before = links.size();
    LAWINE_RETURN_IF_ERROR(
        VisitFollowers(reader, source, lists, block, [&](std::span<const std::uint32_t> followers) {
          for (const std::uint32_t local : followers) {
            links.push_back({.source = source,
                             .follower = {.member = members.range().first.value + local,
                                          .audience = members.audience()[local],
                                          .community = members.communities()[LocalId(local)]}});
          }
        }));
    if (!all) KeepSmallest(before, i - first, links);
  }
  return links;
}

absl::StatusOr<std::vector<std::uint8_t>> FindLinks(const ShardReader& reader,
                                                    std::span<const MemberPair> pairs) {
  const MemberRange range = reader.manifest().range();
  std::vector<std::uint8_t> found(pairs.size());
  FollowerLists lists;
  std::uint32_t block = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto [source, follower] = pairs[i];
    if (!range.Contains(MemberId(follower))) continue;
    const std::uint32_t local = follower - range.first.value;
    LAWINE_RETURN_IF_ERROR(
        VisitFollowers(reader, source, lists, block, [&](std::span<const std::uint32_t> followers) {
          found[i] = std::binary_search(followers.begin(), followers.end(), local);
        }));
  }
  return found;
}

absl::StatusOr<GraphShape> SurveyGraph(std::uint64_t graph_members, std::uint64_t graph_links,
                                       const SurveyCalls& calls) {
  SurveySize size{.graph_members = graph_members, .graph_links = graph_links};
  const bool whole = graph_links <= kWholeLinksMax;
  if (whole) size.members = graph_members, size.sources = graph_links;
  GraphShape shape;
  LAWINE_ASSIGN_OR_RETURN(const SurveyDraw draw, calls.draw(size));
  LAWINE_RETURN_IF_ERROR(MeasureLinks(draw.sources, whole, calls, shape));
  LAWINE_RETURN_IF_ERROR(MeasureClustering(draw.members, whole, calls, shape));
  return shape;
}

}  // namespace lawine
