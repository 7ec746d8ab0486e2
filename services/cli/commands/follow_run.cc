#include "services/cli/commands/follow_run.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/progress.h"
#include "services/cli/connection/exit_code.h"
#include "services/cli/text/run_text.h"
#include "services/cli/text/text.h"
#include "services/common/rpc.h"

namespace lawine::cli {
namespace {

using v1::SimulationService;

// Steps and reach of a single replica, or how many of several are done.
class RunProgressLine {
 public:
  explicit RunProgressLine(const Session& session) : progress_(session) {}

  void Note(const v1::WatchRunResponse& response) {
    if (response.has_run() && response.run().state() == v1::RUN_STATE_QUEUED) {
      progress_.Show(absl::StrCat("queued at place ", response.run().queue_position()));
    }
    if (response.has_run()) scenario_ = response.run().scenario();
    if (response.has_replicas_done()) ShowReplicas(response.replicas_done());
    if (response.has_step()) ShowStep(response.step());
  }

 private:
  void ShowStep(const v1::StepCounts& step) {
    reached_ += step.first_receipts();
    progress_.Show(ReachedText(step, reached_, scenario_));
  }
  void ShowReplicas(std::uint32_t done) {
    const std::uint32_t replicas = std::max(1u, scenario_.replicas());
    const bool at_most = scenario_.has_until_precision();
    std::string text = absl::StrCat(Thousands(done), at_most ? " of at most " : " of ",
                                    Counted(replicas, "replica", "replicas"));
    const absl::Time now = absl::Now();
    if (first_done_ == 0) {
      first_done_ = done;
      first_time_ = now;
    } else if (done > first_done_ && !at_most) {
      const double seconds_each = absl::ToDoubleSeconds(now - first_time_) / (done - first_done_);
      absl::StrAppend(&text, ", about ", Duration(seconds_each * (replicas - done)), " left");
    }
    progress_.Show(text, done, replicas);
  }

  Progress progress_;
  // What is left is estimated from the pace since the first word of it.
  std::uint32_t first_done_ = 0;
  absl::Time first_time_;
  v1::Scenario scenario_;
  std::uint64_t reached_ = 0;
};

// A run of this process ends with it: put it to rest in order, and wait for that, so that its workers are
// free to stop. The interrupt has already been seen, so these calls have contexts of their own.
void PauseOwnRun(Connection& connection, const std::string& name) {
  constexpr absl::Duration kPatience = absl::Seconds(5);
  grpc::ClientContext pause;
  SetDeadline(pause, kPatience);
  v1::PauseRunRequest request;
  request.set_name(name);
  v1::PauseRunResponse paused;
  connection.simulations().PauseRun(&pause, request, &paused);
  grpc::ClientContext watch;
  SetDeadline(watch, kPatience);
  v1::WatchRunRequest end;
  end.set_name(name);
  const auto stream = connection.simulations().WatchRun(&watch, end);
  for (v1::WatchRunResponse response; stream->Read(&response);) continue;
  stream->Finish();
}

absl::Status Interrupted(Session& session, Connection& connection, const std::string& name) {
  if (connection.embedded()) {
    PauseOwnRun(connection, name);
    Remark(session, absl::StrCat("interrupted: ", name, " is paused; go on with: lawine",
                                 ClusterFlags(session), " run resume ", name));
  } else {
    std::fprintf(stderr, "%s goes on; watch it with: lawine%s run watch %s\n", name.c_str(),
                 ClusterFlags(session).c_str(), name.c_str());
  }
  return absl::CancelledError("");
}

// A coordinator that is not there may come back, and goes on with the run then.
bool MayComeBack(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty();
}

}  // namespace

absl::StatusOr<v1::Run> FollowRun(Session& session, Connection& connection, const std::string& name,
                                  const std::function<void(const v1::WatchRunResponse&)>& on_progress) {
  constexpr absl::Duration kPatience = absl::Minutes(2);
  v1::WatchRunRequest request;
  request.set_name(name);
  v1::Run run;
  grpc::Status status;
  RunProgressLine progress(session);
  for (absl::Time heard = absl::Now();; session.interrupt.Sleep(absl::Milliseconds(500))) {
    CallScope call(session.interrupt, kStreamTimeout);
    const auto stream = connection.simulations().WatchRun(&call.context(), request);
    v1::WatchRunResponse response;
    while (stream->Read(&response)) {
      heard = absl::Now();
      progress.Note(response);
      if (response.has_run()) run = response.run();
      on_progress(response);
      if (response.has_step()) request.set_after_steps(request.after_steps() + 1);
    }
    status = stream->Finish();
    const bool again = !connection.embedded() && MayComeBack(status) && !run.name().empty() &&
                       absl::Now() - heard < kPatience && !session.interrupt.raised();
    if (!again) break;
  }
  if (session.interrupt.raised()) return Interrupted(session, connection, name);
  if (!status.ok() && status.error_code() != grpc::StatusCode::NOT_FOUND) {
    return WithAdvice(connection.Explain(status), absl::StrCat("the run may still go on: lawine",
                                                               ClusterFlags(session), " run get ", name));
  }
  LAWINE_RETURN_IF_ERROR(connection.Explain(status));
  return run;
}

absl::Status EndOf(const v1::Run& run) {
  switch (run.state()) {
    case v1::RUN_STATE_SUCCEEDED:
      return absl::OkStatus();
    case v1::RUN_STATE_FAILED:
      return absl::AbortedError(absl::StrCat(run.name(), " failed: ", run.error()));
    case v1::RUN_STATE_CANCELLED:
      return absl::AbortedError(absl::StrCat(run.name(), " was cancelled"));
    case v1::RUN_STATE_PAUSED:
      return absl::AbortedError(
          absl::StrCat(run.name(), " is paused: lawine run resume ", run.name(), " lets it go on"));
    default:
      return absl::InternalError(absl::StrCat("the cluster stopped reporting before ", run.name(), " ended"));
  }
}

absl::StatusOr<v1::RunResult> GetResult(Connection& connection, const std::string& name) {
  v1::GetRunResultRequest request;
  request.set_name(name);
  v1::GetRunResultResponse response;
  LAWINE_RETURN_IF_ERROR(
      connection.Call(connection.simulations(), &SimulationService::Stub::GetRunResult, request, response));
  return std::move(*response.mutable_result());
}

std::string RunName(const std::string& text) {
  return absl::StartsWith(text, "runs/") ? text : absl::StrCat("runs/", text);
}

std::string ClusterFlags(const Session& session) {
  if (!session.options.cluster.empty()) return absl::StrCat(" --cluster ", session.options.cluster);
  return session.options.data_is_default ? "" : absl::StrCat(" --data ", session.options.data);
}

}  // namespace lawine::cli
