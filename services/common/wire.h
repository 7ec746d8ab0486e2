// Between generated protobuf types and engine types. The only place where both are seen.
#ifndef LAWINE_SERVICES_COMMON_WIRE_H_
#define LAWINE_SERVICES_COMMON_WIRE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/generator.h"
#include "engine/spread/group_counts.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_spec.h"
#include "engine/spread/seed_choice.h"
#include "engine/spread/traffic_outcome.h"
#include "engine/spread/traffic_source.h"
#include "engine/spread/traffic_spec.h"
#include "engine/store/graph_survey.h"
#include "engine/store/shard_manifest.h"
#include "lawine/internal/v1/worker.pb.h"
#include "lawine/v1/graph.pb.h"
#include "lawine/v1/simulation.pb.h"

namespace lawine::wire {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

pbi::GraphInfo ToProto(const GraphInfo& graph);
absl::StatusOr<GraphInfo> FromProto(const pbi::GraphInfo& proto);

pbi::GeneratorSpec ToProto(const GeneratorSpec& spec);
// FAILED_PRECONDITION when the generator version is another.
absl::StatusOr<GeneratorSpec> FromProto(const pbi::GeneratorSpec& proto);

// Everything of the plan but peers.
pbi::RunPlan ToProto(const RunSpec& spec);
absl::StatusOr<RunSpec> FromProto(const pbi::RunPlan& proto);
TargetSpec FromProto(const pbi::TargetPlan& proto);

pbi::ModelPlan ToProto(const ModelSpec& model);
absl::StatusOr<ModelSpec> FromProto(const pbi::ModelPlan& plan);

// What workers must know of traffic beside graph and peers.
struct TrafficTask {
  TrafficSpec spec;
  GeneratedTraffic generated;  // no messages: batches follow
};
pbi::TrafficPlan ToProto(const TrafficTask& task);
absl::StatusOr<TrafficTask> FromProto(const pbi::TrafficPlan& proto);
pbi::WaveBatch ToProto(const Wave& wave);
// `first_message` is for the caller to set.
absl::StatusOr<Wave> FromProto(const pbi::WaveBatch& batch);
// With senders and starts if `messages`.
pbi::WaveReport ToProto(const WaveOutcome& wave, bool messages);
absl::StatusOr<WaveOutcome> FromProto(const pbi::WaveReport& report);

pbi::StepRow ToProto(const StepCounts& counts);  // of message 0
StepCounts FromProto(const pbi::StepRow& row);
pbi::LaneRow ToProto(const LaneOutcome& lane);
absl::StatusOr<LaneOutcome> FromProto(const pbi::LaneRow& row);

// Those that have members.
void AddGroups(std::span<const GroupRow> groups, std::uint32_t message, pbi::ConductRunResponse& response);
GroupRow FromProto(const pbi::GroupCounts& counts);

SeedRule FromProto(const pbi::ProposeSeedsRequest& proto);
pbi::SeedProposal ToProto(const SeedCandidate& candidate);
SeedCandidate FromProto(const pbi::SeedProposal& proto);

pbi::SurveyDrawSize ToProto(const SurveySize& size);
SurveySize FromProto(const pbi::SurveyDrawSize& proto);
void AddMembers(std::span<const SurveyMember> members, pbi::SurveyMembers& proto);
// Appends. INVALID_ARGUMENT when columns differ in length, as the two below.
absl::Status AppendMembers(const pbi::SurveyMembers& proto, std::vector<SurveyMember>& members);
void AddLinks(std::span<const SurveyLink> links, pbi::SurveyShardsResponse& proto);
absl::Status AppendLinks(const pbi::SurveyShardsResponse& proto, std::vector<SurveyLink>& links);
pbi::SurveyLinks ToProto(std::span<const MemberPair> pairs);
absl::StatusOr<std::vector<MemberPair>> FromProto(const pbi::SurveyLinks& proto);
pb::GraphShape ToProto(const GraphShape& shape);

// Little-endian columns in `bytes` fields.
template <class Int>
std::string PackInts(std::span<const Int> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}
// Appends. INVALID_ARGUMENT when `bytes` is not a whole number of integers.
absl::Status UnpackInts(std::string_view bytes, std::vector<std::uint32_t>& values);
absl::Status UnpackInts(std::string_view bytes, std::vector<std::uint64_t>& values);

}  // namespace lawine::wire

#endif  // LAWINE_SERVICES_COMMON_WIRE_H_
