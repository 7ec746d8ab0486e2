// What each preset stands for, figure by figure, and whether that is measured or assumed: what graphs made
// of it are compared with.
#ifndef LAWINE_ENGINE_GRAPH_PRESET_FIGURES_H_
#define LAWINE_ENGINE_GRAPH_PRESET_FIGURES_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/graph/preset.h"

namespace lawine {

enum class Figure : std::uint8_t {
  kMean,               // links a member
  kMedian,             // of audiences
  kP99,                // 99 in 100 members have at most this audience
  kLargest,            // audience
  kIsolated,           // share of members without any link
  kReciprocity,        // share of links that are returned
  kClustering,         // mean over members, see engine/store/graph_survey.h
  kClusteringNear100,  // over those with about 100 followers
  kAssortativity,      // correlation of audiences at both ends of a link
  kInsideCommunities,  // share of links
  kGrowthPerDay,       // members a day, share of those there are
  kForwardRate,        // everyday probability that a receipt is passed on
  kDelayHours,         // median time between receipt and forward, log-normal with shape parameter 1.5
};

// One everyday figure of a preset and where it comes from.
struct PresetFigure {
  Figure figure;
  std::uint64_t ppm;        // the value in millionths
  bool measured;            // else assumed
  std::string_view source;  // where it was measured, or why it is assumed so
  double value() const { return static_cast<double>(ppm) / 1e6; }
};

// "mean audience", "returned links", ... as reports write it.
std::string_view FigureName(Figure figure);
// In the order of Figure; empty for presets of several networks, which have those of each.
std::span<const PresetFigure> FiguresOf(const Preset& preset);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_PRESET_FIGURES_H_
