// Requests of the public API, from any bytes and from messages with any fields: planning refuses them as the
// caller's mistake or completes them, and what is complete stays as it is. Nothing but the caller is to
// blame: INTERNAL, or an answer that depends on how often one asks, is a bug.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "services/coordinator/plan/model_plan.h"
#include "services/coordinator/plan/scenario_plan.h"
#include "services/coordinator/traffic/traffic_plan.h"
#include "services/coordinator/what_if/comparison_plan.h"
#include "tests/fuzz/message_input.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint32_t kMembers = 1000;

bool TheCallersMistake(const absl::Status& status) {
  return status.code() == absl::StatusCode::kInvalidArgument ||
         status.code() == absl::StatusCode::kFailedPrecondition ||
         status.code() == absl::StatusCode::kNotFound;
}

// Half of the inputs are the message's bytes, as they come from the network.
template <class Message>
Message MessageOf(FuzzInput& input, bool bytes) {
  Message message;
  if (bytes) {
    message.ParseFromString(std::string(input.Rest()));
  } else {
    MessageInput(input).Fill(message);
  }
  return message;
}

// What is found of a graph whose workers hold nobody.
internal::v1::GraphRecord EmptyGraph() {
  internal::v1::GraphRecord graph;
  graph.mutable_info()->set_name("g");
  graph.mutable_info()->add_boundaries(0);
  graph.mutable_info()->add_boundaries(kMembers);
  graph.mutable_info()->set_links(10 * kMembers);
  return graph;
}

void PlanScenario(const pb::Scenario& scenario) {
  const auto full = CompleteScenario(scenario);
  LAWINE_CHECK(full.ok() || TheCallersMistake(full.status()));
  if (!full.ok()) return;
  const auto again = CompleteScenario(*full);
  LAWINE_CHECK(!again.ok() || again->SerializeAsString() == full->SerializeAsString());
  const internal::v1::GraphRecord graph = EmptyGraph();
  const Members nobody(graph, Placement());
  std::vector<std::string> warnings;
  const auto model = PlanModelSpec(*full, {MemberId(0)}, kMembers, nobody, warnings);
  LAWINE_CHECK(model.ok() || TheCallersMistake(model.status()));
  const auto plan = PlanRun(*full, graph, nobody, false);
  LAWINE_CHECK(plan.ok() || TheCallersMistake(plan.status()));
}

void PlanAll(const pb::Comparison& comparison) {
  const auto plan = PlanComparison(comparison);
  LAWINE_CHECK(plan.ok() || TheCallersMistake(plan.status()));
  if (!plan.ok()) return;
  LAWINE_CHECK(!plan->parts.empty());
  for (const auto& [first, second] : plan->differences) {
    LAWINE_CHECK(first < plan->parts.size() && second < plan->parts.size());
  }
  for (const ComparisonPlan::Part& part : plan->parts) PlanScenario(part.scenario);
}

void PlanDay(const pb::TrafficSpec& spec) {
  const auto full = CompleteTraffic(spec);
  LAWINE_CHECK(full.ok() || TheCallersMistake(full.status()));
  if (!full.ok()) return;
  const auto again = CompleteTraffic(*full);
  LAWINE_CHECK(again.ok());
  LAWINE_CHECK(again->SerializeAsString() == full->SerializeAsString());
  AudienceDistribution audiences;
  audiences.Add(10, kMembers);
  const auto job = PlanTraffic(*full, EmptyGraph(), audiences);
  LAWINE_CHECK(job.ok() || TheCallersMistake(job.status()));
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  const std::uint8_t choice = input.U8();
  const bool bytes = (choice & 4) != 0;
  switch (choice % 4) {
    case 0:
    case 1:
      PlanScenario(MessageOf<v1::Scenario>(input, bytes));
      break;
    case 2:
      PlanAll(MessageOf<v1::Comparison>(input, bytes));
      break;
    default:
      PlanDay(MessageOf<v1::TrafficSpec>(input, bytes));
  }
  return 0;
}
