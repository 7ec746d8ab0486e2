#include "services/common/wire.h"

namespace lawine::wire {
namespace {

absl::Status UnequalColumns() {
  return absl::InvalidArgumentError("expected columns of a survey to be equally long");
}

}  // namespace

pbi::SurveyDrawSize ToProto(const SurveySize& size) {
  pbi::SurveyDrawSize proto;
  proto.set_graph_members(size.graph_members);
  proto.set_graph_links(size.graph_links);
  proto.set_members(size.members);
  proto.set_sources(size.sources);
  return proto;
}

SurveySize FromProto(const pbi::SurveyDrawSize& proto) {
  return {.graph_members = proto.graph_members(),
          .graph_links = proto.graph_links(),
          .members = proto.members(),
          .sources = proto.sources()};
}

void AddMembers(std::span<const SurveyMember> members, pbi::SurveyMembers& proto) {
  for (const SurveyMember& member : members) {
    proto.add_members(member.member);
    proto.add_audiences(member.audience);
    proto.add_communities(member.community);
  }
}

absl::Status AppendMembers(const pbi::SurveyMembers& proto, std::vector<SurveyMember>& members) {
  if (proto.audiences_size() != proto.members_size() || proto.communities_size() != proto.members_size()) {
    return UnequalColumns();
  }
  for (int i = 0; i < proto.members_size(); ++i) {
    members.push_back({proto.members(i), proto.audiences(i), proto.communities(i)});
  }
  return absl::OkStatus();
}

void AddLinks(std::span<const SurveyLink> links, pbi::SurveyShardsResponse& proto) {
  for (const SurveyLink& link : links) {
    proto.add_link_sources(link.source);
    AddMembers({&link.follower, 1}, *proto.mutable_followers());
  }
}

absl::Status AppendLinks(const pbi::SurveyShardsResponse& proto, std::vector<SurveyLink>& links) {
  std::vector<SurveyMember> followers;
  if (absl::Status status = AppendMembers(proto.followers(), followers); !status.ok()) return status;
  if (proto.link_sources_size() != static_cast<int>(followers.size())) return UnequalColumns();
  for (int i = 0; i < proto.link_sources_size(); ++i) {
    links.push_back({proto.link_sources(i), followers[static_cast<std::size_t>(i)]});
  }
  return absl::OkStatus();
}

pbi::SurveyLinks ToProto(std::span<const MemberPair> pairs) {
  pbi::SurveyLinks proto;
  for (const auto& [source, follower] : pairs) {
    proto.add_sources(source);
    proto.add_followers(follower);
  }
  return proto;
}

absl::StatusOr<std::vector<MemberPair>> FromProto(const pbi::SurveyLinks& proto) {
  if (proto.followers_size() != proto.sources_size()) return UnequalColumns();
  std::vector<MemberPair> pairs;
  for (int i = 0; i < proto.sources_size(); ++i) pairs.emplace_back(proto.sources(i), proto.followers(i));
  return pairs;
}

pb::GraphShape ToProto(const GraphShape& shape) {
  pb::GraphShape proto;
  proto.set_clustering(shape.clustering);
  proto.set_clustering_members(shape.clustering_members);
  proto.set_clustering_near_100(shape.clustering_near_100);
  proto.set_clustering_near_100_members(shape.clustering_near_100_members);
  proto.set_reciprocity(shape.reciprocity);
  proto.set_assortativity(shape.assortativity);
  proto.set_inside_communities(shape.inside_communities);
  proto.set_links(shape.links);
  proto.set_exact(shape.exact);
  return proto;
}

}  // namespace lawine::wire
