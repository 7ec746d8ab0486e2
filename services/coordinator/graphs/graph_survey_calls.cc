#include "services/coordinator/graphs/graph_survey_calls.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/graph_survey.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"
#include "services/coordinator/workers/fan_out.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kStepTimeout = absl::Minutes(2);
constexpr std::size_t kPairsPerCall = 1'000'000;  // within a request's size

// Each step of a survey, asked of all workers at once.
class SurveyedWorkers {
 public:
  SurveyedWorkers(const pbi::GraphInfo& graph, const Placement& placement, Cancellation& cancellation)
      : graph_(graph), placement_(placement), cancellation_(cancellation) {}

  absl::StatusOr<SurveyDraw> Draw(const SurveySize& size) const {
    pbi::SurveyShardsRequest request;
    *request.mutable_draw() = wire::ToProto(size);
    LAWINE_ASSIGN_OR_RETURN(const auto parts, Ask(request));
    SurveyDraw draw;
    for (const pbi::SurveyShardsResponse& part : parts) {
      LAWINE_RETURN_IF_ERROR(wire::AppendMembers(part.members(), draw.members));
      LAWINE_RETURN_IF_ERROR(wire::AppendMembers(part.sources(), draw.sources));
    }
    return draw;
  }

  absl::StatusOr<std::vector<SurveyLink>> Followers(std::span<const std::uint32_t> sources, bool all) const {
    pbi::SurveyShardsRequest request;
    request.mutable_followers()->mutable_sources()->Add(sources.begin(), sources.end());
    request.mutable_followers()->set_all(all);
    LAWINE_ASSIGN_OR_RETURN(const auto parts, Ask(request));
    std::vector<SurveyLink> links;
    for (const pbi::SurveyShardsResponse& part : parts)
      LAWINE_RETURN_IF_ERROR(wire::AppendLinks(part, links));
    return links;
  }

  absl::StatusOr<std::vector<std::uint8_t>> Find(std::span<const MemberPair> pairs) const {
    std::vector<std::uint8_t> found(pairs.size());
    for (std::size_t at = 0; at < pairs.size(); at += kPairsPerCall) {
      const auto some = pairs.subspan(at, std::min(kPairsPerCall, pairs.size() - at));
      pbi::SurveyShardsRequest request;
      *request.mutable_find() = wire::ToProto(some);
      LAWINE_ASSIGN_OR_RETURN(const auto parts, Ask(request));
      for (const pbi::SurveyShardsResponse& part : parts) {
        if (part.found().size() != some.size()) return absl::DataLossError("a worker answered short");
        for (std::size_t i = 0; i < some.size(); ++i)
          found[at + i] |= static_cast<std::uint8_t>(part.found()[i]);
      }
    }
    return found;
  }

 private:
  absl::StatusOr<std::vector<pbi::SurveyShardsResponse>> Ask(pbi::SurveyShardsRequest& request) const {
    request.set_graph(graph_.name());
    request.set_graph_version(graph_.graph_version());
    return AskAll(placement_.workers, &WorkerStub::SurveyShards, request, kStepTimeout,
                  {&cancellation_, placement_.lease.get()});
  }

  const pbi::GraphInfo& graph_;
  const Placement& placement_;
  Cancellation& cancellation_;
};

}  // namespace

absl::StatusOr<pb::GraphShape> SurveyShape(const pbi::GraphInfo& graph, const Placement& placement,
                                           Cancellation& cancellation) {
  const SurveyedWorkers workers(graph, placement, cancellation);
  LAWINE_ASSIGN_OR_RETURN(
      const GraphShape shape,
      SurveyGraph(graph.boundaries(graph.boundaries_size() - 1), graph.links(),
                  {.draw = [&](const SurveySize& size) { return workers.Draw(size); },
                   .followers = [&](std::span<const std::uint32_t> sources,
                                    bool all) { return workers.Followers(sources, all); },
                   .find = [&](std::span<const MemberPair> pairs) { return workers.Find(pairs); }}));
  return wire::ToProto(shape);
}

}  // namespace lawine
