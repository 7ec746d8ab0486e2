#include "services/common/wire.h"

#include <cstring>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace lawine::wire {
namespace {

template <class Int>
absl::Status Unpack(std::string_view bytes, std::vector<Int>& values) {
  if (bytes.size() % sizeof(Int) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected whole ", sizeof(Int), "-byte integers, found ", bytes.size(), " bytes"));
  }
  const std::size_t before = values.size();
  values.resize(before + bytes.size() / sizeof(Int));
  if (!bytes.empty()) std::memcpy(values.data() + before, bytes.data(), bytes.size());
  return absl::OkStatus();
}

pbi::DrawnRatePlan ToProto(const DrawnRate& rate) {
  pbi::DrawnRatePlan proto;
  proto.mutable_places()->Add(rate.places.begin(), rate.places.end());
  proto.set_first_replica(rate.first_replica);
  std::vector<std::uint64_t> fixed;
  for (const Threshold& drawn : rate.by_replica) fixed.push_back(drawn.fixed());
  proto.set_by_replica(PackInts(std::span(std::as_const(fixed))));
  return proto;
}

absl::StatusOr<DrawnRate> FromProto(const pbi::DrawnRatePlan& proto) {
  DrawnRate rate{.places = {proto.places().begin(), proto.places().end()},
                 .first_replica = proto.first_replica(),
                 .by_replica = {}};
  std::vector<std::uint64_t> fixed;
  LAWINE_RETURN_IF_ERROR(UnpackInts(proto.by_replica(), fixed));
  for (const std::uint64_t value : fixed) {
    if (value > Threshold::kOne) {
      return absl::InvalidArgumentError("drawn_rates: expected thresholds of at most 2^63");
    }
    rate.by_replica.push_back(Threshold::FromFixed(value));
  }
  return rate;
}

}  // namespace

absl::Status UnpackInts(std::string_view bytes, std::vector<std::uint32_t>& values) {
  return Unpack(bytes, values);
}
absl::Status UnpackInts(std::string_view bytes, std::vector<std::uint64_t>& values) {
  return Unpack(bytes, values);
}

pbi::GraphInfo ToProto(const GraphInfo& graph) {
  pbi::GraphInfo proto;
  proto.set_name(graph.name);
  proto.set_graph_version(graph.graph_version);
  proto.set_links(graph.links);
  proto.set_digest(graph.digest.ToHex());
  proto.set_link_kinds(graph.columns.kinds);
  proto.set_link_weights(graph.columns.weights);
  proto.set_named_members(graph.named_members);
  proto.set_persons(graph.persons);
  proto.set_origin(graph.origin);
  const auto boundaries = graph.partition.boundaries();
  proto.mutable_boundaries()->Add(boundaries.begin(), boundaries.end());
  proto.set_added_members(graph.added_members);
  if (graph.made_digest.has_value()) proto.set_made_digest(graph.made_digest->ToHex());
  return proto;
}

absl::StatusOr<GraphInfo> FromProto(const pbi::GraphInfo& proto) {
  GraphInfo graph;
  LAWINE_RETURN_IF_ERROR(CheckGraphName(proto.name()));
  graph.name = proto.name();
  graph.graph_version = proto.graph_version();
  graph.links = proto.links();
  if (!proto.digest().empty()) {
    LAWINE_ASSIGN_OR_RETURN(graph.digest, Digest::FromHex(proto.digest()));
  }
  graph.columns = {.kinds = proto.link_kinds(), .weights = proto.link_weights()};
  graph.named_members = proto.named_members();
  graph.persons = proto.persons();
  graph.origin = proto.origin();
  const std::vector<std::uint32_t> boundaries(proto.boundaries().begin(), proto.boundaries().end());
  LAWINE_ASSIGN_OR_RETURN(graph.partition, PartitionMap::FromBoundaries(boundaries));
  graph.added_members = proto.added_members();
  if (!proto.made_digest().empty()) {
    LAWINE_ASSIGN_OR_RETURN(graph.made_digest, Digest::FromHex(proto.made_digest()));
  }
  return graph;
}

pbi::GeneratorSpec ToProto(const GeneratorSpec& spec) {
  pbi::GeneratorSpec proto;
  proto.set_preset(spec.preset);
  proto.set_members(spec.members);
  proto.set_links_per_member_milli(spec.links_per_member_milli);
  proto.set_graph_seed(spec.graph_seed);
  proto.set_generator_version(GeneratorVersion(spec));
  const Overlaps& o = spec.overlaps;
  for (const std::uint32_t ppm : {o.facebook_ppm, o.linkedin_ppm, o.twitter_ppm, o.active_ppm}) {
    proto.add_overlaps_ppm(ppm);
  }
  proto.set_pages(spec.pages);
  proto.set_groups(spec.groups);
  return proto;
}

absl::StatusOr<GeneratorSpec> FromProto(const pbi::GeneratorSpec& proto) {
  if (proto.overlaps_ppm_size() != 4) return absl::InvalidArgumentError("expected four overlaps");
  LAWINE_ASSIGN_OR_RETURN(const GeneratorSpec spec,
                          ResolveSpec({.preset = proto.preset(),
                                       .members = proto.members(),
                                       .links_per_member_milli = proto.links_per_member_milli(),
                                       .graph_seed = proto.graph_seed(),
                                       .overlaps = {.facebook_ppm = proto.overlaps_ppm(0),
                                                    .linkedin_ppm = proto.overlaps_ppm(1),
                                                    .twitter_ppm = proto.overlaps_ppm(2),
                                                    .active_ppm = proto.overlaps_ppm(3)},
                                       .pages = proto.pages(),
                                       .groups = proto.groups()}));
  if (proto.generator_version() == GeneratorVersion(spec)) return spec;
  return absl::FailedPreconditionError(absl::StrCat("expected generator version ", GeneratorVersion(spec),
                                                    ", found ", proto.generator_version(),
                                                    ": run the same version everywhere"));
}

pbi::RunPlan ToProto(const RunSpec& spec) {
  pbi::RunPlan proto;
  proto.set_run_id(spec.run_id);
  proto.set_attempt(spec.attempt);
  proto.set_run_seed(spec.run_seed);
  proto.set_message(spec.message);
  proto.set_first_replica(spec.first_replica);
  proto.set_replicas(spec.replicas);
  proto.set_lanes(spec.lanes);
  proto.set_forward_threshold(spec.forward.fixed());
  proto.set_link_threshold(spec.link.fixed());
  if (spec.max_steps.has_value()) proto.set_max_steps(*spec.max_steps);
  proto.set_seed_members(PackInts(std::span(spec.seed_members)));
  proto.set_record_receipts(spec.record_receipts);
  if (spec.model != nullptr) *proto.mutable_model() = ToProto(*spec.model);
  proto.set_keep_steps(spec.keep_steps);
  proto.set_record_attribution(spec.record_attribution);
  proto.set_steps_to_percent(spec.steps_to_percent);
  for (const DrawnRate& rate : spec.drawn_rates) *proto.add_drawn_rates() = ToProto(rate);
  if (!spec.target.has_value()) return proto;
  pbi::TargetPlan& target = *proto.mutable_target();
  if (spec.target->community.has_value()) target.set_community(*spec.target->community);
  if (spec.target->network.has_value()) target.set_network(*spec.target->network);
  if (spec.target->account_kind.has_value()) target.set_account_kind(*spec.target->account_kind);
  return proto;
}

TargetSpec FromProto(const pbi::TargetPlan& proto) {
  TargetSpec target;
  if (proto.has_community()) target.community = proto.community();
  if (proto.has_network()) target.network = static_cast<std::uint8_t>(proto.network());
  if (proto.has_account_kind()) target.account_kind = static_cast<std::uint8_t>(proto.account_kind());
  return target;
}

absl::StatusOr<RunSpec> FromProto(const pbi::RunPlan& proto) {
  if (proto.forward_threshold() > Threshold::kOne) {
    return absl::InvalidArgumentError("forward_threshold: expected at most 2^63");
  }
  if (proto.link_threshold() > Threshold::kOne) {
    return absl::InvalidArgumentError("link_threshold: expected at most 2^63");
  }
  RunSpec spec{.run_id = proto.run_id(),
               .attempt = proto.attempt(),
               .run_seed = proto.run_seed(),
               .message = proto.message(),
               .first_replica = proto.first_replica(),
               .replicas = proto.replicas(),
               .lanes = proto.lanes(),
               .forward = Threshold::FromFixed(proto.forward_threshold()),
               .link = Threshold::FromFixed(proto.link_threshold()),
               .max_steps = std::nullopt,
               .seed_members = {},
               .model = nullptr,
               .record_receipts = proto.record_receipts(),
               .record_attribution = proto.record_attribution(),
               .target = std::nullopt,
               .steps_to_percent = proto.steps_to_percent(),
               .keep_steps = proto.keep_steps()};
  if (proto.has_target()) spec.target = FromProto(proto.target());
  if (proto.has_max_steps()) spec.max_steps = proto.max_steps();
  if (proto.has_model()) {
    LAWINE_ASSIGN_OR_RETURN(ModelSpec model, FromProto(proto.model()));
    spec.model = std::make_shared<const ModelSpec>(std::move(model));
  }
  std::vector<std::uint32_t> seeds;
  LAWINE_RETURN_IF_ERROR(UnpackInts(proto.seed_members(), seeds));
  for (const std::uint32_t seed : seeds) spec.seed_members.push_back(MemberId(seed));
  for (const pbi::DrawnRatePlan& rate : proto.drawn_rates()) {
    LAWINE_ASSIGN_OR_RETURN(spec.drawn_rates.emplace_back(), FromProto(rate));
  }
  return spec;
}

pbi::StepRow ToProto(const StepCounts& counts) {
  pbi::StepRow row;
  row.set_step(counts.step);
  row.set_deliveries(counts.deliveries);
  row.set_first_receipts(counts.first_receipts);
  row.set_forwards(counts.forwards);
  row.set_acting(counts.acting);
  row.set_injected(counts.injected);
  row.set_ignored(counts.ignored);
  row.set_seen(counts.seen);
  row.set_recoveries(counts.recoveries);
  row.set_cross_posts(counts.cross_posts);
  row.set_unfollows(counts.unfollows);
  row.set_follows(counts.follows);
  row.set_present(counts.present);
  row.set_monitors(counts.monitors);
  return row;
}

StepCounts FromProto(const pbi::StepRow& row) {
  return {.step = row.step(),
          .deliveries = row.deliveries(),
          .first_receipts = row.first_receipts(),
          .forwards = row.forwards(),
          .acting = row.acting(),
          .injected = row.injected(),
          .ignored = row.ignored(),
          .seen = row.seen(),
          .recoveries = row.recoveries(),
          .monitors = row.monitors(),
          .cross_posts = row.cross_posts(),
          .unfollows = row.unfollows(),
          .follows = row.follows(),
          .present = row.present()};
}

pbi::LaneRow ToProto(const LaneOutcome& lane) {
  pbi::LaneRow row;
  row.set_replica(lane.replica);
  row.set_stop(static_cast<std::uint32_t>(lane.stop));
  row.set_digest(lane.digest.ToHex());
  row.set_unreached_without_followees(lane.unreached_without_followees);
  row.set_steps_fingerprint(lane.steps_fingerprint);
  row.set_deliveries(lane.deliveries);
  row.set_reach(lane.reach);
  row.set_duplicates(lane.duplicates);
  row.set_forwards(lane.forwards);
  row.set_last_step(lane.last_step);
  row.set_people(lane.people);
  row.set_follows(lane.follows);
  row.set_unfollows(lane.unfollows);
  row.set_half_step(lane.half_step);
  row.set_nine_tenths_step(lane.nine_tenths_step);
  row.set_target_reach(lane.target_reach);
  row.set_monitors(lane.monitors);
  row.set_first_sighting_plus_one(lane.first_sighting + 1);  // kNoStep becomes 0
  row.set_first_step_plus_one(lane.first_step + 1);
  row.set_percent_step_plus_one(lane.percent_step + 1);
  return row;
}

absl::StatusOr<LaneOutcome> FromProto(const pbi::LaneRow& row) {
  LAWINE_ASSIGN_OR_RETURN(const Digest digest, Digest::FromHex(row.digest()));
  const auto stop = static_cast<StopReason>(row.stop());
  if (row.stop() > 0xFF || (stop != StopReason::kNothingPending && stop != StopReason::kMaxSteps)) {
    return absl::InvalidArgumentError(
        absl::StrCat("replica ", row.replica(), ": expected a reason to stop, 1 or 2, found ", row.stop()));
  }
  return LaneOutcome{.replica = row.replica(),
                     .last_step = row.last_step(),
                     .stop = stop,
                     .percent_step = row.percent_step_plus_one() - 1,
                     .deliveries = row.deliveries(),
                     .reach = row.reach(),
                     .duplicates = row.duplicates(),
                     .forwards = row.forwards(),
                     .steps_fingerprint = row.steps_fingerprint(),
                     .digest = digest,
                     .unreached_without_followees = row.unreached_without_followees(),
                     .people = row.people(),
                     .follows = row.follows(),
                     .unfollows = row.unfollows(),
                     .target_reach = row.target_reach(),
                     .monitors = row.monitors(),
                     .first_sighting = row.first_sighting_plus_one() - 1,
                     .first_step = row.first_step_plus_one() - 1,
                     .half_step = row.half_step(),
                     .nine_tenths_step = row.nine_tenths_step()};
}

void AddGroups(std::span<const GroupRow> groups, std::uint32_t message, pbi::ConductRunResponse& response) {
  for (std::uint32_t group = 0; group < groups.size(); ++group) {
    const GroupRow& row = groups[group];
    if (row.members == 0) continue;
    pbi::GroupCounts& counts = *response.add_groups();
    counts.set_message(message);
    counts.set_group(group);
    counts.set_members(row.members);
    counts.set_deliveries(row.deliveries);
    counts.set_reach(row.reach);
    counts.set_forwards(row.forwards);
    counts.set_first_met(row.first_met);
    counts.set_last_met(row.last_met);
  }
}

GroupRow FromProto(const pbi::GroupCounts& counts) {
  return {.members = counts.members(),
          .deliveries = counts.deliveries(),
          .reach = counts.reach(),
          .forwards = counts.forwards(),
          .first_met = counts.first_met(),
          .last_met = counts.last_met()};
}

SeedRule FromProto(const pbi::ProposeSeedsRequest& proto) {
  return {.kind = static_cast<SeedRule::Kind>(proto.rule()),
          .audience = proto.audience(),
          .count = proto.count(),
          .run_seed = proto.run_seed(),
          .account_kind = static_cast<std::uint8_t>(proto.account_kind()),
          .community = proto.has_community() ? std::optional(proto.community()) : std::nullopt,
          .network =
              proto.has_network() ? std::optional(static_cast<std::uint8_t>(proto.network())) : std::nullopt};
}

pbi::SeedProposal ToProto(const SeedCandidate& candidate) {
  pbi::SeedProposal proto;
  proto.set_rank(candidate.rank);
  proto.set_coin(candidate.coin);
  proto.set_key(candidate.key);
  proto.set_member(candidate.member.value);
  proto.set_audience(candidate.audience);
  return proto;
}

SeedCandidate FromProto(const pbi::SeedProposal& proto) {
  return {.rank = proto.rank(),
          .coin = proto.coin(),
          .key = proto.key(),
          .member = MemberId(proto.member()),
          .audience = proto.audience()};
}

}  // namespace lawine::wire
