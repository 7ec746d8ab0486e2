// lawine_baseline: the programs that a distributed engine must be held against. A plain array, spread over by
// one thread that pushes, by all cores on shared bits, and by one thread that also pulls. Prints JSON; the
// digests must be the cluster's.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "bench/end_to_end/bench_flags.h"
#include "bench/end_to_end/measurement.h"
#include "bench/end_to_end/plain_cascade.h"
#include "bench/end_to_end/plain_graph.h"
#include "bench/end_to_end/pull_cascade.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_pool.h"

namespace lawine::bench {
namespace {

struct BaselineFlags : BenchFlags {
  bool pull = true;
  std::uint32_t replicas = 0;
};

template <class Spread>
absl::StatusOr<Json> Measure(const BenchFlags& flags, std::uint32_t threads, Spread&& spread) {
  Repeated runs;
  for (std::uint32_t i = 0; i <= flags.runs; ++i) {
    const Clock start = ReadClock();
    LAWINE_RETURN_IF_ERROR(runs.Add(start, spread()));
  }
  return runs.ToJson(threads);
}

// {single_thread, shared_bits} of one message.
absl::StatusOr<Json> MeasurePush(const BenchFlags& flags, const PlainRows& followers,
                                 const PlainMessage& message, ThreadPool& pool) {
  Json json;
  LAWINE_ASSIGN_OR_RETURN(json["single_thread"],
                          Measure(flags, 1, [&] { return SpreadOnOneThread(followers, message); }));
  LAWINE_ASSIGN_OR_RETURN(json["shared_bits"], Measure(flags, ThreadsOf(flags), [&] {
                            return SpreadOnSharedBits(followers, message, pool);
                          }));
  return json;
}

// Reach of each of `replicas` replicas of the independent cascade, and the time of all.
Json MeasureEnsemble(const PlainRows& followers, PlainMessage message, std::uint32_t replicas) {
  Json reach = Json::array();
  const Clock start = ReadClock();
  for (message.replica = 0; message.replica < replicas; ++message.replica) {
    std::uint64_t reached = 0;
    for (const MeasuredStep& step : SpreadOnOneThread(followers, message).steps) {
      reached += step.first_receipts;
    }
    reach.push_back(reached);
  }
  return {{"seconds", SecondsSince(start)}, {"threads", 1}, {"reach", std::move(reach)}};
}

absl::Status MeasureIndependentCascade(const BaselineFlags& flags, const PlainRows& followers,
                                       PlainMessage message, ThreadPool& pool, Json& json) {
  if (!flags.link_probability.has_value()) return absl::OkStatus();
  LAWINE_ASSIGN_OR_RETURN(message.link, Threshold::FromProbability(*flags.link_probability));
  LAWINE_ASSIGN_OR_RETURN(message.forward, Threshold::FromProbability(1));
  LAWINE_ASSIGN_OR_RETURN(Json measured, MeasurePush(flags, followers, message, pool));
  measured["probability"] = *flags.link_probability;
  if (flags.replicas > 0) measured["ensemble"] = MeasureEnsemble(followers, message, flags.replicas);
  json["independent_cascade"] = std::move(measured);
  return absl::OkStatus();
}

absl::Status MeasureForward(const BaselineFlags& flags, const PlainRows& followers, PlainMessage message,
                            ThreadPool& pool, Json& json) {
  for (const double forward : flags.forward) {
    LAWINE_ASSIGN_OR_RETURN(message.forward, Threshold::FromProbability(forward));
    LAWINE_ASSIGN_OR_RETURN(Json cascade, MeasurePush(flags, followers, message, pool));
    cascade["forward"] = forward;
    json["cascades"].push_back(std::move(cascade));
  }
  return absl::OkStatus();
}

// After everything else: the second array doubles the memory.
absl::Status MeasurePull(const BaselineFlags& flags, const PlainRows& followers, PlainMessage message,
                         ThreadPool& pool, Json& json) {
  if (!flags.pull) return absl::OkStatus();
  const Clock start = ReadClock();
  const PlainRows followees = followers.Transposed(pool);
  PullProgram program(followers, followees);
  json["pull_index_seconds"] = SecondsSince(start);
  json["pull_resident_bytes"] = followers.bytes() + followees.bytes();
  for (std::size_t i = 0; i < flags.forward.size(); ++i) {
    LAWINE_ASSIGN_OR_RETURN(message.forward, Threshold::FromProbability(flags.forward[i]));
    LAWINE_ASSIGN_OR_RETURN(json["cascades"][i]["single_thread_pull"],
                            Measure(flags, 1, [&] { return program.Spread(message); }));
  }
  return absl::OkStatus();
}

absl::Status Run(const BaselineFlags& flags, Json& json) {
  LAWINE_ASSIGN_OR_RETURN(const GeneratorSpec spec, GraphSpec(flags));
  ThreadPool pool(ThreadsOf(flags));
  const Clock start = ReadClock();
  LAWINE_ASSIGN_OR_RETURN(const auto source, MakeGenerator(spec, pool));
  LAWINE_ASSIGN_OR_RETURN(const PlainGraph graph, PlainGraph::Load(*source, pool));
  const double load_seconds = SecondsSince(start);
  const PlainRows& followers = graph.followers;
  PlainMessage message;
  message.seed_member = ChooseSeedMember(followers, flags.audience, flags.run_seed);
  message.run_seed = flags.run_seed;
  json = {{"program", "lawine_baseline"},
          {"build", BuildJson()},
          {"graph",
           {{"preset", spec.preset},
            {"members", followers.members_count()},
            {"links", followers.links_count()},
            {"digest", graph.digest.ToHex()}}},
          {"seed_member", std::to_string(message.seed_member)},
          {"seed_audience", followers.CountOf(message.seed_member)},
          {"load_seconds", load_seconds},
          {"load_threads", pool.parallelism()},
          {"resident_bytes", followers.bytes()}};
  LAWINE_RETURN_IF_ERROR(MeasureForward(flags, followers, message, pool, json));
  LAWINE_RETURN_IF_ERROR(MeasureIndependentCascade(flags, followers, message, pool, json));
  LAWINE_RETURN_IF_ERROR(MeasurePull(flags, followers, message, pool, json));
  json["peak_resident_bytes"] = PeakResidentBytes();
  return absl::OkStatus();
}

}  // namespace
}  // namespace lawine::bench

int main(int argc, char** argv) {
  CLI::App app("lawine_baseline: one message on a plain array, by the programs to beat");
  lawine::bench::BaselineFlags flags;
  lawine::bench::AddBenchFlags(app, flags);
  app.add_flag("--pull,!--no-pull", flags.pull, "Also pull, from a second array (default: yes)");
  app.add_option("--replicas", flags.replicas, "Also this many replicas of the independent cascade");
  CLI11_PARSE(app, argc, argv);
  lawine::bench::Json json;
  const absl::Status status = lawine::bench::Run(flags, json);
  return lawine::bench::Report(status, json);
}
