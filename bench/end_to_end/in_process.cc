// lawine_in_process: the cluster's shards, machines and frames in one process, without gRPC. Beside the
// cluster's time it shows what the network costs. Prints JSON; the digest must be the cluster's.
#include <string>
#include <utility>
#include <vector>

#include "bench/end_to_end/bench_flags.h"
#include "bench/end_to_end/image_set.h"
#include "bench/end_to_end/measurement.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/local_cluster.h"
#include "engine/spread/seed_choice.h"

namespace lawine::bench {
namespace {

struct InProcessFlags : BenchFlags {
  std::string data;   // empty: generate
  std::string graph;  // in `data`
  std::uint64_t memory_limit = ~std::uint64_t{0};
  std::uint32_t shards = 4;
  std::uint32_t workers = 4;
  std::uint32_t replicas = 1;
  std::uint32_t lanes = 0;  // 0: as many as a cluster would
};

absl::StatusOr<ImageSet> Load(const InProcessFlags& flags, Executor& executor) {
  if (!flags.data.empty()) return HydrateFromData(flags.data, flags.graph, flags.memory_limit, executor);
  LAWINE_ASSIGN_OR_RETURN(const GeneratorSpec spec, GraphSpec(flags));
  return Generate(spec, flags.shards, executor);
}

std::vector<SeedCandidate> ChooseSeeds(const InProcessFlags& flags, const ImageSet& images) {
  const SeedRule rule{
      .kind = SeedRule::Kind::kAudience, .audience = flags.audience, .count = 1, .run_seed = flags.run_seed};
  std::vector<SeedCandidate> best;
  for (const auto& image : images) MergeSeeds(ProposeSeeds(image->members(), rule), rule.count, best);
  return best;
}

// Replicas together: counts by step and digests are sums.
Measured MeasuredOf(const ClusterOutcome& outcome) {
  Measured measured;
  measured.links_touched = outcome.links_touched;
  for (const LaneOutcome& lane : outcome.lanes) measured.digest += lane.digest;
  for (const StepCounts& step : outcome.steps) {
    measured.steps.push_back({step.step, step.deliveries, step.first_receipts, step.forwards});
  }
  return measured;
}

absl::StatusOr<Json> Measure(const InProcessFlags& flags, const RunSpec& spec, const ImageSet& images,
                             ThreadPool& pool) {
  std::vector<const ShardImage*> shards;
  for (const auto& image : images) shards.push_back(image.get());
  const LocalCluster cluster(shards, flags.workers);
  Repeated runs;
  std::uint64_t frame_bytes = 0, events = 0;
  for (std::uint32_t i = 0; i <= flags.runs; ++i) {
    const Clock start = ReadClock();
    LAWINE_ASSIGN_OR_RETURN(const ClusterOutcome outcome, cluster.Run(spec, pool));
    LAWINE_RETURN_IF_ERROR(runs.Add(start, MeasuredOf(outcome)));
    frame_bytes = outcome.frame_bytes;
    events = outcome.events;
  }
  Json json = runs.ToJson(static_cast<std::uint32_t>(pool.parallelism()));
  json["exchange_bytes"] = frame_bytes * (flags.workers - 1);
  const double seconds = json["processing_seconds"]["median"];
  json["milliseconds_a_replica"] = seconds * 1e3 / spec.replicas;
  json["events"] = events;
  return json;
}

// Each rate of the forward model, then the independent cascade.
absl::Status MeasureAll(const InProcessFlags& flags, RunSpec spec, const ImageSet& images, ThreadPool& pool,
                        Json& json) {
  for (const double forward : flags.forward) {
    LAWINE_ASSIGN_OR_RETURN(spec.forward, Threshold::FromProbability(forward));
    Json cascade = {{"forward", forward}};
    LAWINE_ASSIGN_OR_RETURN(cascade["in_process"], Measure(flags, spec, images, pool));
    json["cascades"].push_back(std::move(cascade));
  }
  if (!flags.link_probability.has_value()) return absl::OkStatus();
  LAWINE_ASSIGN_OR_RETURN(spec.forward, Threshold::FromProbability(1));
  LAWINE_ASSIGN_OR_RETURN(spec.link, Threshold::FromProbability(*flags.link_probability));
  json["independent_cascade"]["probability"] = *flags.link_probability;
  LAWINE_ASSIGN_OR_RETURN(json["independent_cascade"]["in_process"], Measure(flags, spec, images, pool));
  return absl::OkStatus();
}

absl::Status Run(const InProcessFlags& flags, Json& json) {
  ThreadPool pool(ThreadsOf(flags));
  const Clock start = ReadClock();
  LAWINE_ASSIGN_OR_RETURN(const ImageSet images, Load(flags, pool));
  const double load_seconds = SecondsSince(start);
  if (flags.workers > images.size()) {
    return absl::InvalidArgumentError("--workers: expected no more than there are shards");
  }
  const SeedCandidate seed = ChooseSeeds(flags, images).at(0);
  RunSpec spec;
  spec.run_seed = flags.run_seed;
  spec.seed_members = {seed.member};
  const GraphInfo& graph = images[0]->graph();
  spec.replicas = flags.replicas;
  spec.lanes = flags.lanes > 0 ? flags.lanes : LanesFor(graph.members(), spec.replicas);
  std::uint64_t resident_bytes = 0;
  std::uint64_t links_in_memory = 0;
  for (const auto& image : images) {
    resident_bytes += image->resident_bytes();
    links_in_memory += image->links_in_memory();
  }
  json = {{"program", "lawine_in_process"},
          {"build", BuildJson()},
          {"graph",
           {{"origin", graph.origin},
            {"members", graph.members()},
            {"links", graph.links},
            {"digest", graph.digest.ToHex()}}},
          {"shards", images.size()},
          {"workers", flags.workers},
          {"replicas", spec.replicas},
          {"lanes", spec.lanes},
          {"seed_member", std::to_string(seed.key)},
          {"seed_audience", seed.audience},
          {"load_seconds", load_seconds},
          {"load_threads", pool.parallelism()},
          {"resident_bytes", resident_bytes},
          {"links_in_memory", links_in_memory}};
  LAWINE_RETURN_IF_ERROR(MeasureAll(flags, std::move(spec), images, pool, json));
  json["peak_resident_bytes"] = PeakResidentBytes();
  return absl::OkStatus();
}

}  // namespace
}  // namespace lawine::bench

int main(int argc, char** argv) {
  CLI::App app("lawine_in_process: one cascade over all shards of a graph, without gRPC");
  lawine::bench::InProcessFlags flags;
  lawine::bench::AddBenchFlags(app, flags);
  const CLI::Range counts(1u, lawine::limits::kShardsMax);
  app.add_option("--workers", flags.workers, "Groups of shards that exchange frames")
      ->capture_default_str()
      ->check(counts);
  app.add_option("--shards", flags.shards, "Shards of a generated graph")
      ->capture_default_str()
      ->check(counts);
  app.add_option("--replicas", flags.replicas, "Realisations of chance")
      ->capture_default_str()
      ->check(CLI::Range(1u, lawine::limits::kReplicasMax));
  app.add_option("--lanes", flags.lanes, "Replicas in flight at most (default: as a cluster chooses)")
      ->check(CLI::Range(1u, lawine::limits::kLanesMax));
  CLI::Option* const graph = app.add_option("--graph", flags.graph, "Graph in --data");
  app.add_option("--data", flags.data, "Data directory of a stopped cluster (default: generate)")
      ->needs(graph);
  app.add_option("--memory-limit", flags.memory_limit,
                 "What members and links of --data take in memory, like 512MiB (default: no limit)")
      ->transform(CLI::AsSizeValue(true));
  CLI11_PARSE(app, argc, argv);
  lawine::bench::Json json;
  const absl::Status status = lawine::bench::Run(flags, json);
  return lawine::bench::Report(status, json);
}
