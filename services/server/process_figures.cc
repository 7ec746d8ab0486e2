#include "services/server/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "services/common/process.h"

namespace lawine {
namespace {

double ResidentBytes() {
  double total_pages = 0;
  double resident_pages = 0;
  std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double OpenFiles() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  return error ? 0 : static_cast<double>(std::distance(begin(files), end(files)));
}

double CpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return absl::ToDoubleSeconds(absl::DurationFromTimeval(used.ru_utime) +
                               absl::DurationFromTimeval(used.ru_stime));
}

}  // namespace

void AddProcessFigures(absl::Time started, MetricFamilies& families) {
  AddGauges(families, "lawine_build_info", "1, with the version of the program.",
            {{1, {{"version", kVersion}}}});
  AddGauges(families, "lawine_process_start_time_seconds", "When the process started.",
            {{absl::ToDoubleSeconds(started - absl::UnixEpoch())}});
  AddGauges(families, "process_resident_memory_bytes", "Memory of the process.", {{ResidentBytes()}});
  AddGauges(families, "process_open_fds", "Open files and connections.", {{OpenFiles()}});
  AddCounters(families, "process_cpu_seconds_total", "Processor time used.", {{CpuSeconds()}});
}

}  // namespace lawine
