// What graphs hold and presets stand for, in tables.
#ifndef LAWINE_SERVICES_CLI_TEXT_STATS_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_STATS_TEXT_H_

#include <string>

#include "lawine/v1/graph.pb.h"

namespace lawine::cli {

// With targets beside what the graph has, where it is made of a preset.
std::string StatsText(const v1::GetGraphStatsResponse& stats, bool color);
std::string PresetsText(const v1::ListPresetsResponse& response, bool color);
std::string PresetText(const v1::Preset& preset, bool color);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_STATS_TEXT_H_
