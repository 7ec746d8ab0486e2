#include "services/coordinator/graphs/preset_list.h"

#include <algorithm>
#include <optional>

#include "engine/graph/generator.h"
#include "engine/graph/preset_figures.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

pb::PresetFigure ToProto(const PresetFigure& figure) {
  pb::PresetFigure proto;
  proto.set_figure(std::string(FigureName(figure.figure)));
  proto.set_target(figure.value());
  proto.set_measured(figure.measured);
  proto.set_source(std::string(figure.source));
  return proto;
}

double Milli(std::uint32_t thousandths) { return static_cast<double>(thousandths) / 1000; }

bool ScalesWithTheMean(Figure figure) { return figure <= Figure::kLargest; }

std::optional<double> Realised(Figure figure, const pb::GetGraphStatsResponse& stats) {
  const pb::GraphShape& shape = stats.shape();
  switch (figure) {
    case Figure::kMean:
      return stats.audience_mean();
    case Figure::kMedian:
      return stats.audience_median();
    case Figure::kP99:
      return stats.audience_p99();
    case Figure::kLargest:
      return stats.audience_max();
    case Figure::kIsolated:
      return static_cast<double>(std::min(stats.without_followees(), stats.without_followers())) /
             std::max(1u, stats.graph().members());
    default:
      break;
  }
  if (!stats.has_shape()) return std::nullopt;
  switch (figure) {
    case Figure::kReciprocity:
      return shape.reciprocity();
    case Figure::kClustering:
      return shape.clustering();
    case Figure::kClusteringNear100:
      if (shape.clustering_near_100_members() == 0) return std::nullopt;
      return shape.clustering_near_100();
    case Figure::kAssortativity:
      return shape.assortativity();
    case Figure::kInsideCommunities:
      return shape.inside_communities();
    default:
      return std::nullopt;
  }
}

}  // namespace

pb::ListPresetsResponse DescribePresets() {
  pb::ListPresetsResponse response;
  for (const Preset& preset : Presets()) {
    pb::Preset& proto = *response.add_presets();
    proto.set_name(std::string(preset.name));
    proto.set_title(std::string(preset.title));
    proto.set_members(preset.members);
    proto.set_links_per_member(Milli(preset.links_per_member_milli));
    proto.set_generator_version(preset.generator_version);
    proto.set_sources(std::string(preset.sources));
    for (const PresetFigure& figure : FiguresOf(preset)) *proto.add_figures() = ToProto(figure);
  }
  return response;
}

void CompareWithPreset(pb::GetGraphStatsResponse& stats) {
  const std::optional<GeneratorSpec> spec = SpecOfOrigin(stats.graph().origin());
  if (!spec.has_value()) return;
  const absl::StatusOr<const Preset*> preset = FindPreset(spec->preset);
  if (!preset.ok()) return;
  const double scale = Milli(spec->links_per_member_milli) / Milli((*preset)->links_per_member_milli);
  for (const PresetFigure& figure : FiguresOf(**preset)) {
    pb::PresetFigure& row = *stats.add_figures();
    row = ToProto(figure);
    if (ScalesWithTheMean(figure.figure)) row.set_target(row.target() * scale);
    const std::optional<double> realised = Realised(figure.figure, stats);
    if (realised.has_value()) row.set_realised(*realised);
  }
}

}  // namespace lawine
