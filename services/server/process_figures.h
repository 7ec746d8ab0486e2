// A process in figures, as its operating system sees it.
#ifndef LAWINE_SERVICES_SERVER_PROCESS_FIGURES_H_
#define LAWINE_SERVICES_SERVER_PROCESS_FIGURES_H_

#include "absl/time/time.h"
#include "services/common/metric_families.h"

namespace lawine {

void AddProcessFigures(absl::Time started, MetricFamilies& families);

}  // namespace lawine

#endif  // LAWINE_SERVICES_SERVER_PROCESS_FIGURES_H_
