// Scenario file and flags made into one scenario.
#ifndef LAWINE_SERVICES_CLI_COMMANDS_SIMULATE_FLAGS_H_
#define LAWINE_SERVICES_CLI_COMMANDS_SIMULATE_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "lawine/v1/scenario.pb.h"
#include "lawine/v1/simulation.pb.h"

namespace lawine::cli {

struct SimulateFlags {
  std::string graph;
  std::string scenario_file;                // "-" is standard input
  std::optional<std::string> seed_members;  // ids, comma separated
  std::optional<std::uint32_t> audience;
  std::optional<std::uint32_t> highest_audience;  // how many
  std::optional<std::uint32_t> random;            // how many
  std::optional<std::uint32_t> page_rank;         // how many
  std::optional<std::uint32_t> core;              // how many
  std::optional<std::uint32_t> community;         // among whose members a rule chooses
  std::string from;                               // "RUN@STEP": what is said changes after it
  std::optional<std::string> forward;             // "0.1", or "45/1200" as counted
  std::optional<std::string> cascade;             // the same
  std::optional<std::uint32_t> max_steps;
  std::optional<std::uint32_t> steps_to_percent;  // of the reach
  bool groups = false;
  std::optional<std::uint32_t> replicas;
  std::optional<std::string> until_precision;  // "measure=reach,half_width=1%"
  std::optional<std::uint64_t> run_seed;
  std::optional<std::uint32_t> replica;  // this one alone; not with replicas
  std::string receipts;
  bool attribution = false;
  std::string graphml;
  std::uint32_t graphml_members = 100'000;
  std::string csv;
  std::string per_replica;
  std::string report;
  bool summary = false;
};

// Flags that say what scenario: all but replicas, and what to do with the result. `flags` must outlive the
// command.
void AddScenarioFlags(CLI::App& command, SimulateFlags& flags);

// "measure=reach,half_width=1%" or "half_width=500". INVALID_ARGUMENT for anything else.
absl::StatusOr<v1::UntilPrecision> ParsePrecision(const std::string& text);
// "17@3". INVALID_ARGUMENT for anything else.
absl::StatusOr<v1::BranchPoint> ParseBranchPoint(const std::string& text);

// Flags override the file. INVALID_ARGUMENT for whatever either says wrong, NOT_FOUND for a missing file.
absl::StatusOr<v1::Scenario> BuildScenario(const SimulateFlags& flags);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_COMMANDS_SIMULATE_FLAGS_H_
