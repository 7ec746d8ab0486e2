#include "services/coordinator/cluster_figures.h"

#include <algorithm>

#include "services/common/reload_figures.h"

namespace lawine {

void AddClusterFigures(const WorkerDirectory& workers, const Graphs& graphs, const Runs& runs,
                       MetricFamilies& families) {
  const std::vector<lawine::v1::WorkerStatus> known = workers.Describe();
  const auto alive =
      std::count_if(known.begin(), known.end(), [](const auto& worker) { return worker.alive(); });
  AddGauges(families, "lawine_workers", "Workers that have registered since the coordinator started.",
            {{static_cast<double>(alive), {{"state", "alive"}}},
             {static_cast<double>(known.size()) - static_cast<double>(alive), {{"state", "gone"}}}});
  AddGauges(families, "lawine_graphs", "Graphs that are known.", {{static_cast<double>(graphs.count())}});
  std::uint32_t running = 0;
  std::uint32_t queued = 0;
  runs.Count(running, queued);
  AddGauges(families, "lawine_runs_running", "Runs going on.", {{static_cast<double>(running)}});
  AddGauges(families, "lawine_runs_queued", "Runs waiting for their turn.", {{static_cast<double>(queued)}});
}

void AddPortFigures(const Ports& ports, MetricFamilies& families) {
  AddReloadFigures(
      {{"cluster", ports.cluster_certificates.get()}, {"public", ports.public_certificates.get()}},
      ports.tokens != nullptr ? &ports.tokens->reloads() : nullptr, families);
}

}  // namespace lawine
