#include "engine/graph/preset_figures.h"

#include "gtest/gtest.h"

namespace lawine {
namespace {

TEST(PresetFiguresTest, EveryPresetHasEveryFigureOnceWithASource) {
  for (const Preset& preset : Presets()) {
    const auto figures = FiguresOf(preset);
    if (!preset.networks.empty()) {
      EXPECT_TRUE(figures.empty()) << preset.name;
      continue;
    }
    ASSERT_EQ(figures.size(), static_cast<std::size_t>(Figure::kDelayHours) + 1) << preset.name;
    for (std::size_t i = 0; i < figures.size(); ++i) {
      EXPECT_EQ(static_cast<std::size_t>(figures[i].figure), i) << preset.name;
      EXPECT_FALSE(figures[i].source.empty()) << preset.name << ", " << FigureName(figures[i].figure);
    }
  }
}

TEST(PresetFiguresTest, AgreeWithWhatTheGeneratorIsTold) {
  for (const Preset& preset : Presets()) {
    if (!preset.networks.empty()) continue;
    const auto figures = FiguresOf(preset);
    const auto ppm = [&](Figure figure) { return figures[static_cast<std::size_t>(figure)].ppm; };
    EXPECT_EQ(ppm(Figure::kMean), std::uint64_t{preset.links_per_member_milli} * 1000) << preset.name;
    EXPECT_EQ(ppm(Figure::kIsolated), preset.isolated_ppm) << preset.name;
    EXPECT_EQ(ppm(Figure::kReciprocity) == kMillion, preset.mutual_ppm == kMillion) << preset.name;
  }
}

}  // namespace
}  // namespace lawine
