#include "services/coordinator/graphs/graphs.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cmath>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/failpoint.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/generator.h"
#include "engine/graph/pages.h"
#include "engine/graph/preset.h"
#include "services/common/errors.h"
#include "services/common/number_text.h"
#include "services/common/request_id.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"
#include "services/coordinator/graphs/graph_stats.h"
#include "services/coordinator/graphs/graph_survey_calls.h"
#include "services/coordinator/graphs/graph_verify.h"
#include "services/coordinator/graphs/preset_list.h"
#include "services/coordinator/registry/record.h"
#include "services/coordinator/workers/fan_out.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kDropGraphTimeout = absl::Minutes(2);
constexpr std::uint32_t kShardsByDefaultMin = 4;
constexpr std::uint32_t kShardsPerWorkerMax = 256;  // each, while loaded, holds a thread of its worker

// There from the moment a load takes the name until the graph is deleted.
std::string BegunKey(const std::string& name) { return absl::StrCat("begun/", name); }

absl::Status SetOverlaps(const pb::Overlaps& request, Overlaps& overlaps) {
  absl::Status status;
  const auto set = [&status](const char* field, bool given, double share, std::uint32_t& ppm) {
    if (!given || !status.ok()) return;
    if (!(share >= 0 && share <= 1)) {
      status = FieldError(absl::StrCat("overlaps.", field),
                          absl::StrCat("expected a share from 0 to 1, found ", share));
      return;
    }
    ppm = static_cast<std::uint32_t>(std::llround(share * kMillion));
  };
  set("facebook", request.has_facebook(), request.facebook(), overlaps.facebook_ppm);
  set("linkedin", request.has_linkedin(), request.linkedin(), overlaps.linkedin_ppm);
  set("twitter", request.has_twitter(), request.twitter(), overlaps.twitter_ppm);
  set("active", request.has_active(), request.active(), overlaps.active_ppm);
  return status;
}

absl::StatusOr<GeneratorSpec> SpecOf(const pb::CreateGraphRequest& request) {
  GeneratorSpec spec{.preset = request.preset(),
                     .members = request.members(),
                     .links_per_member_milli = 0,
                     .graph_seed = request.has_graph_seed() ? request.graph_seed() : 1,
                     .overlaps = {},
                     .pages = request.pages(),
                     .groups = request.groups()};
  if (request.has_members() && request.members() == 0)
    return FieldError("members", "expected at least 1, found 0");
  if (request.has_links_per_member()) {
    const double mean = request.links_per_member();
    const double milli = std::round(mean * 1000);
    if (!(milli >= kGeneratorMeanMilliMin && milli <= kGeneratorMeanMilliMax)) {
      return FieldError("links_per_member",
                        absl::StrCat("expected a mean of ", kGeneratorMeanMilliMin / 1000.0, " to ",
                                     Thousands(kGeneratorMeanMilliMax / 1000), " links, found ", mean));
    }
    spec.links_per_member_milli = static_cast<std::uint32_t>(milli);
  }
  LAWINE_RETURN_IF_ERROR(SetOverlaps(request.overlaps(), spec.overlaps));
  const absl::StatusOr<GeneratorSpec> resolved = ResolveSpec(spec);
  if (resolved.ok()) return resolved;
  const char* of_size = request.has_links_per_member() ? "links_per_member" : "members";
  const char* field = spec.overlaps == Overlaps() ? of_size : "overlaps";
  if (spec.members > kGeneratorMembersMax) field = "members";
  if (spec.pages > kPagesMax || spec.groups > kPagesMax) field = spec.pages > kPagesMax ? "pages" : "groups";
  const auto preset = FindPreset(spec.preset);
  if (preset.ok() && !(*preset)->networks.empty() && spec.pages + spec.groups > 0) {
    field = spec.pages > 0 ? "pages" : "groups";
  }
  if (!FindPreset(spec.preset).ok()) field = "preset";
  return FieldError(field, std::string(resolved.status().message()));
}

}  // namespace

absl::Status Graphs::Load() {
  LAWINE_RETURN_IF_ERROR(placements_.Load());
  MutexLock lock(mutex_);
  return registry_.Scan("graph/", [this](const std::string& key, const std::string& value) -> absl::Status {
    LAWINE_ASSIGN_OR_RETURN(pbi::GraphRecord record, ParseRecord<pbi::GraphRecord>(key, value));
    graphs_[record.info().name()] = std::move(record);
    return absl::OkStatus();
  });
}

absl::StatusOr<pb::Graph> Graphs::Create(const pb::CreateGraphRequest& request, const LoadWatcher& watch) {
  LAWINE_ASSIGN_OR_RETURN(const GeneratorSpec spec, SpecOf(request));
  New wanted{.name = request.name(),
             .request_id = request.request_id(),
             .shards = request.shards(),
             .request_hash = RequestHash(request)};
  if (request.has_shards() && request.shards() == 0)
    return FieldError("shards", "expected at least 1, found 0");
  LAWINE_ASSIGN_OR_RETURN(pb::Graph existing, TakeName(wanted));
  if (!existing.name().empty()) return existing;
  const absl::Cleanup give_back = [&] { GiveBackName(wanted); };
  const auto source = MakeGenerator(spec, executor_);
  if (!source.ok()) return FieldError("overlaps", std::string(source.status().message()));
  GraphLoadJob job;
  job.generator = spec;
  job.graph.columns = (*source)->columns();
  job.graph.persons = (*source)->persons();
  job.links_expected = std::uint64_t{spec.members} * spec.links_per_member_milli / 1000;
  job.graph.origin = OriginOf(spec);
  return LoadNew(wanted, std::move(job), **source, watch);
}

absl::StatusOr<pb::Graph> Graphs::MadeBefore(const New& wanted) const {
  if (absl::Status status = CheckGraphName(wanted.name); !status.ok()) {
    return FieldError("name", std::string(status.message()));
  }
  if (wanted.shards > limits::kShardsMax) {
    return FieldError("shards",
                      absl::StrCat("expected at most ", limits::kShardsMax, ", found ", wanted.shards));
  }
  LAWINE_RETURN_IF_ERROR(CheckRequestId(wanted.request_id));
  LAWINE_ASSIGN_OR_RETURN(const bool asked,
                          requests_.Has(wanted.request_id, wanted.name, wanted.request_hash));
  // Noted before the graph is made: a coordinator that dies after may find it complete on the workers.
  if (auto graph = asked ? Get(wanted.name) : absl::NotFoundError(""); graph.ok()) return graph;
  if (workers_.Alive().empty()) {
    return absl::UnavailableError("no worker is registered: start lawine-worker processes that point here");
  }
  return pb::Graph();
}

bool Graphs::Begun(const std::string& name) const { return registry_.Get(BegunKey(name)).ok(); }

absl::Status Graphs::CheckFree(const New& wanted, bool begun) const {
  if (graphs_.contains(wanted.name)) {
    return absl::AlreadyExistsError(
        absl::StrCat("graph '", wanted.name, "' exists: choose another name, or delete it first"));
  }
  if (const auto loading = loading_.find(wanted.name); loading != loading_.end()) {
    if (!wanted.request_id.empty() && loading->second == wanted.request_id) {
      return StillGoingOn("this request");
    }
    return absl::AlreadyExistsError(
        absl::StrCat("graph '", wanted.name, "' is being loaded by another request"));
  }
  if (!begun && !workers_.HoldersOf(wanted.name).empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("workers hold parts of a graph '", wanted.name,
                     "' that is not complete: start its missing workers, or delete it first"));
  }
  return absl::OkStatus();
}

absl::StatusOr<pb::Graph> Graphs::TakeName(const New& wanted) {
  LAWINE_ASSIGN_OR_RETURN(pb::Graph existing, MadeBefore(wanted));
  if (!existing.name().empty()) return existing;
  LAWINE_RETURN_IF_ERROR(ClearLeftovers(wanted.name));
  const bool begun = Begun(wanted.name);
  {
    MutexLock lock(mutex_);
    LAWINE_RETURN_IF_ERROR(CheckFree(wanted, begun));
    if (dropping_.contains(wanted.name)) return LeftoversStay(wanted.name);
    loading_.emplace(wanted.name, wanted.request_id);
  }
  absl::Status taken;
  if (begun) taken = DropFrom(workers_.HoldersOf(wanted.name), wanted.name);
  if (taken.ok()) taken = registry_.Put(BegunKey(wanted.name), "");
  if (taken.ok()) taken = requests_.Note(wanted.request_id, wanted.name, wanted.request_hash);
  if (taken.ok()) return pb::Graph();
  GiveBackName(wanted);
  return taken;
}

void Graphs::GiveBackName(const New& wanted) {
  // While the name is still taken: who takes it next with this id makes the note anew. What was loaded may be
  // taken in when its workers are heard of again, and is then what a repeated request asks for.
  if (!wanted.loaded && !Find(wanted.name).ok()) requests_.Forget(wanted.request_id).IgnoreError();
  MutexLock lock(mutex_);
  loading_.erase(wanted.name);
}

absl::StatusOr<pb::Graph> Graphs::LoadNew(New& wanted, GraphLoadJob job, const LinkSource& source,
                                          const LoadWatcher& watch) {
  const std::vector<WorkerHandle> workers = placements_.ForNewShards(workers_.Alive());
  const auto workers_count = static_cast<std::uint32_t>(workers.size());
  if (workers.empty()) return absl::UnavailableError("all workers have gone, or are drained");
  const std::uint32_t shards =
      wanted.shards > 0 ? wanted.shards : std::max(workers_count, kShardsByDefaultMin);
  if (shards > kShardsPerWorkerMax * workers_count) {
    return FieldError("shards", absl::StrCat("expected at most ", kShardsPerWorkerMax, " for each of the ",
                                             workers_count, " workers, found ", shards));
  }
  OpenShards::Counts counts;
  for (const auto& [shard, node_id] : DealShards(shards, workers)) ++counts[node_id];
  pb::LoadProgress waiting;
  waiting.set_phase("waiting for other graphs");
  LAWINE_ASSIGN_OR_RETURN(std::optional<OpenShards::Places> places,
                          placements_.open_shards().Take(counts, [&] { return !watch(waiting); }));
  job.graph.name = wanted.name;
  job.graph.partition = PartitionMap::Balanced(
      source.members_count(), shards, [&source](MemberId member) { return source.InLinksOf(member); });
  absl::StatusOr<GraphInfo> graph = LoadGraph(job, workers, watch);
  places.reset();
  if (!graph.ok()) {
    const absl::Status dropped = DropFrom(workers_.Alive(), wanted.name);
    if (dropped.ok()) return graph.status();
    return absl::Status(graph.status().code(),
                        absl::StrCat(graph.status().message(), "; and what was loaded could not be removed (",
                                     dropped.message(), "): delete the graph"));
  }
  wanted.loaded = true;
  pbi::GraphRecord record;
  *record.mutable_info() = wire::ToProto(*graph);
  // Before it counts: what another worker has left of an earlier load with this digest is not taken for it.
  LAWINE_RETURN_IF_ERROR(placements_.SetOwners(record.info(), DealShards(shards, workers)));
  LAWINE_RETURN_IF_ERROR(workers_.WaitFor(wanted.name, graph->digest.ToHex(), shards).Check(wanted.name));
  record.set_dense_keys(source.keys().empty());
  Failpoint("graph.loaded");
  LAWINE_ASSIGN_OR_RETURN(pb::Graph kept, Keep(std::move(record)));
  Failpoint("graph.registered");
  return kept;
}

absl::StatusOr<pb::Graph> Graphs::Keep(pbi::GraphRecord record) {
  const std::string name = record.info().name();
  *record.mutable_create_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  LAWINE_ASSIGN_OR_RETURN(const std::string value, RecordOf(record));
  LAWINE_RETURN_IF_ERROR(registry_.Put(GraphKey(name), value));
  {
    MutexLock lock(mutex_);
    graphs_[name] = record;
  }
  return ToPublic(record);
}

absl::Status Graphs::Delete(const std::string& name) {
  {
    MutexLock lock(mutex_);
    if (in_use_.contains(name)) {
      return absl::FailedPreconditionError(
          absl::StrCat("graph '", name, "' is in use: wait for its runs and moves, or cancel them"));
    }
    if (loading_.contains(name)) {
      return absl::FailedPreconditionError(
          absl::StrCat("graph '", name, "' is being made or deleted: wait for that, or cancel it"));
    }
    // Taking the name keeps runs and loads away while shards are dropped.
    loading_.emplace(name, "");
  }
  const absl::Cleanup give_back = [&] { GiveBackName({.name = name}); };
  const absl::Status kept = registry_.Get(GraphKey(name)).status();
  if (!kept.ok() && !absl::IsNotFound(kept)) return kept;
  const bool known = kept.ok();
  if (!known && workers_.HoldersOf(name).empty()) return Find(name).status();
  if (known) {
    LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord record, Find(name));
    LAWINE_RETURN_IF_ERROR(deleted_.Note(name, MadeDigest(record.info())));
  }
  Failpoint("graph.delete_noted");
  // Others may not be reached, and need not be.
  if (const absl::Status dropped = DropFrom(workers_.HoldersOf(name), name); !dropped.ok()) {
    return absl::Status(
        dropped.code(),
        absl::StrCat(dropped.message(), ". Graph '", name,
                     "' is being deleted, and shards of it may be gone: repeat the call until it succeeds"));
  }
  LAWINE_RETURN_IF_ERROR(placements_.Forget(name));
  LAWINE_RETURN_IF_ERROR(ForgetChanges(name));
  Failpoint("graph.dropped");
  // A request that is repeated from here on makes the graph again.
  LAWINE_ASSIGN_OR_RETURN(std::vector<std::string> gone, requests_.KeysOf(name));
  gone.insert(gone.end(), {BegunKey(name), GraphKey(name)});
  LAWINE_RETURN_IF_ERROR(registry_.DeleteAll(gone));
  MutexLock lock(mutex_);
  graphs_.erase(name);
  return absl::OkStatus();
}

absl::Status Graphs::DropFrom(const std::vector<WorkerHandle>& workers, const std::string& name) const {
  pbi::DropGraphRequest request;
  request.set_graph(name);
  LAWINE_RETURN_IF_ERROR(AskAll(workers, &WorkerStub::DropGraph, request, kDropGraphTimeout).status());
  // What is gone must be seen to be gone, or the name could not be used again at once.
  const auto gone = [&] { return workers_.HoldersOf(name).empty(); };
  if (workers_.WaitUntil(gone, WorkerDirectory::kHeldTimeout)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("workers still say that they hold parts of graph '", name,
                                             "', which they were told to drop: try again"));
}

absl::StatusOr<pb::Graph> Graphs::Get(const std::string& name) const {
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord record, Find(name));
  return ToPublic(record);
}

std::vector<pb::Graph> Graphs::List() const {
  std::map<std::string, pbi::GraphRecord> records;
  {
    MutexLock lock(mutex_);
    records = graphs_;
  }
  std::vector<pb::Graph> graphs;
  for (const auto& [name, record] : records) graphs.push_back(ToPublic(record));
  return graphs;
}

std::size_t Graphs::count() const {
  MutexLock lock(mutex_);
  return graphs_.size();
}

pb::Graph Graphs::ToPublic(const pbi::GraphRecord& record) const {
  const pbi::GraphInfo& info = record.info();
  pb::Graph graph;
  graph.set_name(info.name());
  graph.set_members(info.boundaries(info.boundaries_size() - 1));
  graph.set_links(info.links());
  graph.set_digest(info.digest());
  graph.set_origin(info.origin());
  graph.set_shards(static_cast<std::uint32_t>(info.boundaries_size()) - 1);
  graph.set_string_ids(info.named_members());
  graph.set_graph_version(info.graph_version());
  *graph.mutable_create_time() = record.create_time();
  const Placement placement = workers_.Find(info.name(), MadeDigest(info), graph.shards());
  graph.mutable_missing_shards()->Add(placement.missing.begin(), placement.missing.end());
  return graph;
}

absl::StatusOr<Placement> Graphs::Place(const pbi::GraphRecord& graph) const {
  const pbi::GraphInfo& info = graph.info();
  LAWINE_ASSIGN_OR_RETURN(std::shared_ptr<Cancellation> lease, placements_.Use(info.name()));
  Placement placement =
      workers_.Find(info.name(), MadeDigest(info), static_cast<std::uint32_t>(info.boundaries_size()) - 1);
  LAWINE_RETURN_IF_ERROR(placement.Check(info.name()));
  placement.lease = std::move(lease);
  return placement;
}

absl::StatusOr<pb::GetGraphStatsResponse> Graphs::Stats(const pb::GetGraphStatsRequest& request,
                                                        Cancellation& cancellation) const {
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord record, Find(request.name()));
  LAWINE_ASSIGN_OR_RETURN(const Placement placement, Place(record));
  auto stats = CountGraph(record.info(), placement, cancellation);
  LAWINE_RETURN_IF_ERROR(placement.Ended(stats.status()));
  if (request.shape()) {
    auto shape = SurveyShape(record.info(), placement, cancellation);
    LAWINE_RETURN_IF_ERROR(placement.Ended(shape.status()));
    *stats->mutable_shape() = *std::move(shape);
  }
  *stats->mutable_graph() = ToPublic(record);
  CompareWithPreset(*stats);
  return stats;
}

absl::StatusOr<pb::VerifyGraphResponse> Graphs::Verify(const std::string& name,
                                                       Cancellation& cancellation) const {
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord record, Find(name));
  LAWINE_RETURN_IF_ERROR(placements_.Use(name).status());  // not while shards are handed over
  const std::vector<std::string> owners = placements_.OwnersOf(record.info());
  auto verified = VerifyGraph(record.info(), workers_.HoldersOf(name), owners, cancellation);
  if (placements_.OwnersOf(record.info()) == owners) return verified;
  return ShardsMove(absl::StrCat("shards of graph '", name, "' moved while it was verified"));
}

}  // namespace lawine
