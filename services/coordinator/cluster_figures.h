// What a coordinator knows of the cluster, in figures.
#ifndef LAWINE_SERVICES_COORDINATOR_CLUSTER_FIGURES_H_
#define LAWINE_SERVICES_COORDINATOR_CLUSTER_FIGURES_H_

#include "services/common/metric_families.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/ports.h"
#include "services/coordinator/runs/runs.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

void AddClusterFigures(const WorkerDirectory& workers, const Graphs& graphs, const Runs& runs,
                       MetricFamilies& families);
// Of certificates and tokens.
void AddPortFigures(const Ports& ports, MetricFamilies& families);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_CLUSTER_FIGURES_H_
