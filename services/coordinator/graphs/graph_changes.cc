#include "services/coordinator/graphs/graph_changes.h"

#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/failpoint.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/request_id.h"
#include "services/common/wire.h"
#include "services/coordinator/graphs/change_batch.h"
#include "services/coordinator/registry/record.h"
#include "services/coordinator/workers/fan_out.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kWriteTimeout = absl::Seconds(30);
constexpr absl::Duration kFoldTimeout = absl::Hours(1);
constexpr absl::Duration kRequestsKept = absl::Hours(24);
// Changes of batches that share a version.
constexpr int kChangesAtOnceMax = static_cast<int>(limits::kChangesPerBatchMax);

std::string RequestsPrefix(const std::string& graph) { return absl::StrCat("change/", graph, "/"); }

absl::Status CheckRequest(const pb::ApplyChangesRequest& request) {
  LAWINE_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  if (request.changes_size() < 1) return FieldError("changes", "expected at least one, found none");
  if (request.changes_size() > kChangesAtOnceMax) {
    return AboutField("changes", absl::ResourceExhaustedError(absl::StrCat(
                                     "expected at most ", kChangesAtOnceMax, " in a batch, found ",
                                     request.changes_size(), ": send several batches")));
  }
  return absl::OkStatus();
}

pb::ApplyChangesResponse ResponseOf(const pb::ApplyChangesRequest& request, const BatchCounts& counts) {
  pb::ApplyChangesResponse response;
  response.set_request_id(request.request_id());
  response.set_links_added(counts.links_added);
  response.set_links_removed(counts.links_removed);
  response.set_members_added(counts.members_added);
  response.set_unchanged(counts.unchanged);
  return response;
}

absl::Status SendAgain(const absl::Status& status) {
  if (status.ok()) return status;
  return absl::UnavailableError(absl::StrCat(status.message(), ": send it again"));
}

// The code of a worker that is lost, or was just started again, would mean something else to a caller. What a
// shard cannot take or lacks stays: sending it again would not help.
absl::Status ToCaller(const absl::Status& status) {
  const bool refused =
      absl::IsResourceExhausted(status) || absl::IsFailedPrecondition(status) || absl::IsDataLoss(status);
  return refused ? status : SendAgain(status);
}

absl::Status WriteToAll(const GraphInfo& before, const Placement& placement,
                        const std::vector<ChangeRecord>& records) {
  std::vector<WorkerHandle> workers;
  std::vector<pbi::WriteChangesRequest> requests;
  for (std::uint32_t s = 0; s < records.size(); ++s) {
    pbi::WriteChangesRequest& request = requests.emplace_back();
    request.set_graph(before.name);
    request.set_shard(s);
    request.set_record(EncodeChangeRecord(records[s]));
    request.set_previous_digest(before.digest.ToHex());
    workers.push_back(placement.HolderOf(s));
  }
  return AskEach(workers, &WorkerStub::WriteChanges, requests, kWriteTimeout).status();
}

}  // namespace

absl::StatusOr<pb::ApplyChangesResponse> GraphChanges::Apply(const pb::ApplyChangesRequest& request,
                                                             const Turns::Gone& gone) {
  LAWINE_RETURN_IF_ERROR(CheckRequest(request));
  LAWINE_RETURN_IF_ERROR(graphs_.Find(request.graph()).status());
  const std::string key = RequestsPrefix(request.graph()) + request.request_id();
  LAWINE_ASSIGN_OR_RETURN(const Turns::Turn turn,
                          requests_.Take(request.request_id().empty() ? "" : key, gone));
  if (!request.request_id().empty()) {
    if (const auto known = registry_.Get(key); known.ok()) {
      LAWINE_ASSIGN_OR_RETURN(auto record, ParseRecord<pbi::ChangeRequestRecord>(key, *known));
      if (!IsNotedRequest(record.request_hash(), RequestHash(request))) return RequestIdUsed("batch");
      record.mutable_response()->set_repeated_request(true);
      return record.response();
    } else if (!absl::IsNotFound(known.status())) {
      return known.status();
    }
  }
  LAWINE_ASSIGN_OR_RETURN(const GraphUse use, GraphUse::Of(graphs_, request.graph()));
  Waiting own{.request = request, .result = {}, .done = false};
  {
    MutexLock lock(mutex_);
    queues_[request.graph()].waiting.push_back(&own);
  }
  for (;;) {
    Batches batches;
    {
      MutexLock lock(mutex_);
      Queue& queue = queues_[request.graph()];
      while (!own.done && queue.busy) changed_.Wait(mutex_);
      if (own.done) return *std::move(own.result);
      queue.busy = true;
      batches = Take(queue);
    }
    Process(request.graph(), batches);
    MutexLock lock(mutex_);
    for (Waiting* batch : batches) batch->done = true;
    queues_[request.graph()].busy = false;
    changed_.NotifyAll();
  }
}

// Those that wait, as many as fit one version; the first in any case.
GraphChanges::Batches GraphChanges::Take(Queue& queue) {
  Batches batches;
  int changes = 0;
  while (!queue.waiting.empty()) {
    changes += queue.waiting.front()->request.changes_size();
    if (!batches.empty() && changes > kChangesAtOnceMax) break;
    batches.push_back(queue.waiting.front());
    queue.waiting.pop_front();
  }
  return batches;
}

void GraphChanges::Process(const std::string& graph, const Batches& batches) {
  Batches left = batches;
  while (!left.empty()) {
    const absl::Status status = Settle(graph);  // the turn before may have failed to write
    const auto applied = status.ok() ? ApplyVersion(graph, left) : absl::StatusOr<std::size_t>(status);
    const std::size_t done = applied.ok() ? *applied : left.size();
    if (!applied.ok()) {
      for (Waiting* batch : left) batch->result = applied.status();
    }
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(done));
  }
}

// After a failed write the registry says which version counts.
absl::Status GraphChanges::Settle(const std::string& graph) {
  {
    MutexLock lock(mutex_);
    if (!queues_[graph].unsettled) return absl::OkStatus();
  }
  LAWINE_RETURN_IF_ERROR(graphs_.Reload(graph));
  MutexLock lock(mutex_);
  queues_[graph].unsettled = false;
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> GraphChanges::ApplyVersion(const std::string& graph, const Batches& batches) {
  LAWINE_ASSIGN_OR_RETURN(pbi::GraphRecord record, graphs_.Find(graph));
  LAWINE_ASSIGN_OR_RETURN(const Placement placement, graphs_.Place(record));
  LAWINE_ASSIGN_OR_RETURN(const GraphInfo before, wire::FromProto(record.info()));
  std::vector<MemberKey> keys;
  std::vector<const pb::ApplyChangesRequest*> requests;
  for (Waiting* batch : batches) {
    std::vector<MemberKey> own;
    const absl::Status status = ReadKeys(record.info(), batch->request, own);
    if (!status.ok()) batch->result = status;
    if (!status.ok()) continue;
    keys.insert(keys.end(), own.begin(), own.end());
    requests.push_back(&batch->request);
  }
  const absl::StatusOr<IdsByKey> ids = ResolveMembers(record, placement, std::move(keys));
  LAWINE_RETURN_IF_ERROR(ToCaller(ids.status()));
  absl::StatusOr<ChangePlan::States> states = ReadLinkStates(before, placement, requests, *ids);
  LAWINE_RETURN_IF_ERROR(ToCaller(states.status()));
  ChangePlan plan(before, *std::move(states));
  Batches applied;
  std::size_t done = 0;
  for (; done < batches.size(); ++done) {
    Waiting& batch = *batches[done];
    if (batch.result.has_value()) continue;
    const auto edits = ToBatch(record.info(), batch.request, *ids, plan);
    std::optional<RefusedEdit> refused;
    auto counts = edits.ok() ? plan.Add(*edits, &refused) : absl::StatusOr<BatchCounts>(edits.status());
    if (refused.has_value()) counts = InChange(batch.request, *refused, counts.status());
    // What another batch made wrong has a version of its own to be right in, or wrong.
    if (!counts.ok() && !plan.empty()) break;
    if (!counts.ok()) batch.result = counts.status();
    if (!counts.ok()) continue;
    batch.result = ResponseOf(batch.request, *counts);
    applied.push_back(&batch);
  }
  absl::Status status;
  if (!plan.empty()) {
    status = Prepare(before, record, placement, plan);
    Failpoint("changes.prepared");
  }
  status = ToCaller(status);
  if (status.ok()) status = SendAgain(Commit(std::move(record), plan, applied));
  Failpoint("changes.committed");
  for (Waiting* batch : applied) {
    if (!status.ok()) batch->result = status;
  }
  return done;
}

absl::Status GraphChanges::Prepare(const GraphInfo& before, pbi::GraphRecord& record,
                                   const Placement& placement, const ChangePlan& plan) {
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t ticket, NextTicket(record, placement));
  absl::Status written = WriteToAll(before, placement, plan.Records(ticket));
  if (written.ok()) return written;
  // Shards may know later ones: of another registry, if they were restored.
  MutexLock lock(mutex_);
  queues_[before.name].ticket = 0;
  return written;
}

// Grows with every record ever written, also by coordinators before this one, and without their registry. A
// graph that was made again under its name, or restored, has begun no epoch yet, whatever the queue had.
absl::StatusOr<std::uint64_t> GraphChanges::NextTicket(pbi::GraphRecord& record, const Placement& placement) {
  const std::string& graph = record.info().name();
  {
    MutexLock lock(mutex_);
    Queue& queue = queues_[graph];
    if (queue.ticket > 0 && queue.ticket >> 32 == record.change_epoch()) return ++queue.ticket;
  }
  pbi::DescribeVersionsRequest request;
  request.set_graph(graph);
  LAWINE_ASSIGN_OR_RETURN(const std::vector<pbi::DescribeVersionsResponse> parts,
                          AskAll(placement.workers, &WorkerStub::DescribeVersions, request, kWriteTimeout));
  std::uint64_t epoch = record.change_epoch();
  for (const auto& part : parts) {
    for (const auto& shard : part.shards()) epoch = std::max(epoch, shard.ticket() >> 32);
  }
  record.set_change_epoch(static_cast<std::uint32_t>(epoch + 1));
  LAWINE_RETURN_IF_ERROR(graphs_.Update(record, {}));
  MutexLock lock(mutex_);
  return queues_[graph].ticket = (epoch + 1) << 32 | 1;
}

// From here on the version counts.
absl::Status GraphChanges::Commit(pbi::GraphRecord record, const ChangePlan& plan, const Batches& applied) {
  const GraphInfo after = plan.After();
  const std::uint64_t version = plan.empty() ? record.info().graph_version() : after.graph_version;
  if (!plan.empty()) {
    record.set_dense_keys(record.dense_keys() && plan.KeepsDenseKeys());
    *record.mutable_info() = wire::ToProto(after);
  }
  std::vector<std::pair<std::string, std::string>> requests;
  for (Waiting* batch : applied) {
    pb::ApplyChangesResponse& response = **batch->result;
    response.set_graph_version(version);
    if (response.request_id().empty()) continue;
    pbi::ChangeRequestRecord kept;
    *kept.mutable_response() = response;
    *kept.mutable_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
    kept.set_request_hash(RequestHash(batch->request));
    LAWINE_ASSIGN_OR_RETURN(std::string value, RecordOf(kept));
    requests.emplace_back(RequestsPrefix(record.info().name()) + response.request_id(), std::move(value));
  }
  if (plan.empty() && requests.empty()) return absl::OkStatus();
  const absl::Status status = graphs_.Update(record, requests);
  if (status.ok()) return status;
  MutexLock lock(mutex_);
  queues_[record.info().name()].unsettled = true;
  return status;
}

absl::StatusOr<pb::FoldChangesResponse> GraphChanges::Fold(const pb::FoldChangesRequest& request,
                                                           Cancellation& cancellation) {
  const auto gone = [&cancellation] { return cancellation.cancelled(); };
  LAWINE_ASSIGN_OR_RETURN(const Turns::Turn turn,
                          requests_.Take(absl::StrCat("fold/", request.graph()), gone));
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord record, graphs_.Find(request.graph()));
  LAWINE_ASSIGN_OR_RETURN(const GraphUse use, GraphUse::Of(graphs_, request.graph()));
  LAWINE_ASSIGN_OR_RETURN(const Placement placement, graphs_.Place(record));
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t version, graphs_.BeginFold(request.graph()));
  pbi::FoldShardsRequest fold;
  fold.set_graph(request.graph());
  fold.set_graph_version(version);
  const absl::StatusOr<std::vector<pbi::FoldShardsResponse>> parts = AskAll(
      placement.workers, &WorkerStub::FoldShards, fold, kFoldTimeout, {&cancellation, placement.lease.get()});
  LAWINE_RETURN_IF_ERROR(placement.Ended(parts.status()));
  pb::FoldChangesResponse response;
  response.set_stored_version(version);
  response.set_graph_version(record.info().graph_version());
  for (const auto& part : *parts) response.set_blocks(response.blocks() + part.blocks());
  spdlog::info("graph '{}': version {} is stored, {} blocks were replaced", request.graph(), version,
               response.blocks());
  return response;
}

// What was asked for long ago is not asked for again; and graphs that were deleted are not changed any more.
void GraphChanges::ForgetOldRequests() {
  std::vector<std::string> old;
  const std::int64_t before = absl::ToUnixSeconds(expiry_clock_.Now() - kRequestsKept);
  const auto note = [&](const std::string& key, const std::string& value) -> absl::Status {
    const auto kept = ParseRecord<pbi::ChangeRequestRecord>(key, value);
    if (kept.ok() && kept->time().seconds() < before) old.push_back(key);
    return absl::OkStatus();
  };
  absl::Status status;
  std::set<std::string> there;
  for (const pb::Graph& graph : graphs_.List()) {
    status.Update(registry_.Scan(RequestsPrefix(graph.name()), note));
    there.insert(graph.name());
  }
  status.Update(registry_.DeleteAll(old));
  if (!status.ok()) spdlog::warn("old requests of changes are kept: {}", std::string(status.message()));
  MutexLock lock(mutex_);
  std::erase_if(queues_, [&there](const auto& queue) {
    return !queue.second.busy && queue.second.waiting.empty() && !there.contains(queue.first);
  });
}

}  // namespace lawine
