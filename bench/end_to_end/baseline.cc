// lawine_baseline: the single-thread program on a plain array that a distributed engine must be held
// against, and the same array shared by all cores. Prints JSON; the digests must be the cluster's.
#include <string>

#include "bench/end_to_end/bench_flags.h"
#include "bench/end_to_end/measurement.h"
#include "bench/end_to_end/plain_cascade.h"
#include "bench/end_to_end/plain_graph.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_pool.h"

namespace lawine::bench {
namespace {

template <class Spread>
absl::StatusOr<Json> Measure(const BenchFlags& flags, std::uint32_t threads, Spread&& spread) {
  Repeated runs;
  for (std::uint32_t i = 0; i <= flags.runs; ++i) {
    const Clock start = ReadClock();
    LAWINE_RETURN_IF_ERROR(runs.Add(start, spread()));
  }
  Json json = runs.ToJson(threads);
  json["links_touched"] = json["deliveries"];  // plain push reads a link for every delivery
  return json;
}

absl::Status Run(const BenchFlags& flags, Json& json) {
  LAWINE_ASSIGN_OR_RETURN(const GeneratorSpec spec, GraphSpec(flags));
  LAWINE_ASSIGN_OR_RETURN(const Threshold forward, Threshold::FromProbability(flags.forward));
  ThreadPool pool(ThreadsOf(flags));
  const Clock start = ReadClock();
  LAWINE_ASSIGN_OR_RETURN(const auto source, MakeGenerator(spec, pool));
  LAWINE_ASSIGN_OR_RETURN(const PlainGraph graph, PlainGraph::Load(*source, pool));
  const double load_seconds = SecondsSince(start);
  const PlainMessage message{.seed_member = ChooseSeedMember(graph, flags.audience, flags.run_seed),
                             .run_seed = flags.run_seed,
                             .forward = forward};
  json = {{"program", "lawine_baseline"},
          {"build", BuildJson()},
          {"graph",
           {{"preset", spec.preset},
            {"members", graph.members_count()},
            {"links", graph.links_count()},
            {"digest", graph.digest().ToHex()}}},
          {"seed_member", std::to_string(message.seed_member)},
          {"seed_audience", graph.FollowersOf(message.seed_member).size()},
          {"load_seconds", load_seconds},
          {"load_threads", pool.parallelism()},
          {"resident_bytes", graph.resident_bytes()}};
  LAWINE_ASSIGN_OR_RETURN(json["single_thread"],
                          Measure(flags, 1, [&] { return SpreadOnOneThread(graph, message); }));
  LAWINE_ASSIGN_OR_RETURN(json["shared_bits"], Measure(flags, ThreadsOf(flags), [&] {
                            return SpreadOnSharedBits(graph, message, pool);
                          }));
  json["peak_resident_bytes"] = PeakResidentBytes();
  return absl::OkStatus();
}

}  // namespace
}  // namespace lawine::bench

int main(int argc, char** argv) {
  CLI::App app("lawine_baseline: one cascade on a plain array, on one thread and on all");
  lawine::bench::BenchFlags flags;
  lawine::bench::AddBenchFlags(app, flags);
  CLI11_PARSE(app, argc, argv);
  lawine::bench::Json json;
  const absl::Status status = lawine::bench::Run(flags, json);
  return lawine::bench::Report(status, json);
}
