#include "services/cli/files/steps_file.h"

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status_macros.h"

namespace lawine::cli {
namespace {

constexpr char kTitle[] =
    "message,step,deliveries,first_receipts,duplicates,forwards,acting,seen,injected,ignored,recoveries,"
    "reached,"
    "reach_mean,reach_low,reach_high,reach_p05,reach_p25,reach_p50,reach_p75,reach_p95\n";

// Members reached so far, by step, as replicas had it.
using ReachByStep = std::map<std::uint32_t, std::string>;

ReachByStep ReachOf(const v1::Ensemble& ensemble) {
  ReachByStep reach;
  for (const v1::EnsembleStep& step : ensemble.steps()) {
    const v1::Distribution& d = step.reach();
    const v1::Quantiles& q = d.quantiles();
    reach[step.step()] = absl::StrFormat("%.17g,%.17g,%.17g,%d,%d,%d,%d,%d", d.mean(), d.ci95().low(),
                                         d.ci95().high(), q.p05(), q.p25(), q.p50(), q.p75(), q.p95());
  }
  return reach;
}

template <class Steps>
std::string Rows(const std::string& message, const Steps& steps, const ReachByStep& reach) {
  std::string rows;
  std::uint64_t reached = 0;
  const auto known = [](bool has, std::uint64_t count) { return has ? absl::StrCat(count) : ""; };
  for (const v1::StepCounts& c : steps) {
    reached += c.first_receipts();
    const auto by_replica = reach.find(c.step());
    absl::StrAppend(&rows, CsvField(message), ",", c.step(), ",", c.deliveries(), ",", c.first_receipts(),
                    ",", c.duplicates(), ",", c.forwards(), ",", known(c.has_acting(), c.acting()), ",",
                    known(c.has_seen(), c.seen()), ",", known(c.has_injected(), c.injected()), ",",
                    known(c.has_ignored(), c.ignored()), ",", known(c.has_recoveries(), c.recoveries()), ",",
                    reached, ",", by_replica == reach.end() ? ",,,,,,," : by_replica->second, "\n");
  }
  return rows;
}

}  // namespace

absl::Status WriteSteps(const v1::RunResult& result, OutputFile& file) {
  LAWINE_RETURN_IF_ERROR(file.Write(kTitle));
  const ReachByStep reach = ReachOf(result.ensemble());
  if (result.messages_size() == 0) {
    LAWINE_RETURN_IF_ERROR(file.Write(Rows(result.scenario().message().kind(), result.steps(), reach)));
  }
  for (int m = 0; m < result.messages_size(); ++m) {
    const v1::MessageResult& message = result.messages(m);
    const ReachByStep none;
    LAWINE_RETURN_IF_ERROR(file.Write(Rows(message.name(), message.steps(), m == 0 ? reach : none)));
  }
  return file.Finish();
}

}  // namespace lawine::cli
