#include "services/coordinator/public_services.h"

#include <google/protobuf/util/field_mask_util.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "engine/store/shard_manifest.h"
#include "services/common/errors.h"
#include "services/common/process.h"
#include "services/common/rpc.h"
#include "services/common/silence_limit.h"
#include "services/coordinator/graphs/preset_list.h"
#include "services/coordinator/runs/run_result.h"
#include "services/coordinator/workers/call_guard.h"

namespace lawine {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

namespace {

constexpr std::uint32_t kPageMax = 1000;
constexpr char kExpectedToken[] = "expected the token of an earlier page";
// Before the last name of the page, which may be gone when the next one is asked for. No graph is named so.
constexpr char kGraphTokenPrefix[] = "graphs/";
constexpr std::string_view kReadingCalls = "calls that read whole graphs (verify, stats with their shape)";
constexpr std::size_t kPageBytes = 4 << 20;  // of runs, whose scenarios may be large
constexpr absl::Duration kWatchEvery = absl::Milliseconds(200);

std::uint32_t PageSize(std::uint32_t wanted, std::uint32_t by_default) {
  return wanted == 0 ? by_default : std::min(wanted, kPageMax);
}

}  // namespace

grpc::Status GraphService::CreateGraph(grpc::ServerContext* context, const pb::CreateGraphRequest* request,
                                       grpc::ServerWriter<pb::CreateGraphResponse>* writer) {
  SilenceLimit silence(*context);
  const auto graph = graphs_.Create(*request, [&](const pb::LoadProgress& progress) {
    pb::CreateGraphResponse response;
    *response.mutable_progress() = progress;
    return !context->IsCancelled() && silence.Write(*writer, response);
  });
  if (!graph.ok()) return ToGrpc(graph.status());
  pb::CreateGraphResponse last;
  *last.mutable_graph() = *graph;
  silence.Write(*writer, last);
  return ToGrpc(silence.status());
}

grpc::Status GraphService::ImportGraph(grpc::ServerContext* context, ImportStream* stream) {
  return ToGrpc(imports_.Serve(*context, *stream));
}

grpc::Status GraphService::GetGraph(grpc::ServerContext*, const pb::GetGraphRequest* request,
                                    pb::GetGraphResponse* response) {
  const auto graph = graphs_.Get(request->name());
  if (graph.ok()) *response->mutable_graph() = *graph;
  return ToGrpc(graph.status());
}

grpc::Status GraphService::ListGraphs(grpc::ServerContext*, const pb::ListGraphsRequest* request,
                                      pb::ListGraphsResponse* response) {
  const std::uint32_t size = PageSize(request->page_size(), kPageMax);
  absl::string_view after = request->page_token();
  if (!after.empty() && (!absl::ConsumePrefix(&after, kGraphTokenPrefix) ||
                         !CheckGraphName(std::string_view(after.data(), after.size())).ok())) {
    return ToGrpc(FieldError("page_token", kExpectedToken));
  }
  for (const pb::Graph& graph : graphs_.List()) {
    if (graph.name() <= after) continue;
    if (static_cast<std::uint32_t>(response->graphs_size()) == size) {
      const std::string& last = response->graphs(response->graphs_size() - 1).name();
      response->set_next_page_token(absl::StrCat(kGraphTokenPrefix, last));
      break;
    }
    *response->add_graphs() = graph;
  }
  return grpc::Status::OK;
}

grpc::Status GraphService::DeleteGraph(grpc::ServerContext*, const pb::DeleteGraphRequest* request,
                                       pb::DeleteGraphResponse*) {
  return ToGrpc(graphs_.Delete(request->name()));
}

grpc::Status GraphService::GetGraphStats(grpc::ServerContext* context,
                                         const pb::GetGraphStatsRequest* request,
                                         pb::GetGraphStatsResponse* response) {
  const GoingOn going_on(request->shape() ? reading_ : describing_);
  const absl::Status room = request->shape() ? CheckRoom(going_on, kReadingAtOnceMax, kReadingCalls)
                                             : CheckRoom(going_on, kDescribingAtOnceMax, "calls for stats");
  if (!room.ok()) return ToGrpc(room);
  Cancellation cancellation;
  const CallGuard guard(*context, cancellation);
  const auto use = GraphUse::Of(graphs_, request->name());  // where it fails, what follows says why
  const auto stats = graphs_.Stats(*request, cancellation);
  if (stats.ok()) *response = *stats;
  return ToGrpc(stats.status());
}

grpc::Status GraphService::VerifyGraph(grpc::ServerContext* context, const pb::VerifyGraphRequest* request,
                                       pb::VerifyGraphResponse* response) {
  const GoingOn reading(reading_);
  const absl::Status room = CheckRoom(reading, kReadingAtOnceMax, kReadingCalls);
  if (!room.ok()) return ToGrpc(room);
  Cancellation cancellation;
  const CallGuard guard(*context, cancellation);
  const auto use = GraphUse::Of(graphs_, request->name());  // as above
  const auto verified = graphs_.Verify(request->name(), cancellation);
  if (verified.ok()) *response = *verified;
  return ToGrpc(verified.status());
}

grpc::Status GraphService::ListPresets(grpc::ServerContext*, const pb::ListPresetsRequest*,
                                       pb::ListPresetsResponse* response) {
  *response = DescribePresets();
  return grpc::Status::OK;
}

grpc::Status GraphService::GetMember(grpc::ServerContext*, const pb::GetMemberRequest* request,
                                     pb::GetMemberResponse* response) {
  const auto use = GraphUse::Of(graphs_, request->graph());  // as above
  const auto graph = graphs_.Find(request->graph());
  if (!graph.ok()) return ToGrpc(graph.status());
  const auto placement = graphs_.Place(*graph);
  if (!placement.ok()) return ToGrpc(placement.status());
  const std::uint32_t followers = request->has_followers() ? std::min(request->followers(), kPageMax) : 10;
  const auto member = Members(*graph, *placement).Describe(request->id(), followers);
  if (member.ok()) *response = *member;
  return ToGrpc(member.status());
}

grpc::Status SimulationService::SimulateOf(const std::string& owner, grpc::ServerContext* context,
                                           const pb::SimulateRequest* request,
                                           pb::SimulateResponse* response) {
  const absl::Duration left = absl::FromChrono(context->deadline()) - absl::Now();
  Cancellation cancellation;
  const CallGuard guard(*context, cancellation);
  const auto result = runs_.Simulate(request->scenario(), owner, left, cancellation);
  if (result.ok()) *response->mutable_result() = *result;
  return ToGrpc(result.status());
}

grpc::Status SimulationService::CreateRunOf(const std::string& owner, grpc::ServerContext* context,
                                            const pb::CreateRunRequest* request,
                                            pb::CreateRunResponse* response) {
  const auto created = runs_.Create(*request, owner, [context] { return context->IsCancelled(); });
  if (created.ok()) *response = *created;
  return ToGrpc(created.status());
}

grpc::Status SimulationService::GetRun(grpc::ServerContext*, const pb::GetRunRequest* request,
                                       pb::GetRunResponse* response) {
  const auto run = runs_.Get(request->name());
  if (run.ok()) *response->mutable_run() = *run;
  return ToGrpc(run.status());
}

grpc::Status SimulationService::ListRuns(grpc::ServerContext*, const pb::ListRunsRequest* request,
                                         pb::ListRunsResponse* response) {
  std::uint64_t before = ~0ull;
  if (!request->page_token().empty() && !absl::SimpleAtoi(request->page_token(), &before)) {
    return ToGrpc(FieldError("page_token", kExpectedToken));
  }
  const std::uint32_t size = PageSize(request->page_size(), 100);
  bool more = false;
  std::vector<pb::Run> runs = runs_.List(size, before, kPageBytes, more);
  if (more) response->set_next_page_token(runs.back().name().substr(5));
  for (pb::Run& run : runs) *response->add_runs() = std::move(run);
  return grpc::Status::OK;
}

namespace {

// The run in the response, unless it was refused.
template <class Response>
grpc::Status Answer(const absl::StatusOr<pb::Run>& run, Response& response) {
  if (run.ok()) *response.mutable_run() = *run;
  return ToGrpc(run.status());
}

}  // namespace

grpc::Status SimulationService::CancelRun(grpc::ServerContext*, const pb::CancelRunRequest* request,
                                          pb::CancelRunResponse* response) {
  return Answer(runs_.Cancel(request->name()), *response);
}

grpc::Status SimulationService::PauseRun(grpc::ServerContext*, const pb::PauseRunRequest* request,
                                         pb::PauseRunResponse* response) {
  return Answer(runs_.Pause(request->name()), *response);
}

grpc::Status SimulationService::ResumeRun(grpc::ServerContext*, const pb::ResumeRunRequest* request,
                                          pb::ResumeRunResponse* response) {
  return Answer(runs_.Resume(request->name()), *response);
}

grpc::Status SimulationService::PinRun(grpc::ServerContext*, const pb::PinRunRequest* request,
                                       pb::PinRunResponse* response) {
  return Answer(runs_.Pin(request->name(), request->pinned()), *response);
}

grpc::Status SimulationService::DeleteRun(grpc::ServerContext*, const pb::DeleteRunRequest* request,
                                          pb::DeleteRunResponse*) {
  return ToGrpc(runs_.Delete(request->name()));
}

namespace {

// Steps and progress of a run until it ends. False when the watcher is gone.
bool WriteProgress(const WatchedRun& progress, const pb::Scenario& scenario, grpc::ServerContext& context,
                   grpc::ServerWriter<pb::WatchRunResponse>& writer, SilenceLimit& silence,
                   std::size_t& steps_seen) {
  const bool several = scenario.replicas() > 1;
  std::uint32_t replicas_seen = 0;
  for (WatchedRun::View view; !view.last;) {
    view = progress.Read(steps_seen, replicas_seen, kWatchEvery);
    if (context.IsCancelled()) return false;
    pb::WatchRunResponse response;
    response.set_replica(scenario.first_replica());
    for (const StepCounts& counts : view.steps) {
      *response.mutable_step() = ToPublic(counts);
      if (!silence.Write(writer, response)) return false;
    }
    steps_seen += view.steps.size();
    response.Clear();
    response.set_replicas_done(view.replicas_done);
    if (several && view.replicas_done != replicas_seen && !silence.Write(writer, response)) return false;
    replicas_seen = view.replicas_done;
  }
  return true;
}

}  // namespace

grpc::Status SimulationService::WatchRun(grpc::ServerContext* context, const pb::WatchRunRequest* request,
                                         grpc::ServerWriter<pb::WatchRunResponse>* writer) {
  const auto entry = runs_.Find(request->name());
  if (!entry.ok()) return ToGrpc(entry.status());
  pb::WatchRunResponse response;
  *response.mutable_run() = runs_.Get(request->name()).value_or(pb::Run());
  const pb::Scenario scenario = response.run().scenario();
  SilenceLimit silence(*context);
  if (!silence.Write(*writer, response)) return grpc::Status::CANCELLED;
  std::size_t next = request->after_steps();  // any number at all
  if (!WriteProgress((*entry)->progress, scenario, *context, *writer, silence, next)) {
    return grpc::Status::CANCELLED;
  }
  // Steps of runs of an earlier coordinator are in their result.
  const bool ended_before = (*entry)->progress.steps_count() == 0 && scenario.replicas() == 1;
  const auto result = ended_before ? runs_.Result(request->name()) : absl::NotFoundError("");
  const std::size_t steps = result.ok() ? static_cast<std::size_t>(result->steps_size()) : 0;
  for (; next < steps; ++next) {
    response.Clear();
    response.set_replica(scenario.first_replica());
    *response.mutable_step() = result->steps(static_cast<int>(next));
    if (!silence.Write(*writer, response)) return grpc::Status::CANCELLED;
  }
  response.Clear();
  *response.mutable_run() = runs_.Get(request->name()).value_or(pb::Run());
  silence.Write(*writer, response);
  return grpc::Status::OK;
}

namespace {

// Protobuf walks a mask by recursion, and a scenario holds scenarios: what is deeper than any field of use is
// refused before.
absl::Status CheckReadMask(const google::protobuf::FieldMask& mask) {
  constexpr int kPathsMax = 256;
  constexpr std::size_t kPathBytesMax = 512;
  constexpr std::ptrdiff_t kPathNamesMax = 16;
  if (mask.paths_size() > kPathsMax) {
    return FieldError("read_mask",
                      absl::StrCat("expected at most ", kPathsMax, " paths, found ", mask.paths_size()));
  }
  for (const std::string& path : mask.paths()) {
    const std::ptrdiff_t names = 1 + std::count(path.begin(), path.end(), '.');
    if (path.size() > kPathBytesMax || names > kPathNamesMax) {
      return FieldError("read_mask", absl::StrCat("expected paths of at most ", kPathNamesMax,
                                                  " names in at most ", kPathBytesMax,
                                                  " bytes, found one of ", names, " names in ", path.size()));
    }
    if (google::protobuf::util::FieldMaskUtil::IsValidPath<pb::RunResult>(path)) continue;
    return FieldError("read_mask", absl::StrCat("expected fields of a result, such as digest or "
                                                "totals.reach, found '",
                                                path, "'"));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::Status SimulationService::GetRunResult(grpc::ServerContext*, const pb::GetRunResultRequest* request,
                                             pb::GetRunResultResponse* response) {
  if (const absl::Status mask = CheckReadMask(request->read_mask()); !mask.ok()) return ToGrpc(mask);
  auto result = runs_.Result(request->name());
  if (!result.ok()) return ToGrpc(result.status());
  google::protobuf::util::FieldMaskUtil::TrimMessage(request->read_mask(), &*result);
  *response->mutable_result() = *std::move(result);
  return grpc::Status::OK;
}

grpc::Status SimulationService::GetRunTrace(grpc::ServerContext*, const pb::GetRunTraceRequest* request,
                                            pb::GetRunTraceResponse* response) {
  auto trace = runs_.Trace(request->name());
  if (trace.ok()) *response = *std::move(trace);
  return ToGrpc(trace.status());
}

grpc::Status SimulationService::ListReceipts(grpc::ServerContext* context,
                                             const pb::ListReceiptsRequest* request,
                                             grpc::ServerWriter<pb::ListReceiptsResponse>* writer) {
  Cancellation cancellation;
  const CallGuard guard(*context, cancellation);
  SilenceLimit silence(*context);
  const auto write = [&](const pb::ListReceiptsResponse& part, const Cancellation& lease) {
    return silence.Write(*writer, part, [&lease] { return lease.cancelled(); });
  };
  const absl::Status told = runs_.Receipts(request->name(), request->message(), write, cancellation);
  return ToGrpc(silence.status().ok() ? told : silence.status());
}

grpc::Status ClusterService::GetClusterStatus(grpc::ServerContext*, const pb::GetClusterStatusRequest*,
                                              pb::GetClusterStatusResponse* response) {
  response->set_version(kVersion);
  std::map<std::string, std::vector<std::string>> strange;
  for (const auto& said : workers_.Said()) strange[said.node_id()] = graphs_.StrangeShards(said);
  for (const pb::WorkerStatus& worker : workers_.Describe()) {
    *response->add_workers() = worker;
    for (const std::string& problem : strange[worker.node_id()]) {
      response->mutable_workers()->rbegin()->add_problems(problem);
    }
  }
  response->set_graphs(static_cast<std::uint32_t>(graphs_.count()));
  std::uint32_t running = 0;
  std::uint32_t queued = 0;
  runs_.Count(running, queued);
  response->set_runs_running(running);
  response->set_runs_queued(queued);
  return grpc::Status::OK;
}

grpc::Status RegistryService::Register(grpc::ServerContext*, const pbi::RegisterRequest* request,
                                       pbi::RegisterResponse* response) {
  if (request->node_id().empty() || request->address().empty()) {
    return ToGrpc(FieldError("node_id", "expected a node id and an address"));
  }
  if (request->protocol() != kClusterProtocol) {
    return ToGrpc(absl::FailedPreconditionError(
        absl::StrCat("worker ", request->node_id(), " is of version ", request->version(), " (protocol ",
                     request->protocol(), "), the coordinator of ", kVersion, " (protocol ", kClusterProtocol,
                     "): it does not join before both are upgraded")));
  }
  if (const absl::Status reached = workers_.Reach(*request); !reached.ok()) return ToGrpc(reached);
  if (const absl::Status taken = workers_.Register(*request, graphs_.Versions()); !taken.ok()) {
    return ToGrpc(taken);
  }
  graphs_.Adopt(*request);
  for (std::string& strange : graphs_.StrangeShards(*request))
    response->add_strange_shards(std::move(strange));
  response->set_heartbeat_milliseconds(
      static_cast<std::uint32_t>(absl::ToInt64Milliseconds(WorkerDirectory::kHeartbeat)));
  return grpc::Status::OK;
}

}  // namespace lawine
