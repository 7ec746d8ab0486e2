#include "services/worker/shards/survey.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/store/graph_survey.h"
#include "services/common/wire.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

// What one shard adds to `response`.
absl::Status SurveyShard(const ShardReader& reader, const ShardMembers& members,
                         const pbi::SurveyShardsRequest& request, std::span<const MemberPair> pairs,
                         pbi::SurveyShardsResponse& response) {
  if (request.has_draw()) {
    LAWINE_ASSIGN_OR_RETURN(const SurveyDraw draw, DrawForSurvey(members, wire::FromProto(request.draw())));
    wire::AddMembers(draw.members, *response.mutable_members());
    wire::AddMembers(draw.sources, *response.mutable_sources());
    return absl::OkStatus();
  }
  if (request.has_followers()) {
    const auto& sources = request.followers().sources();
    LAWINE_ASSIGN_OR_RETURN(
        const std::vector<SurveyLink> links,
        FollowersForSurvey(reader, members, {sources.data(), static_cast<std::size_t>(sources.size())},
                           request.followers().all()));
    wire::AddLinks(links, response);
    return absl::OkStatus();
  }
  LAWINE_ASSIGN_OR_RETURN(const std::vector<std::uint8_t> found, FindLinks(reader, pairs));
  std::string& all = *response.mutable_found();
  all.resize(pairs.size());
  for (std::size_t i = 0; i < found.size(); ++i) all[i] = static_cast<char>(all[i] | found[i]);
  return absl::OkStatus();
}

}  // namespace

absl::Status Survey(ShardHost& shards, const pbi::SurveyShardsRequest& request,
                    pbi::SurveyShardsResponse& response) {
  LAWINE_ASSIGN_OR_RETURN(const auto all, shards.Members(request.graph(), request.graph_version()));
  if (request.step_case() == pbi::SurveyShardsRequest::STEP_NOT_SET) {
    return absl::InvalidArgumentError("expected a step of a survey");
  }
  LAWINE_ASSIGN_OR_RETURN(const std::vector<MemberPair> pairs, wire::FromProto(request.find()));
  for (const auto& members : all) {
    LAWINE_ASSIGN_OR_RETURN(const auto reader, shards.Reader({request.graph(), members->manifest().shard},
                                                             request.graph_version()));
    LAWINE_RETURN_IF_ERROR(SurveyShard(*reader, *members, request, pairs, response));
  }
  return absl::OkStatus();
}

}  // namespace lawine
