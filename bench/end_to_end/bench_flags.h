// Flags that the measured programs share: which graph, which message, how often.
#ifndef LAWINE_BENCH_END_TO_END_BENCH_FLAGS_H_
#define LAWINE_BENCH_END_TO_END_BENCH_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "engine/base/probability.h"
#include "engine/graph/generator.h"

namespace lawine::bench {

struct BenchFlags {
  std::string preset = "hyves";
  std::uint32_t members = 0;    // 0: the preset's
  double links_per_member = 0;  // 0: the preset's
  std::uint64_t graph_seed = 1;

  std::uint32_t audience = 300;         // of the seed member, or nearest to it
  std::vector<double> forward = {0.1};  // each a measurement of its own
  std::uint64_t run_seed = 1;
  std::optional<double> link_probability;  // also an independent cascade

  std::uint32_t runs = 3;
  std::uint32_t threads = 0;  // 0: one a core
};

// `flags` must outlive the parsing.
void AddBenchFlags(CLI::App& app, BenchFlags& flags);

absl::StatusOr<GeneratorSpec> GraphSpec(const BenchFlags& flags);
std::uint32_t ThreadsOf(const BenchFlags& flags);

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_END_TO_END_BENCH_FLAGS_H_
