#include "bench/end_to_end/bench_flags.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "absl/strings/str_cat.h"

namespace lawine::bench {

void AddBenchFlags(CLI::App& app, BenchFlags& flags) {
  app.add_option("--preset", flags.preset, "Preset of the generated graph")->capture_default_str();
  app.add_option("--members", flags.members, "Members (default: the preset's)");
  app.add_option("--links-per-member", flags.links_per_member, "Mean audience (default: the preset's)");
  app.add_option("--graph-seed", flags.graph_seed, "Key of the graph")->capture_default_str();
  app.add_option("--audience", flags.audience, "Audience of the seed member, or nearest to it")
      ->capture_default_str();
  app.add_option("--forward", flags.forward, "Probabilities that a member forwards; each is measured")
      ->capture_default_str();
  app.add_option("--link-probability", flags.link_probability,
                 "Also an independent cascade in which links carry with this probability");
  app.add_option("--run-seed", flags.run_seed, "Key of the run's luck")->capture_default_str();
  app.add_option("--runs", flags.runs, "Times the message is spread, after a first time")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1000u));
  app.add_option("--threads", flags.threads, "Threads where several are used (default: one a core)")
      ->check(CLI::Range(1u, 1024u));
}

absl::StatusOr<GeneratorSpec> GraphSpec(const BenchFlags& flags) {
  constexpr double kMeanMax = kGeneratorMeanMilliMax / 1000.0;
  if (!(flags.links_per_member >= 0 && flags.links_per_member <= kMeanMax)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--links-per-member: expected 0 to ", kMeanMax, ", found ", flags.links_per_member));
  }
  return ResolveSpec(
      {.preset = flags.preset,
       .members = flags.members,
       .links_per_member_milli = static_cast<std::uint32_t>(std::llround(flags.links_per_member * 1000)),
       .graph_seed = flags.graph_seed});
}

std::uint32_t ThreadsOf(const BenchFlags& flags) {
  return flags.threads > 0 ? flags.threads : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace lawine::bench
