#include "services/coordinator/traffic/traffic_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/number_text.h"
#include "services/common/request_id.h"
#include "services/coordinator/plan/counted_rates.h"
#include "services/coordinator/plan/deliveries_limit.h"
#include "services/coordinator/plan/labels.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

// What two cores do, about.
constexpr double kDeliveriesPerSecond = 2.5e8;
constexpr auto kDeliveriesMax = static_cast<double>(kDeliveriesExpectedMax);

constexpr std::array<std::uint64_t, kSenderGroups> kOneIn = {10, 100, 1000};

absl::Status CompleteGenerated(pb::GeneratedMessages& generated) {
  // Too many are refused where it is known what they would take: EstimateTraffic.
  if (generated.messages() < 1) {
    return FieldError("spec.generated.messages",
                      absl::StrCat("expected 1 to ", limits::kTrafficMessagesMax, ", found 0"));
  }
  if (!pb::SenderDistribution_IsValid(generated.senders())) {
    return FieldError("spec.generated.senders",
                      UnknownValue(*pb::SenderDistribution_descriptor(), generated.senders()));
  }
  if (generated.senders() == pb::SENDER_DISTRIBUTION_UNSPECIFIED) {
    generated.set_senders(pb::SENDER_DISTRIBUTION_UNIFORM);
  }
  return absl::OkStatus();
}

absl::Status EstimateTraffic(const AudienceDistribution& audiences, TrafficJob& job) {
  const double p = job.forward;
  const double messages = static_cast<double>(job.spec.generated().messages());
  const double links = static_cast<double>(job.graph.info().links());
  const double expected = ExpectedDeliveries(messages, p, links, audiences);
  if (job.spec.generated().messages() <= limits::kTrafficMessagesMax && expected <= kDeliveriesMax) {
    job.estimate.set_deliveries(static_cast<std::uint64_t>(expected));
    job.estimate.set_seconds(expected / kDeliveriesPerSecond);
    return absl::OkStatus();
  }
  return FieldError(
      "spec.generated.messages",
      absl::StrFormat(
          "expected at most %d messages with about %.0e deliveries, found %d, of which about %.1e "
          "deliveries are expected on this graph (%.1f hours of work at 1e9 a second), each "
          "forwarder passing on to %.2f others on average: ask for fewer messages, or a lower "
          "forward probability",
          limits::kTrafficMessagesMax, kDeliveriesMax, job.spec.generated().messages(), expected,
          expected / 3.6e12, p * audiences.MeanByAudience()));
}

}  // namespace

absl::StatusOr<pb::TrafficSpec> CompleteTraffic(const pb::TrafficSpec& spec) {
  pb::TrafficSpec full = spec;
  if (full.graph().empty()) return FieldError("spec.graph", "expected the name of a graph, found none");
  LAWINE_RETURN_IF_ERROR(CheckCounts(full.forward(), "spec.forward."));
  if (!full.forward().has_probability() && !full.forward().has_probability_counts()) {
    full.mutable_forward()->set_probability(0.1);
  }
  const double p = full.forward().probability();
  if (!(p >= 0 && p <= 1)) {
    return FieldError("spec.forward.probability",
                      absl::StrCat("expected a probability between 0 and 1, found ", ExactText(p)));
  }
  if (full.forward().has_factors()) {
    return FieldError("spec.forward.factors",
                      "expected none: in traffic all members forward alike, found some");
  }
  if (full.max_steps() > limits::kStepsMax) {
    return FieldError("spec.max_steps",
                      absl::StrCat("expected at most ", limits::kStepsMax, ", found ", full.max_steps()));
  }
  if (full.has_generated()) LAWINE_RETURN_IF_ERROR(CompleteGenerated(*full.mutable_generated()));
  if (!full.has_run_seed()) full.set_run_seed(1);
  LAWINE_RETURN_IF_ERROR(CheckRequestId(full.request_id(), "spec.request_id"));
  if (!full.request_id().empty() && (full.rows() || !full.has_generated())) {
    return FieldError("spec.request_id", "expected generated messages without rows beside it");
  }
  return full;
}

double ExpectedDeliveries(double messages, double probability, double links,
                          const AudienceDistribution& audiences) {
  const double branching = probability * audiences.MeanByAudience();
  const double most = std::min(links, audiences.Mean() + probability * links);
  double each = audiences.Mean();
  each = branching < 1 ? std::min(each / (1 - branching), most) : most;
  return messages * each;
}

absl::StatusOr<TrafficJob> PlanTraffic(const pb::TrafficSpec& spec, const pbi::GraphRecord& graph,
                                       const AudienceDistribution& audiences) {
  TrafficJob job;
  job.spec = spec;
  job.graph = graph;
  TrafficSpec& engine = job.task.spec;
  engine.run_seed = spec.run_seed();
  job.forward = spec.forward().probability();
  if (spec.forward().has_probability_counts()) {
    const CountedRate rate{.field = "forward.probability", .counts = spec.forward().probability_counts()};
    job.forward = DrawRate(rate, spec.run_seed(), 0);
    job.counted_rate = ToPublic(rate);
    job.counted_rate->set_drawn(job.forward);
  }
  const double p = job.forward;
  LAWINE_ASSIGN_OR_RETURN(engine.forward, Threshold::FromProbability(p));
  if (spec.has_max_steps()) engine.max_steps = spec.max_steps();
  engine.wave_messages = WaveMessagesFor(job.members_count(), p * audiences.MeanByAudience());
  for (std::size_t g = 0; g < kSenderGroups; ++g) {
    const std::uint32_t audience = audiences.TopThreshold(kOneIn[g]);
    job.groups[g] = {
        .one_in = kOneIn[g], .audience_min = audience, .members = audiences.MembersFrom(audience)};
    engine.group_audiences[g] = audience;
  }
  if (spec.has_generated()) {
    job.task.generated = {.messages = spec.generated().messages(),
                          .senders = spec.generated().senders() == pb::SENDER_DISTRIBUTION_HEAVY_TAILED
                                         ? Senders::kHeavyTailed
                                         : Senders::kUniform,
                          .daily_rhythm = spec.generated().daily_rhythm()};
    LAWINE_RETURN_IF_ERROR(EstimateTraffic(audiences, job));
  }
  if (graph.info().persons()) {
    job.warnings.emplace_back(
        "traffic does not know persons: links between accounts of one person carry messages as any link "
        "does");
  }
  if (p * audiences.MeanByAudience() >= 1) {
    job.warnings.push_back(absl::StrFormat(
        "each forwarder passes on to %.1f others on average: messages grow until they have reached a good "
        "part of the graph, which takes far longer than messages that die out",
        p * audiences.MeanByAudience()));
  }
  if (graph.info().link_weights()) {
    job.warnings.push_back(
        "links of this graph have probabilities; the forward model decides per member and does not use them");
  }
  return job;
}

}  // namespace lawine
