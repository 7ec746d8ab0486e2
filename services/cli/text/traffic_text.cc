#include "services/cli/text/traffic_text.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/cli/text/rate_text.h"
#include "services/cli/text/text.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;

std::string Rounded(double value) { return Thousands(static_cast<std::uint64_t>(std::llround(value))); }

// "12.30%" of a share.
std::string ShareText(double share) { return absl::StrCat(Decimal(100 * share, 2), "%"); }

std::string TrafficSentence(const v1::TrafficResult& result) {
  const v1::TrafficTotals& totals = result.totals();
  return absl::StrCat(Counted(totals.messages(), "message was", "messages were"), " delivered ",
                      Counted(totals.deliveries(), "time", "times"), " and reached ",
                      Decimal(result.reach().mean(), result.reach().mean() < 100 ? 1 : 0), " of ",
                      Thousands(result.graph_members()), " members on average, the largest ",
                      Thousands(result.reach().max()), ".");
}

std::string ReachTable(const v1::TrafficResult& result, bool color) {
  constexpr std::uint64_t kBarMax = 48;
  std::uint64_t most = 1;
  for (const v1::ReachBin& bin : result.reach().histogram())
    most = std::max<std::uint64_t>(most, bin.messages());
  Table table(
      {{"from", Align::kRight}, {"to", Align::kRight}, {"messages", Align::kRight}, {"", Align::kLeft}});
  for (const v1::ReachBin& bin : result.reach().histogram()) {
    // Some is never shown as none; rounded up by hand, as the product may not fit an integer.
    const auto bar = static_cast<std::size_t>(
        std::ceil(static_cast<double>(bin.messages()) / static_cast<double>(most) * kBarMax));
    table.AddRow(
        {Thousands(bin.first()), Thousands(bin.last()), Thousands(bin.messages()), std::string(bar, '#')});
  }
  return absl::StrCat("members reached, by how many messages\n", table.Render(color));
}

std::string StepsTable(const v1::TrafficResult& result, bool color) {
  constexpr int kRowsMax = 20;
  Table table({{"hops", Align::kRight}, {"messages", Align::kRight}, {"%", Align::kRight}});
  std::uint64_t further = 0;
  for (int i = 0; i < result.steps_size(); ++i) {
    const v1::StepsBin& bin = result.steps(i);
    if (i < kRowsMax || result.steps_size() == kRowsMax + 1) {
      table.AddRow({Thousands(bin.steps()), Thousands(bin.messages()),
                    PercentCell(bin.messages(), result.totals().messages())});
    } else {
      further += bin.messages();
    }
  }
  if (further > 0)
    table.AddRow({"more", Thousands(further), PercentCell(further, result.totals().messages())});
  return table.Render(color);
}

std::string HoursTable(const v1::TrafficResult& result, bool color) {
  Table table({{"hour", Align::kLeft}, {"messages", Align::kRight}, {"deliveries", Align::kRight}});
  for (const v1::HourTraffic& hour : result.hours()) {
    const bool after = hour.hour() >= 24;
    if (after && hour.deliveries() == 0) continue;
    table.AddRow({after ? "after midnight" : absl::StrCat(hour.hour(), ":00"), Thousands(hour.messages()),
                  Thousands(hour.deliveries())});
  }
  return absl::StrCat("by hour, if a hop takes a minute\n", table.Render(color));
}

std::string SendersTable(const v1::TrafficResult& result, bool color) {
  Table table({{"largest audiences", Align::kLeft},
               {"audience from", Align::kRight},
               {"members", Align::kRight},
               {"messages", Align::kRight},
               {"deliveries", Align::kRight},
               {"of all", Align::kRight}});
  for (const v1::SenderGroup& group : result.largest_senders()) {
    table.AddRow({absl::StrCat("top ", Percent(group.share_of_members())), Thousands(group.audience_min()),
                  Thousands(group.members()), Thousands(group.messages()), Thousands(group.deliveries()),
                  ShareText(group.share_of_deliveries())});
  }
  return table.Render(color);
}

std::string ShardsTable(const v1::TrafficResult& result, bool color) {
  Table table({{"shard", Align::kRight}, {"deliveries", Align::kRight}, {"of all", Align::kRight}});
  for (const v1::ShardLoad& shard : result.shards()) {
    table.AddRow({absl::StrCat(shard.shard()), Thousands(shard.deliveries()), ShareText(shard.share())});
  }
  return table.Render(color);
}

std::string TrafficFacts(const v1::TrafficResult& result) {
  const v1::TrafficTotals& totals = result.totals();
  const v1::Timing& timing = result.timing();
  std::vector<std::pair<std::string, std::string>> facts = {
      {"deliveries", absl::StrCat(Thousands(totals.deliveries()), ": ", Thousands(totals.first_receipts()),
                                  " first receipts, ", Thousands(totals.duplicates()), " duplicates")},
      {"forwards", Thousands(totals.forwards())},
      {"rate", absl::StrCat(Rounded(result.rates().messages_per_second()), " messages/s, ",
                            Rounded(result.rates().deliveries_per_second()), " deliveries/s")},
      {"time", absl::StrCat(Duration(timing.makespan_seconds()), " in all, spreading ",
                            Duration(timing.processing_seconds()))},
      {"forward probability", RateText(result.traffic().forward(), "probability")},
      {"run seed", absl::StrCat(result.run_seed())},
      {"digest", result.digest()}};
  if (totals.undelivered() > 0) {
    facts.insert(facts.begin() + 2,
                 {"cut off", absl::StrCat(Counted(totals.undelivered(), "message", "messages"),
                                          " had more to deliver after hop ", result.traffic().max_steps())});
  }
  return Facts(facts);
}

}  // namespace

std::string TrafficProgressText(const v1::TrafficProgress& progress) {
  const double seconds = std::max(progress.seconds(), 1e-3);
  return absl::StrCat(Thousands(progress.totals().messages()), " messages, ",
                      Rounded(static_cast<double>(progress.totals().deliveries()) / seconds),
                      " deliveries/s");
}

std::string TrafficReport(const v1::TrafficResult& result, bool color) {
  std::string text = absl::StrCat(Wrap(TrafficSentence(result)), "\n\n", TrafficFacts(result), "\n",
                                  ReachTable(result, color), "\n", StepsTable(result, color), "\n",
                                  HoursTable(result, color), "\n", SendersTable(result, color), "\n",
                                  ShardsTable(result, color));
  for (const std::string& warning : result.warnings()) {
    absl::StrAppend(&text, "\n", Wrap(absl::StrCat("warning: ", warning), 2), "\n");
  }
  return text;
}

absl::Status WriteTrafficRows(const v1::TrafficRows& rows, OutputFile& file) {
  const int count = rows.seed_members_size();
  for (const int size : {rows.start_seconds_size(), rows.reach_size(), rows.deliveries_size(),
                         rows.forwards_size(), rows.steps_size()}) {
    if (size != count) return absl::InternalError("the cluster sent rows whose columns differ in length");
  }
  std::string text;
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&text, rows.first_message() + static_cast<std::uint64_t>(i), ",",
                    CsvField(rows.seed_members(i)), ",", rows.start_seconds(i), ",", rows.reach(i), ",",
                    rows.deliveries(i), ",", rows.forwards(i), ",", rows.steps(i));
    text += '\n';
  }
  return file.Write(text);
}

}  // namespace lawine::cli
