// Presets and their figures, for callers.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_PRESET_LIST_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_PRESET_LIST_H_

#include "lawine/v1/graph.pb.h"

namespace lawine {

lawine::v1::ListPresetsResponse DescribePresets();

// Puts the figures of the preset that the graph of `stats` was made of, if it was, beside what it has.
void CompareWithPreset(lawine::v1::GetGraphStatsResponse& stats);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_PRESET_LIST_H_
