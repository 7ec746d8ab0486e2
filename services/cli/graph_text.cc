#include "services/cli/graph_text.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "services/cli/text.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;
using FactList = std::vector<std::pair<std::string, std::string>>;

std::string LinksPerMember(const v1::Graph& graph) {
  if (graph.members() == 0) return "0";
  return Decimal(static_cast<double>(graph.links()) / graph.members(), 1);
}

std::string Made(const v1::Graph& graph) {
  if (!graph.has_create_time()) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixSeconds(graph.create_time().seconds()),
                          absl::LocalTimeZone());
}

std::string Missing(const v1::Graph& graph) {
  return graph.missing_shards().empty()
             ? ""
             : absl::StrCat(graph.missing_shards_size(), " of ", graph.shards(),
                            " shards missing: ", absl::StrJoin(graph.missing_shards(), ", "));
}

FactList GraphFacts(const v1::Graph& graph) {
  FactList facts = {{"graph", graph.name()},
                    {"members", Thousands(graph.members())},
                    {"links", absl::StrCat(Thousands(graph.links()), " (mean ", LinksPerMember(graph), ")")},
                    {"origin", graph.origin()},
                    {"shards", Thousands(graph.shards())},
                    {"made", Made(graph)},
                    {"digest", graph.digest()}};
  if (!graph.missing_shards().empty()) facts.emplace_back("warning", Missing(graph));
  return facts;
}

const char* AccountKind(std::uint32_t kind) {
  switch (kind) {
    case 1:
      return "purely personal";
    case 2:
      return "personal, openly tied to an organisation";
    case 3:
      return "organisation, represented by a named person";
    case 4:
      return "organisation";
    default:
      return "unknown";
  }
}

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
    parts.push_back(absl::StrCat(AccountKind(row.account_kind()), " ", Thousands(row.members())));
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

std::string GraphText(const v1::Graph& graph) { return Facts(GraphFacts(graph)); }

std::string GraphsText(const std::vector<v1::Graph>& graphs, bool color) {
  if (graphs.empty())
    return "No graphs yet. Make one: lawine graph create hyves --preset hyves --members 100000\n";
  Table table({{"graph", Align::kLeft},
               {"members", Align::kRight},
               {"links", Align::kRight},
               {"mean", Align::kRight},
               {"shards", Align::kRight},
               {"made", Align::kLeft},
               {"", Align::kLeft}});
  for (const v1::Graph& graph : graphs) {
    table.AddRow({graph.name(), Thousands(graph.members()), Thousands(graph.links()), LinksPerMember(graph),
                  Thousands(graph.shards()), Made(graph), Missing(graph)});
  }
  return table.Render(color);
}

std::string ImportText(const v1::Graph& graph, const v1::ImportReport& report) {
  std::string text;
  if (report.examples_size() > 0) {
    absl::StrAppend(&text, "The first rows mean:\n");
    for (const std::string& example : report.examples()) absl::StrAppend(&text, "  ", example, "\n");
  }
  FactList facts = GraphFacts(graph);
  facts.emplace_back("read", absl::StrCat(Counted(report.lines(), "line", "lines"), ": ",
                                          Counted(report.rows(), "row", "rows"), ", ",
                                          Counted(report.comments(), "comment", "comments")));
  facts.emplace_back(
      "dropped",
      absl::StrCat(Counted(report.duplicates_dropped(), "repeated link", "repeated links"), ", ",
                   Counted(report.self_links_dropped(), "link", "links"), " of a member to itself"));
  if (report.profiles() > 0) facts.emplace_back("profiles", Counted(report.profiles(), "member", "members"));
  absl::StrAppend(&text, Facts(facts));
  for (const std::string& warning : report.warnings()) {
    absl::StrAppend(&text, Wrap(absl::StrCat("warning: ", warning), 9), "\n");
  }
  return text;
}

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
  facts.emplace_back("networks", NetworksText(stats));
  facts.emplace_back("account kinds", AccountKindsText(stats));
  facts.emplace_back("communities", CommunitiesText(stats));
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
  return absl::StrCat(Facts(facts), "\n", table.Render(color), PartlyInMemoryText(stats));
}

std::string MemberText(const v1::GetMemberResponse& response) {
  const v1::Member& member = response.member();
  FactList facts = {{"member", member.id()},
                    {"audience", Counted(member.audience(), "follower", "followers")},
                    {"follows", Counted(member.followees(), "member", "members")},
                    {"network", member.network().empty() ? "not known" : member.network()},
                    {"community", member.community() == 0 ? "not known" : absl::StrCat(member.community())},
                    {"account", AccountKind(member.account_kind())},
                    {"key", absl::StrCat(member.key())},
                    {"shard", absl::StrCat(member.shard())}};
  if (response.followers_size() > 0) {
    const bool more = static_cast<std::uint32_t>(response.followers_size()) < member.audience();
    facts.emplace_back(more ? "first followers" : "followers",
                       absl::StrCat(absl::StrJoin(response.followers(), ", "), more ? ", ..." : ""));
  }
  return Facts(facts);
}

std::string ClusterText(const v1::GetClusterStatusResponse& status, bool color) {
  Table table({{"worker", Align::kLeft},
               {"address", Align::kLeft},
               {"state", Align::kLeft},
               {"heard", Align::kRight},
               {"shards", Align::kRight},
               {"memory", Align::kRight},
               {"disk", Align::kRight},
               {"runs", Align::kRight}});
  std::string problems;
  for (const v1::WorkerStatus& worker : status.workers()) {
    table.AddRow({worker.node_id(), worker.address(), worker.alive() ? "alive" : "gone",
                  absl::StrCat(Decimal(worker.seconds_since_heard(), 1), " s ago"),
                  Thousands(worker.shards()), Bytes(worker.resident_bytes()), Bytes(worker.disk_bytes()),
                  Thousands(worker.runs())});
    if (worker.shards_partly_in_memory() > 0) {
      const std::string warning =
          absl::StrCat("warning: ", worker.node_id(), ": ",
                       Counted(worker.shards_partly_in_memory(), "shard is", "shards are"),
                       " only partly in memory, by its limit of ", Bytes(worker.memory_limit_bytes()),
                       ": runs on them are slower");
      absl::StrAppend(&problems, Wrap(warning, 9), "\n");
    }
    for (const std::string& problem : worker.problems()) {
      absl::StrAppend(&problems, Wrap(absl::StrCat("warning: ", worker.node_id(), ": ", problem), 9), "\n");
    }
  }
  return absl::StrCat(Facts({{"version", status.version()},
                             {"graphs", Thousands(status.graphs())},
                             {"runs", absl::StrCat(Thousands(status.runs_running()), " running, ",
                                                   Thousands(status.runs_queued()), " queued")}}),
                      "\n", table.Render(color), problems);
}

}  // namespace lawine::cli
