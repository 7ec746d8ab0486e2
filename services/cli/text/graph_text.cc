#include "services/cli/text/graph_text.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "services/cli/text/text.h"

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

}  // namespace

FactList GraphFacts(const v1::Graph& graph) {
  FactList facts = {{"graph", graph.name()},
                    {"members", Thousands(graph.members())},
                    {"links", absl::StrCat(Thousands(graph.links()), " (mean ", LinksPerMember(graph), ")")},
                    {"origin", graph.origin()},
                    {"shards", Thousands(graph.shards())},
                    {"made", Made(graph)},
                    {"digest", graph.digest()}};
  if (graph.graph_version() > 1) facts.emplace_back("version", Thousands(graph.graph_version()));
  if (!graph.missing_shards().empty()) facts.emplace_back("warning", Missing(graph));
  return facts;
}

const char* AccountKindText(std::uint32_t kind) {
  switch (kind) {
    case 1:
      return "purely personal";
    case 2:
      return "personal, openly tied to an organisation";
    case 3:
      return "organisation, represented by a named person";
    case 4:
      return "organisation";
    case 5:
      return "page";
    case 6:
      return "group";
    default:
      return "unknown";
  }
}

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

std::string ImportText(const v1::Graph& graph, const v1::ImportReport& report, bool remarks) {
  std::string text;
  if (remarks && report.examples_size() > 0) {
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

std::string MemberText(const v1::GetMemberResponse& response) {
  const v1::Member& member = response.member();
  FactList facts = {{"member", member.id()},
                    {"audience", Counted(member.audience(), "follower", "followers")},
                    {"follows", Counted(member.followees(), "member", "members")},
                    {"network", member.network().empty() ? "not known" : member.network()},
                    {"community", member.community() == 0 ? "not known" : absl::StrCat(member.community())},
                    {"account", AccountKindText(member.account_kind())},
                    {"key", absl::StrCat(member.key())},
                    {"shard", absl::StrCat(member.shard())}};
  if (!member.person().empty() && member.person() != member.id()) {
    facts.emplace_back("person", absl::StrCat("the owner of ", member.person()));
  }
  if (response.followers_size() > 0) {
    const bool more = static_cast<std::uint32_t>(response.followers_size()) < member.audience();
    facts.emplace_back(more ? "first followers" : "followers",
                       absl::StrCat(absl::StrJoin(response.followers(), ", "), more ? ", ..." : ""));
  }
  return Facts(facts);
}

std::string VerifyText(const v1::VerifyGraphResponse& response, bool color) {
  Table table({{"shard", Align::kRight},
               {"worker", Align::kLeft},
               {"members", Align::kRight},
               {"links", Align::kRight},
               {"files", Align::kRight},
               {"took", Align::kRight},
               {"", Align::kLeft}});
  std::string problems;
  for (const v1::ShardVerdict& shard : response.shards()) {
    const bool sound = shard.problem().empty();
    const bool compared = shard.file_bytes() > 0;
    table.AddRow({absl::StrCat(shard.shard()), shard.worker().empty() ? "-" : shard.worker(),
                  Thousands(shard.members()), Thousands(shard.links()), Bytes(shard.file_bytes()),
                  Duration(shard.seconds()),
                  !sound     ? "DAMAGED"
                  : compared ? "sound"
                             : "sound, no checksums"});
    const std::string remark =
        compared ? ""
                 : "it has no file CHECKSUMS: audiences, persons and profiles were compared with nothing; "
                   "restore it to have one, unless an earlier version made it";
    const std::string& told = sound ? remark : shard.problem();
    if (!told.empty()) {
      absl::StrAppend(&problems, Wrap(absl::StrCat("shard ", shard.shard(), ": ", told), 2), "\n");
    }
  }
  const std::string verdict =
      response.sound()
          ? absl::StrCat("digest ", response.digest(), ", as when it was made\n")
          : absl::StrCat("digest ", response.digest(), ", expected ", response.expected_digest(), "\n");
  return absl::StrCat(table.Render(color), "\n", problems, verdict);
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
    if (worker.alive() && worker.version() != status.version()) {
      const std::string warning = absl::StrCat("warning: ", worker.node_id(), ": version ", worker.version(),
                                               ", the coordinator is ", status.version());
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
