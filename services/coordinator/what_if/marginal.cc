#include "services/coordinator/what_if/marginal.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/plan/labels.h"
#include "services/coordinator/runs/run_result.h"
#include "services/coordinator/statistics/ensemble.h"
#include "services/coordinator/what_if/comparison_plan.h"
#include "services/coordinator/what_if/difference.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint32_t kMarginalSchema = 1;
constexpr std::uint32_t kMembersMin = 2;
constexpr std::uint32_t kMembersMax = 200;

using Members = std::vector<pb::SeedMember>;

// One question while it is answered.
class Marginals {
 public:
  Marginals(const pb::MarginalReachRequest& request, WhatIfRuns& runs) : request_(request), runs_(runs) {
    incremental_ = request.order() == pb::MARGINAL_ORDER_INCREMENTAL;
  }

  // Plans the run with all members, and expects the others to be like it.
  absl::Status Prepare() {
    if (!pb::MarginalOrder_IsValid(request_.order())) {
      return FieldError("order", UnknownValue(*pb::MarginalOrder_descriptor(), request_.order()));
    }
    pb::Scenario scenario = request_.scenario();
    if (scenario.has_until_precision()) {
      return FieldError("scenario.until_precision", "expected a number of replicas, the same for all");
    }
    LAWINE_RETURN_IF_ERROR(CompleteReplicas("scenario.replicas", 1, scenario));
    LAWINE_ASSIGN_OR_RETURN(all_, runs_.Plan("scenario", scenario));
    const auto count = static_cast<std::uint32_t>(all_.seed_members.size());
    if (count < kMembersMin || count > kMembersMax) {
      return FieldError("scenario.seed_members", absl::StrCat("expected ", kMembersMin, " to ", kMembersMax,
                                                              " members to tell apart, found ", count));
    }
    return runs_.Expect("scenario.replicas", all_, count + (incremental_ ? 0 : 1));
  }

  absl::StatusOr<pb::MarginalReachResult> Run() {
    result_.set_schema_version(kMarginalSchema);
    result_.set_order(incremental_ ? pb::MARGINAL_ORDER_INCREMENTAL : pb::MARGINAL_ORDER_LEAVE_ONE_OUT);
    result_.set_graph_digest(all_.graph.info().digest());
    LAWINE_RETURN_IF_ERROR(incremental_ ? AddOneByOne() : LeaveOneOut());
    *result_.mutable_scenario() = all_.scenario;
    result_.set_answer(Answer());
    for (const std::string& warning : runs_.warnings()) result_.add_warnings(warning);
    *result_.mutable_timing() = runs_.timing();
    *result_.mutable_manifest() = runs_.manifest();
    return std::move(result_);
  }

 private:
  const Members& members() const { return all_.seed_members; }

  // Reach by replica of the scenario that starts from these.
  absl::StatusOr<ComparedRun> RunFrom(const Members& members, const std::string& name) {
    RunPlan plan = all_;
    if (members.size() < all_.seed_members.size()) {
      pb::Scenario scenario = all_.scenario;
      scenario.clear_seed_members();
      for (const pb::SeedMember& member : members) scenario.mutable_seed_members()->add_ids(member.id());
      LAWINE_ASSIGN_OR_RETURN(plan, runs_.Plan("scenario", scenario));
    }
    LAWINE_ASSIGN_OR_RETURN(const ConductOutcome outcome, runs_.Run(std::move(plan), name));
    return ComparedRun{
        .name = name, .graph_digest = result_.graph_digest(), .lanes = LanesOf(outcome, 0), .kept_steps = {}};
  }

  void Add(const pb::SeedMember& member, const ComparedRun& with, const ComparedRun& without,
           const ComparedRun& told) {
    pb::SeedMarginal& marginal = *result_.add_members();
    *marginal.mutable_member() = member;
    marginal.set_mean_reach(MeanReach(told));
    *marginal.mutable_marginal() = MakeDifference(with, without, "reach", 0).measures().reach();
  }

  static double MeanReach(const ComparedRun& run) {
    double sum = 0;
    for (const LaneOutcome& lane : run.lanes) sum += static_cast<double>(lane.reach);
    return sum / static_cast<double>(run.lanes.size());
  }

  absl::Status LeaveOneOut() {
    LAWINE_ASSIGN_OR_RETURN(const ComparedRun all, RunFrom(members(), "all"));
    result_.set_mean_reach(MeanReach(all));
    for (std::size_t i = 0; i < members().size(); ++i) {
      Members others = members();
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
      LAWINE_ASSIGN_OR_RETURN(const ComparedRun without,
                              RunFrom(others, absl::StrCat("without ", members()[i].id())));
      Add(members()[i], all, without, without);
    }
    std::stable_sort(result_.mutable_members()->begin(), result_.mutable_members()->end(),
                     [](const auto& a, const auto& b) { return a.marginal().mean() > b.marginal().mean(); });
    return absl::OkStatus();
  }

  absl::Status AddOneByOne() {
    ComparedRun before{.name = "none",
                       .graph_digest = result_.graph_digest(),
                       .lanes = std::vector<LaneOutcome>(all_.spec.replicas),
                       .kept_steps = {}};
    Members some;
    for (const pb::SeedMember& member : members()) {
      some.push_back(member);
      LAWINE_ASSIGN_OR_RETURN(ComparedRun with, RunFrom(some, absl::StrCat("with ", member.id())));
      Add(member, with, before, with);
      before = std::move(with);
    }
    result_.set_mean_reach(MeanReach(before));
    return absl::OkStatus();
  }

  std::string Answer() const {
    const auto best = std::max_element(
        result_.members().begin(), result_.members().end(),
        [](const auto& a, const auto& b) { return a.marginal().mean() < b.marginal().mean(); });
    const pb::MeasureDifference& marginal = best->marginal();
    const std::string all = absl::StrCat("All ", result_.members_size(), " together reach ",
                                         MeanText(result_.mean_reach()), " members on average; ");
    return absl::StrCat(all, "member ", best->member().id(),
                        incremental_ ? " adds most, " : " is missed most, ", MeanText(marginal.mean()), " [",
                        MeanText(marginal.ci95().low()), " to ", MeanText(marginal.ci95().high()), "].");
  }

  const pb::MarginalReachRequest& request_;
  WhatIfRuns& runs_;
  bool incremental_ = false;
  RunPlan all_;
  pb::MarginalReachResult result_;
};

}  // namespace

absl::StatusOr<pb::MarginalReachResponse> MarginalReach(const pb::MarginalReachRequest& request,
                                                        WhatIfRuns& runs) {
  Marginals marginals(request, runs);
  LAWINE_RETURN_IF_ERROR(marginals.Prepare());
  pb::MarginalReachResponse response;
  if (request.validate_only()) {
    *response.mutable_estimate() = runs.estimate();
    return response;
  }
  LAWINE_ASSIGN_OR_RETURN(*response.mutable_result(), marginals.Run());
  return response;
}

}  // namespace lawine
