#include "services/cli/text/ensemble_text.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status_macros.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/text.h"
#include "services/common/json/message_json.h"
#include "services/coordinator/what_if/difference.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;

// "12.30% of them".
std::string ShareOf(const v1::Ensemble& ensemble) {
  const auto died = static_cast<std::uint64_t>(
      std::llround(ensemble.dying_out_share() * static_cast<double>(ensemble.replicas())));
  if (died == 0) return "none of them";
  if (died == ensemble.replicas()) return "all of them";
  return absl::StrCat(PercentCell(died, ensemble.replicas()), "% of them");
}

std::string Row(const v1::ReplicaResult& replica) {
  const v1::Totals& totals = replica.totals();
  std::string drawn;
  for (const double rate : replica.drawn_rates()) absl::StrAppend(&drawn, ",", absl::StrFormat("%.9g", rate));
  return absl::StrCat(
      replica.replica(), ",", totals.reach(), ",", totals.deliveries(), ",", totals.forwards(), ",",
      totals.duplicates(), ",", totals.steps(), ",", replica.digest(), ",",
      ShortEnumWord(*v1::ReasonStopped_descriptor()->FindValueByNumber(replica.reason_stopped())), drawn,
      "\n");
}

}  // namespace

std::string EnsembleSentence(const v1::RunResult& result) {
  const v1::Ensemble& ensemble = result.ensemble();
  const v1::Distribution& reach = ensemble.measures().reach();
  const v1::Quantiles& q = reach.quantiles();
  const std::string half = q.p25() == q.p75() ? absl::StrCat("at least half of them ", Thousands(q.p50()))
                                              : absl::StrCat("half of them between ", Thousands(q.p25()),
                                                             " and ", Thousands(q.p75()));
  const int decimals = reach.mean() < 100 ? 1 : 0;
  const std::string accepted =
      OfThemAccepted(result.scenario().model(), Decimal(ensemble.measures().forwards().mean(), decimals));
  return absl::StrCat("In ", Thousands(ensemble.replicas()), " realisations the message reached ",
                      Decimal(reach.mean(), decimals), " of ", Thousands(result.graph_members()),
                      " members on average", accepted, ", ", half,
                      ensemble.dying_out_below() == 0
                          ? ""
                          : absl::StrCat("; it died out (before ", Thousands(ensemble.dying_out_below()),
                                         " had it) in ", ShareOf(ensemble)),
                      ".");
}

std::string DiedOutCell(const v1::Ensemble& ensemble) {
  return ensemble.dying_out_below() == 0 ? "-" : absl::StrFormat("%.0f%%", 100 * ensemble.dying_out_share());
}

std::string PrecisionSentence(const v1::Ensemble& ensemble) {
  if (!ensemble.has_precision()) {
    return ensemble.remark().empty() ? "" : ensemble.remark() + " What is 95% sure leaves them out.";
  }
  const v1::EnsemblePrecision& precision = ensemble.precision();
  const std::string remark = precision.remark().empty() ? "" : " " + precision.remark();
  if (!precision.met() && !remark.empty()) {
    return absl::StrCat("After ", Thousands(ensemble.replicas()), " replicas the mean of ",
                        precision.measure(),
                        " is known less well than asked, but no more replicas are allowed.", remark);
  }
  const std::string share = precision.has_relative_half_width()
                                ? absl::StrCat(" (", Decimal(100 * precision.relative_half_width(), 2), "%)")
                                : "";
  return absl::StrCat(
      "After ", Thousands(ensemble.replicas()), " replicas the mean of ", precision.measure(),
      " is known to +/- ", MeanText(precision.measure(), precision.half_width()), share, ": ",
      precision.met() ? "as well as asked." : "less well than asked, but no more replicas are allowed.",
      remark);
}

std::string EnsembleTable(const v1::Ensemble& ensemble, const v1::Scenario& scenario, bool color) {
  Table table({{"of a replica", Align::kLeft},
               {"members reached", Align::kRight},
               {"deliveries", Align::kRight},
               {ForwardsWord(scenario), Align::kRight},
               {"already had it", Align::kRight},
               {StepsWord(scenario), Align::kRight}});
  const v1::EnsembleMeasures& measures = ensemble.measures();
  const auto add = [&](const std::string& name, const auto& text_of) {
    table.AddRow({name, text_of(measures.reach()), text_of(measures.deliveries()),
                  text_of(measures.forwards()), text_of(measures.duplicates()), text_of(measures.steps())});
  };
  using D = v1::Distribution;
  add("mean", [](const D& d) { return Decimal(d.mean(), 1); });
  add("  within, 95% sure",
      [](const D& d) { return absl::StrCat("+/-", Decimal((d.ci95().high() - d.ci95().low()) / 2, 1)); });
  add("standard deviation", [](const D& d) { return Decimal(d.standard_deviation(), 1); });
  add("least", [](const D& d) { return Thousands(d.min()); });
  add("5%", [](const D& d) { return Thousands(d.quantiles().p05()); });
  add("25%", [](const D& d) { return Thousands(d.quantiles().p25()); });
  add("median", [](const D& d) { return Thousands(d.quantiles().p50()); });
  add("75%", [](const D& d) { return Thousands(d.quantiles().p75()); });
  add("95%", [](const D& d) { return Thousands(d.quantiles().p95()); });
  add("most", [](const D& d) { return Thousands(d.max()); });
  return table.Render(color);
}

std::string ReachHistogram(const v1::Ensemble& ensemble, bool color) {
  constexpr std::uint64_t kBarMax = 48;
  const auto& bins = ensemble.histogram().reach();
  std::uint64_t most = 1;
  for (const v1::HistogramBin& bin : bins) most = std::max<std::uint64_t>(most, bin.replicas());
  Table table(
      {{"from", Align::kRight}, {"to", Align::kRight}, {"replicas", Align::kRight}, {"", Align::kLeft}});
  for (const v1::HistogramBin& bin : bins) {
    // Some is never shown as none.
    const std::uint64_t bar = (bin.replicas() * kBarMax + most - 1) / most;
    table.AddRow(
        {Thousands(bin.first()), Thousands(bin.last()), Thousands(bin.replicas()), std::string(bar, '#')});
  }
  return absl::StrCat("members reached, by how many replicas\n", table.Render(color));
}

absl::Status WriteReplicas(const v1::RunResult& result, OutputFile& file) {
  std::string header = "replica,reach,deliveries,forwards,duplicates,steps,digest,reason";
  for (const v1::CountedRate& rate : result.counted_rates()) absl::StrAppend(&header, ",", rate.field());
  LAWINE_RETURN_IF_ERROR(file.Write(header + "\n"));
  if (result.replicas_size() == 0) {
    v1::ReplicaResult single;
    single.set_replica(result.scenario().first_replica());
    *single.mutable_totals() = result.totals();
    single.set_digest(result.digest());
    single.set_reason_stopped(result.reason_stopped());
    for (const v1::CountedRate& rate : result.counted_rates()) single.add_drawn_rates(rate.drawn());
    LAWINE_RETURN_IF_ERROR(file.Write(Row(single)));
  }
  for (const v1::ReplicaResult& replica : result.replicas()) LAWINE_RETURN_IF_ERROR(file.Write(Row(replica)));
  return file.Finish();
}

}  // namespace lawine::cli
