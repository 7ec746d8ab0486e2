// Figures of a graph's shape that no shard can count alone, from samples: how many of a member's followers
// know each other, how many links are returned, whether large networks follow large ones, how many links
// stay inside communities.
//
// Who is drawn depends on dense ids only, so the figures of a graph are the same however it is sharded.
// Members are drawn alike; links are drawn alike by drawing sources in proportion to their audiences, large
// ones several times, and of each as many followers, those with the smallest coins. Small graphs are counted
// whole.
#ifndef LAWINE_ENGINE_STORE_GRAPH_SURVEY_H_
#define LAWINE_ENGINE_STORE_GRAPH_SURVEY_H_

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/store/shard_members.h"
#include "engine/store/shard_store.h"

namespace lawine {

// The expected numbers of draws; all where they are not less than there are.
struct SurveySize {
  std::uint64_t graph_members = 0;
  std::uint64_t graph_links = 0;
  std::uint64_t members = 4096;
  std::uint64_t sources = 8192;
  friend bool operator==(const SurveySize&, const SurveySize&) = default;
};

struct SurveyMember {
  std::uint32_t member = 0;  // dense id
  std::uint32_t audience = 0;
  std::uint32_t community = 0;
  friend auto operator<=>(const SurveyMember&, const SurveyMember&) = default;
};

struct SurveyDraw {
  std::vector<SurveyMember> members;  // each with the same probability
  std::vector<SurveyMember> sources;  // each in proportion to its audience, as often as it was drawn
};

// A link from `source` (dense id) to a member.
struct SurveyLink {
  std::uint32_t source = 0;
  SurveyMember follower;
  friend auto operator<=>(const SurveyLink&, const SurveyLink&) = default;
};

// Dense ids: source, follower.
using MemberPair = std::pair<std::uint32_t, std::uint32_t>;

// One shard's part of each step, ascending. INVALID_ARGUMENT when `size` is not of the shard's graph,
// DATA_LOSS when a member has more followers than the graph has links.
absl::StatusOr<SurveyDraw> DrawForSurvey(const ShardMembers& members, const SurveySize& size);
// Followers of `sources` (ascending) inside the shard: all, or of each source as many as it is named, those
// with the smallest coins. DATA_LOSS when a block is damaged.
absl::StatusOr<std::vector<SurveyLink>> FollowersForSurvey(const ShardReader& reader,
                                                           const ShardMembers& members,
                                                           std::span<const std::uint32_t> sources, bool all);
// For each of `pairs`, ascending, whether there is such a link; pairs whose follower is another shard's have
// none. Parallel to `pairs`, a byte each.
absl::StatusOr<std::vector<std::uint8_t>> FindLinks(const ShardReader& reader,
                                                    std::span<const MemberPair> pairs);

// The steps, asked of all shards together; answers in any order, but found links parallel to pairs.
struct SurveyCalls {
  absl::FunctionRef<absl::StatusOr<SurveyDraw>(const SurveySize& size)> draw;
  absl::FunctionRef<absl::StatusOr<std::vector<SurveyLink>>(std::span<const std::uint32_t> sources, bool all)>
      followers;
  absl::FunctionRef<absl::StatusOr<std::vector<std::uint8_t>>(std::span<const MemberPair> pairs)> find;
};

// Shares are of 1. Where nothing could be drawn (no links, no communities) they are 0, and the counts tell.
struct GraphShape {
  // Mean over members with two followers or more: of all pairs of followers, the share in which one follows
  // the other.
  double clustering = 0;
  std::uint64_t clustering_members = 0;
  // The same over members with 80 to 125 followers.
  double clustering_near_100 = 0;
  std::uint64_t clustering_near_100_members = 0;
  double reciprocity = 0;         // of links, the share that is returned
  double assortativity = 0;       // correlation of the audiences at both ends of a link
  double inside_communities = 0;  // of links, the share between members of one community
  std::uint64_t links = 0;        // looked at, for the last three
  bool exact = false;             // counted whole, not estimated
};
// DATA_LOSS when answers are not to what was asked.
absl::StatusOr<GraphShape> SurveyGraph(std::uint64_t graph_members, std::uint64_t graph_links,
                                       const SurveyCalls& calls);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_GRAPH_SURVEY_H_
