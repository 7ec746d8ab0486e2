// What a run is: everything its result depends on, beside the graph.
#ifndef LAWINE_ENGINE_SPREAD_RUN_SPEC_H_
#define LAWINE_ENGINE_SPREAD_RUN_SPEC_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/probability.h"
#include "engine/spread/drawn_rates.h"
#include "engine/spread/message_spec.h"

namespace lawine {

struct RunSpec {
  std::uint64_t run_id = 0;   // names the run's frames; no part of its luck
  std::uint32_t attempt = 1;  // grows with every resume; frames of other attempts are dropped

  std::uint64_t run_seed = 1;
  std::uint64_t message = 0;        // the message's number in the scenario
  std::uint32_t first_replica = 0;  // replicas are numbered from here; their luck is their number's
  std::uint32_t replicas = 1;
  std::uint32_t lanes = 1;  // replicas in flight at most, the same at every worker; no part of the luck
  // Whether a member passes on what it received: one coin a member, at its receipt.
  Threshold forward;
  // Whether a link carries what its source passes on: one coin a link. A delivery is a link that carried.
  // The `forward` model has 1 here; independent cascade has 1 above.
  Threshold link = Threshold::FromFixed(Threshold::kOne);
  std::optional<std::uint32_t> max_steps;  // deliveries through this step; none: until nothing is pending
  std::vector<MemberId> seed_members;      // strictly ascending, at least one
  // For everything beyond one message of these two models: then `forward`, `link` and `seed_members` are not
  // used, and messages have numbers from `message` on.
  std::shared_ptr<const ModelSpec> model;
  bool record_receipts = false;           // REQUIRES: replicas == 1
  bool record_attribution = false;        // who brought it to whom; REQUIRES: record_receipts, and a model
  std::optional<TargetSpec> target = {};  // members to count those reached of
  std::uint32_t steps_to_percent = 0;  // of the reach, at most 100: outcomes tell when it was there; 0: none
  bool keep_steps = false;             // of the first message by replica, the first limits::kKeptStepsMax
  // Rates of which every replica has its own. Places are those of RatesOf(*model), without a model of
  // KernelRatesOf.
  std::vector<DrawnRate> drawn_rates = {};
};

// The rates of a run without a model: `forward`, then `link`.
inline std::vector<Threshold*> KernelRatesOf(RunSpec& spec) { return {&spec.forward, &spec.link}; }

// How many replicas of a run to have in flight: enough that a worker seldom waits for the others, and that
// replicas that die at once share round trips; few enough that their state stays small.
std::uint32_t LanesFor(std::uint32_t members_count, std::uint32_t replicas);

// Messages of the run.
inline std::uint32_t MessagesOf(const RunSpec& spec) {
  return spec.model == nullptr ? 1 : static_cast<std::uint32_t>(spec.model->messages.size());
}

// Steps that a run of so many messages may take: a result has a row for each step of each message.
constexpr std::uint32_t StepsMaxOf(std::uint32_t messages) { return limits::kStepsMax / messages; }

// INVALID_ARGUMENT names the field, what was expected and what was found.
absl::Status CheckRunSpec(const RunSpec& spec, std::uint32_t members_count);

// Memory that a run takes beside the graph, about, at `shards` shards with `members` of `graph_members`
// members in all; links that it adds come on top.
std::uint64_t StateBytes(const RunSpec& spec, std::uint64_t graph_members, std::uint64_t members,
                         std::uint64_t shards);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_RUN_SPEC_H_
