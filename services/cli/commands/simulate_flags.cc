#include "services/cli/commands/simulate_flags.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/follow_run.h"
#include "services/cli/commands/integer_flag.h"
#include "services/cli/commands/rate_flag.h"
#include "services/cli/files/input_file.h"
#include "services/common/json/scenario_json.h"

namespace lawine::cli {
namespace {

absl::StatusOr<v1::Scenario> ReadScenario(const std::string& file) {
  if (file.empty()) return v1::Scenario();
  LAWINE_ASSIGN_OR_RETURN(const std::string text, ReadInput(file));
  return InFile("scenario", file, ParseScenarioJson(text));
}

void OverrideSeeds(const SimulateFlags& flags, v1::Scenario& scenario) {
  v1::SeedMembers seeds;
  if (flags.seed_members) {
    for (const absl::string_view id : absl::StrSplit(*flags.seed_members, ','))
      seeds.add_ids(std::string(id));
  } else if (flags.audience) {
    seeds.set_audience(*flags.audience);
  } else if (flags.highest_audience) {
    seeds.set_highest_audience(true);
    seeds.set_count(*flags.highest_audience);
  } else if (flags.random) {
    seeds.set_random(true);
    seeds.set_count(*flags.random);
  } else if (flags.page_rank) {
    seeds.set_page_rank(true);
    seeds.set_count(*flags.page_rank);
  } else if (flags.core) {
    seeds.set_core(true);
    seeds.set_count(*flags.core);
  } else if (!flags.community) {
    return;
  } else {
    seeds = scenario.seed_members();
    if (seeds.ByteSizeLong() == 0) seeds.set_random(true);
  }
  if (flags.community) seeds.set_community(*flags.community);
  *scenario.mutable_seed_members() = std::move(seeds);
}

void AddSeedFlags(CLI::App& command, SimulateFlags& flags) {
  const std::vector<CLI::Option*> rules = {
      command.add_option("--seed-members", flags.seed_members, "These members, by id")
          ->type_name("ID,ID,..."),
      AddInteger(command, "--audience", flags.audience, "N", "One whose audience is N, or nearest to it"),
      AddInteger(command, "--highest-audience", flags.highest_audience, "N",
                 "The N with the largest audiences"),
      AddInteger(command, "--random", flags.random, "N", "N members at random"),
      AddInteger(command, "--page-rank", flags.page_rank, "N",
                 "The N that members of high rank follow (PageRank)"),
      AddInteger(command, "--core", flags.core, "N",
                 "The N of the innermost cores (k-core by followers: igraph's mode 'out')")};
  for (CLI::Option* rule : rules) {
    rule->group("Seed members (one of these; default: one member at random)");
    for (CLI::Option* other : rules) {
      if (other != rule) rule->excludes(other);
    }
  }
  AddInteger(command, "--community", flags.community, "C", "Only among members of this community")
      ->group("Seed members (one of these; default: one member at random)");
}

}  // namespace

void AddScenarioFlags(CLI::App& command, SimulateFlags& flags) {
  command.add_option("NAME", flags.graph, "Name of the graph (default: the scenario's)");
  command
      .add_option(
          "--scenario", flags.scenario_file,
          "Scenario file, or the name of one of 'lawine scenario list'; flags override it ('-': standard "
          "input)")
      ->type_name("FILE");
  AddSeedFlags(command, flags);
  CLI::Option* const forward =
      command
          .add_option("--forward", flags.forward,
                      "Probability that a member forwards (default: 0.1), or what was counted of it")
          ->type_name("P|SHARES/RECEIPTS")
          ->check(RateProblem);
  command
      .add_option("--cascade", flags.cascade,
                  "Instead: probability that a link carries (independent cascade)")
      ->type_name("P|SHARES/RECEIPTS")
      ->check(RateProblem)
      ->excludes(forward);
  AddInteger(command, "--max-steps", flags.max_steps, "T",
             "Stop after this many hops (results count the hop after the last forwarder, too)");
  AddInteger(command, "--steps-to-percent", flags.steps_to_percent, "PERCENT",
             "Tell when this much of the reach was there, too (half and 90% are told anyway)");
  command.add_flag("--groups", flags.groups, "Tell results by network, account kind and community, too");
  AddInteger(command, "--run-seed", flags.run_seed, "S", "Key of the run's luck (default: 1)");
}

absl::StatusOr<v1::UntilPrecision> ParsePrecision(const std::string& text) {
  v1::UntilPrecision precision;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    absl::string_view number = pair.second;
    const bool percent = absl::ConsumeSuffix(&number, "%");
    double value = 0;
    if (pair.first == "measure") {
      precision.set_measure(std::string(pair.second));
    } else if (pair.first != "half_width" || !absl::SimpleAtod(number, &value)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--until-precision: expected such as measure=reach,half_width=1% or half_width=500, found '", text,
          "'"));
    } else if (percent) {
      precision.set_relative_half_width(value / 100);
    } else {
      precision.set_half_width(value);
    }
  }
  return precision;
}

absl::StatusOr<v1::BranchPoint> ParseBranchPoint(const std::string& text) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits('@', 1));
  v1::BranchPoint point;
  std::uint32_t step = 0;
  if (parts.first.empty() || !absl::SimpleAtoi(parts.second, &step)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--from: expected a run and its last step to keep, such as 17@3, found '", text, "'"));
  }
  point.set_run(RunName(std::string(parts.first)));
  point.set_after_step(step);
  return point;
}

absl::StatusOr<v1::Scenario> BuildScenario(const SimulateFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(v1::Scenario scenario, ReadScenario(flags.scenario_file));
  if (!flags.graph.empty()) scenario.set_graph(flags.graph);
  OverrideSeeds(flags, scenario);
  if (flags.forward) {
    v1::ForwardModel& forward = *scenario.mutable_model()->mutable_forward();
    LAWINE_RETURN_IF_ERROR(SetProbability("--forward", *flags.forward, forward));
  }
  if (flags.cascade) {
    v1::IndependentCascadeModel& cascade = *scenario.mutable_model()->mutable_independent_cascade();
    LAWINE_RETURN_IF_ERROR(SetProbability("--cascade", *flags.cascade, cascade));
  }
  if (flags.max_steps) scenario.mutable_stop()->set_max_steps(*flags.max_steps);
  if (flags.steps_to_percent) scenario.set_steps_to_percent(*flags.steps_to_percent);
  if (flags.groups) scenario.mutable_groups();
  if (flags.replicas) scenario.set_replicas(*flags.replicas);
  if (flags.replica) {
    scenario.set_first_replica(*flags.replica);
    scenario.set_replicas(1);
  }
  if (flags.run_seed) scenario.set_run_seed(*flags.run_seed);
  if (flags.until_precision) {
    LAWINE_ASSIGN_OR_RETURN(*scenario.mutable_until_precision(), ParsePrecision(*flags.until_precision));
  }
  LAWINE_RETURN_IF_ERROR(CheckScenario(scenario));
  if (scenario.graph().empty() && flags.from.empty()) {
    return absl::InvalidArgumentError("graph: expected the name of a graph, as NAME or in the scenario file");
  }
  const bool receipts = !flags.receipts.empty() || flags.attribution || !flags.graphml.empty();
  if (receipts && scenario.replicas() > 1) {
    return absl::InvalidArgumentError(
        "--receipts, --attribution, --graphml: receipts are kept of one replica only; leave out replicas");
  }
  return scenario;
}

}  // namespace lawine::cli
