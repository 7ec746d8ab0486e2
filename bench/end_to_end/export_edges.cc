// lawine_export_edges: a generated graph as text, one link a line ("from to"), for other people's programs.
// Standard output carries the links, standard error JSON: what was written.
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "bench/end_to_end/bench_flags.h"
#include "bench/end_to_end/measurement.h"
#include "bench/end_to_end/plain_cascade.h"
#include "bench/end_to_end/plain_graph.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_pool.h"

namespace lawine::bench {
namespace {

absl::Status Write(const PlainRows& followers) {
  std::string lines;
  for (std::uint32_t from = 0; from < followers.members_count(); ++from) {
    lines.clear();
    for (const std::uint32_t to : followers.Of(from)) absl::StrAppend(&lines, from, " ", to, "\n");
    if (std::fwrite(lines.data(), 1, lines.size(), stdout) != lines.size()) {
      return absl::DataLossError("expected to write all links, found standard output closed or full");
    }
  }
  return std::fflush(stdout) == 0 ? absl::OkStatus()
                                  : absl::DataLossError("standard output: not all written");
}

absl::Status Run(const BenchFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(const GeneratorSpec spec, GraphSpec(flags));
  ThreadPool pool(ThreadsOf(flags));
  LAWINE_ASSIGN_OR_RETURN(const auto source, MakeGenerator(spec, pool));
  LAWINE_ASSIGN_OR_RETURN(const PlainGraph graph, PlainGraph::Load(*source, pool));
  LAWINE_RETURN_IF_ERROR(Write(graph.followers));
  const std::uint32_t seed = ChooseSeedMember(graph.followers, flags.audience, flags.run_seed);
  const Json json = {{"members", graph.followers.members_count()},
                     {"links", graph.followers.links_count()},
                     {"digest", graph.digest.ToHex()},
                     {"seed_member", seed}};
  std::fprintf(stderr, "%s\n", json.dump().c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace lawine::bench

int main(int argc, char** argv) {
  CLI::App app("lawine_export_edges: a generated graph as an edge list");
  lawine::bench::BenchFlags flags;
  lawine::bench::AddBenchFlags(app, flags);
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = lawine::bench::Run(flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return 1;
}
