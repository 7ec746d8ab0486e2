#include "services/cli/text/stats_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/cli/text/graph_text.h"
#include "services/cli/text/text.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;
using FactList = std::vector<std::pair<std::string, std::string>>;

std::string NetworksText(const v1::GetGraphStatsResponse& stats) {
  std::vector<std::string> parts;
  for (const v1::NetworkStats& row : stats.networks()) {
    const std::string name = row.network().empty() ? "not known" : row.network();
    parts.push_back(absl::StrCat(name, " ", Thousands(row.members())));
  }
  return absl::StrJoin(parts, ", ");
}

std::string AccountKindsText(const v1::GetGraphStatsResponse& stats) {
  std::vector<std::string> parts;
  for (const v1::AccountKindStats& row : stats.account_kinds()) {
    parts.push_back(absl::StrCat(AccountKindText(row.account_kind()), " ", Thousands(row.members())));
  }
  return absl::StrJoin(parts, "; ");
}

std::string CommunitiesText(const v1::GetGraphStatsResponse& stats) {
  if (stats.communities() == 0) return "none";
  std::vector<std::string> largest;
  for (const v1::CommunityStats& row : stats.largest_communities()) {
    largest.push_back(absl::StrCat(row.community(), " with ", Thousands(row.members())));
  }
  const std::uint32_t in_some = stats.graph().members() - stats.without_community();
  return absl::StrCat(Thousands(stats.communities()), " of ",
                      Decimal(static_cast<double>(in_some) / stats.communities(), 1),
                      " members on average; largest: ", absl::StrJoin(largest, ", "));
}

void AddShape(const v1::GraphShape& shape, FactList& facts) {
  const std::string basis = shape.exact()
                                ? "counted over all"
                                : absl::StrCat("estimated from ", Thousands(shape.links()), " links");
  facts.emplace_back("clustering", absl::StrCat(Decimal(shape.clustering(), 3), " over members, ",
                                                shape.clustering_near_100_members() == 0
                                                    ? "nobody has 80 to 125 followers"
                                                    : absl::StrCat(Decimal(shape.clustering_near_100(), 3),
                                                                   " over those with 80 to 125 followers"),
                                                ", ", shape.exact() ? "counted over all" : "estimated from ",
                                                shape.exact() ? "" : Thousands(shape.clustering_members()),
                                                shape.exact() ? "" : " members"));
  facts.emplace_back("returned links", absl::StrCat(Decimal(100 * shape.reciprocity(), 1), "%, ", basis));
  facts.emplace_back("assortativity", Decimal(shape.assortativity(), 3));
  facts.emplace_back("inside communities",
                     absl::StrCat(Decimal(100 * shape.inside_communities(), 1), "% of links"));
}

std::string Number(double value) {
  if (value >= 100) return Decimal(value, 0);
  return Decimal(value, value >= 2 ? 1 : 4);
}

const char* BasisText(const v1::PresetFigure& figure) { return figure.measured() ? "measured" : "assumed"; }

std::string FiguresText(const v1::GetGraphStatsResponse& stats, bool color) {
  if (stats.figures().empty()) return "";
  Table table({{"figure", Align::kLeft},
               {"target", Align::kRight},
               {"realised", Align::kRight},
               {"target is", Align::kLeft}});
  for (const v1::PresetFigure& figure : stats.figures()) {
    if (!figure.has_realised()) continue;
    table.AddRow({figure.figure(), Number(figure.target()), Number(figure.realised()), BasisText(figure)});
  }
  return table.Render(color) + "\n";
}

// What a memory limit leaves out, if it does.
std::string PartlyInMemoryText(const v1::GetGraphStatsResponse& stats) {
  std::uint64_t links = 0, in_memory = 0, shards = 0;
  for (const v1::ShardStats& shard : stats.shards()) {
    if (!shard.partly_in_memory()) continue;
    ++shards;
    links += shard.links();
    in_memory += shard.links_in_memory();
  }
  if (shards == 0) return "";
  const std::string what =
      in_memory == links
          ? "their links from the receivers' side are left out"
          : absl::StrCat("of their ", Thousands(links), " links ", Thousands(in_memory), " (",
                         PercentCell(in_memory, links), "%) are, the others are read from disk");
  return Wrap(absl::StrCat("warning: ", Counted(shards, "shard is", "shards are"),
                           " only partly in memory, by the workers' memory limits: ", what,
                           ". Runs give the same results, slower."),
              9) +
         "\n";
}

}  // namespace

std::string StatsText(const v1::GetGraphStatsResponse& stats, bool color) {
  FactList facts = GraphFacts(stats.graph());
  facts.emplace_back("audience", absl::StrCat("mean ", Decimal(stats.audience_mean(), 2), ", median ",
                                              Thousands(stats.audience_median()), ", 99% at most ",
                                              Thousands(stats.audience_p99()), ", largest ",
                                              Thousands(stats.audience_max())));
  facts.emplace_back("without followers",
                     absl::StrCat(Thousands(stats.without_followers()), " (",
                                  PercentCell(stats.without_followers(), stats.graph().members()), "%)"));
  facts.emplace_back("unreachable",
                     absl::StrCat(Thousands(stats.without_followees()), " (",
                                  PercentCell(stats.without_followees(), stats.graph().members()),
                                  "%) whom nobody's messages reach"));
  if (stats.persons() > 0 && stats.persons() < stats.graph().members()) {
    facts.emplace_back("people", absl::StrCat(Thousands(stats.persons()), ", some with several accounts"));
  }
  facts.emplace_back("networks", NetworksText(stats));
  facts.emplace_back("account kinds", AccountKindsText(stats));
  facts.emplace_back("communities", CommunitiesText(stats));
  if (stats.has_shape()) AddShape(stats.shape(), facts);
  Table table({{"shard", Align::kRight},
               {"worker", Align::kLeft},
               {"members", Align::kRight},
               {"links", Align::kRight},
               {"disk", Align::kRight},
               {"memory", Align::kRight},
               {"bytes/link", Align::kRight}});
  for (const v1::ShardStats& shard : stats.shards()) {
    const double links = static_cast<double>(shard.links());
    const std::string per_link =
        shard.links() == 0 ? "-" : Decimal(static_cast<double>(shard.disk_bytes()) / links, 2);
    table.AddRow({absl::StrCat(shard.shard()), shard.worker(), Thousands(shard.members()),
                  Thousands(shard.links()), Bytes(shard.disk_bytes()), Bytes(shard.resident_bytes()),
                  per_link});
  }
  return absl::StrCat(Facts(facts), "\n", FiguresText(stats, color), table.Render(color),
                      PartlyInMemoryText(stats));
}

std::string PresetsText(const v1::ListPresetsResponse& response, bool color) {
  Table table({{"preset", Align::kLeft},
               {"members", Align::kRight},
               {"mean", Align::kRight},
               {"generator", Align::kRight},
               {"", Align::kLeft}});
  for (const v1::Preset& preset : response.presets()) {
    table.AddRow({preset.name(), Thousands(preset.members()), Number(preset.links_per_member()),
                  absl::StrCat(preset.generator_version()), preset.title()});
  }
  return table.Render(color);
}

std::string PresetText(const v1::Preset& preset, bool color) {
  Table table({{"figure", Align::kLeft},
               {"value", Align::kRight},
               {"", Align::kLeft},
               {"source or reason", Align::kLeft}});
  for (const v1::PresetFigure& figure : preset.figures()) {
    table.AddRow({figure.figure(), Number(figure.target()), BasisText(figure), figure.source()});
  }
  return absl::StrCat(Facts({{"preset", preset.name()},
                             {"title", preset.title()},
                             {"members", Thousands(preset.members())},
                             {"generator", absl::StrCat("version ", preset.generator_version())},
                             {"sources", preset.sources()}}),
                      "\n", table.Render(color));
}

}  // namespace lawine::cli
