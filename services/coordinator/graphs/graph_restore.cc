#include "services/coordinator/graphs/graph_restore.h"

#include <grpcpp/grpcpp.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/rpc.h"
#include "services/common/shard_files.h"
#include "services/common/wire.h"
#include "services/coordinator/workers/shard_calls.h"

namespace lawine {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

namespace {

constexpr absl::Duration kTimeout = absl::Hours(12);

std::uint32_t ShardsOf(const pbi::GraphInfo& info) {
  return static_cast<std::uint32_t>(info.boundaries_size()) - 1;
}

}  // namespace

// One shard on its way to a worker.
class GraphRestore::Upload {
 public:
  Upload(WorkerHandle worker, const pbi::ShardId& shard, const std::vector<ShardFile>& files,
         Cancellation& cancellation)
      : worker_(std::move(worker)), cancellation_(cancellation) {
    SetDeadline(context_, kTimeout);
    cancellation_.Add(&context_);
    stream_ = worker_.copies->StoreShard(&context_, &response_);
    pbi::StoreShardRequest first;
    *first.mutable_job()->mutable_shard() = shard;
    *first.mutable_job()->mutable_files() = wire::ToProto(files);
    good_ = stream_->Write(first);
  }
  ~Upload() {
    if (!finished_) {
      context_.TryCancel();
      stream_->Finish();
    }
    cancellation_.Remove(&context_);
  }
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  absl::Status Send(std::string_view bytes) {
    pbi::StoreShardRequest request;
    request.set_data(bytes.data(), bytes.size());
    good_ = good_ && stream_->Write(request);
    return good_ ? absl::OkStatus() : Finish().status();
  }
  // The worker has all of it, and has checked it.
  absl::StatusOr<pbi::StoreShardResponse> Finish() {
    pbi::StoreShardRequest last;
    last.set_end(true);
    const bool sent = good_ && stream_->Write(last) && stream_->WritesDone();
    finished_ = true;
    LAWINE_RETURN_IF_ERROR(worker_.Said(stream_->Finish()));
    if (sent) return response_;
    return absl::InternalError(absl::StrCat(worker_.Text(), " ended the restore early"));
  }

 private:
  const WorkerHandle worker_;
  Cancellation& cancellation_;
  grpc::ClientContext context_;
  pbi::StoreShardResponse response_;
  std::unique_ptr<grpc::ClientWriter<pbi::StoreShardRequest>> stream_;
  bool good_ = false;
  bool finished_ = false;
};

GraphRestore::GraphRestore(Graphs& graphs, WorkerDirectory& workers, const pb::RestoreOptions& options,
                           Cancellation& cancellation)
    : graphs_(graphs), workers_(workers), options_(options), cancellation_(cancellation), reader_(*this) {}

GraphRestore::~GraphRestore() {
  upload_ = nullptr;
  for (const auto& [shard, worker] : targets_) {
    // What was adopted of missing shards belongs to its graph; what was adopted of a new one to none.
    if (done_ || (adopted_ && options_.missing())) break;
    const absl::Status dropped = DropShard(worker, IdOf(shard), /*arrived_only=*/!adopted_);
    if (!dropped.ok()) spdlog::warn("restore of '{}': {}", name_, std::string(dropped.message()));
  }
  // What is gone must be seen to be gone: what a worker said before would bring the graph back.
  if (adopted_ && !done_ && name_taken_) {
    const auto gone = [this] { return workers_.HoldersOf(name_).empty(); };
    if (!workers_.WaitUntil(gone, WorkerDirectory::kHeldTimeout)) {
      spdlog::warn("restore of '{}': workers still say that they hold parts of it", name_);
    }
  }
  if (name_taken_) graphs_.GiveBackName({.name = name_});
}

pbi::ShardId GraphRestore::IdOf(std::uint32_t shard) const {
  pbi::ShardId id;
  id.set_graph(name_);
  id.set_shard(shard);
  id.set_graph_digest(head_.made_digest.ToHex());
  id.set_graph_version(head_.graph_version);
  id.set_version_digest(head_.digest.ToHex());
  return id;
}

absl::Status GraphRestore::OnHead(const GraphFileHead& head) {
  head_ = head;
  name_ = options_.name().empty() ? head.name : options_.name();
  begun_ = options_.missing() ? BeginMissing() : BeginWhole();
  return begun_;
}

absl::Status GraphRestore::Append(std::string_view bytes) {
  const absl::Status read = reader_.Append(bytes);
  return begun_.ok() ? OfCallersFile(read) : read;
}

absl::Status GraphRestore::BeginWhole() {
  LAWINE_RETURN_IF_ERROR(graphs_.TakeName({.name = name_}).status());
  name_taken_ = true;
  const std::vector<WorkerHandle> workers = graphs_.placements().ForNewShards(workers_.Alive());
  if (workers.empty()) return absl::UnavailableError("all workers have gone, or are drained");
  for (std::uint32_t s = 0; s < head_.shards; ++s) {
    targets_.emplace(s, workers[std::uint64_t{s} * workers.size() / head_.shards]);
  }
  return absl::OkStatus();
}

// Shards of an earlier version lack changes that were acknowledged, those of a later one have others.
absl::Status GraphRestore::CheckSameGraph(const pbi::GraphInfo& info) const {
  if (MadeDigest(info) != head_.made_digest.ToHex() || ShardsOf(info) != head_.shards) {
    return absl::FailedPreconditionError(
        absl::StrCat("the backup is not of this graph: expected digest ", MadeDigest(info), " in ",
                     ShardsOf(info), " shards, found ", head_.made_digest.ToHex(), " in ", head_.shards,
                     ": use a backup that was made of it, or restore it under another name"));
  }
  if (info.graph_version() == head_.graph_version && info.digest() == head_.digest.ToHex()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the backup is of another version of this graph: expected version ", info.graph_version(),
                   " with digest ", info.digest(), ", found version ", head_.graph_version, " with digest ",
                   head_.digest.ToHex(),
                   ": use a backup that was made after the last change, or restore it "
                   "whole under another name"));
}

// A shard that is damaged is mended where it is; one that is gone goes to whoever holds least, of those
// that have no older copy of it in its place.
absl::Status GraphRestore::BeginMissing() {
  LAWINE_ASSIGN_OR_RETURN(use_, GraphUse::Of(graphs_, name_));
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord record, graphs_.Find(name_));
  LAWINE_RETURN_IF_ERROR(CheckSameGraph(record.info()));
  std::map<std::string, std::size_t> shards;
  std::map<std::uint32_t, std::string> damaged;
  std::map<std::uint32_t, std::set<std::string>> older;
  for (const pbi::RegisterRequest& worker : workers_.Said()) {
    shards[worker.node_id()] = static_cast<std::size_t>(worker.shards_size());
    for (const pbi::HeldShard& shard : worker.shards()) {
      if (shard.graph() != name_) continue;
      if (!shard.problem().empty()) damaged[shard.shard()] = worker.node_id();
      if (shard.problem().empty()) older[shard.shard()].insert(worker.node_id());
    }
  }
  const std::vector<WorkerHandle> workers = graphs_.placements().ForNewShards(workers_.Alive());
  if (workers.empty()) return absl::UnavailableError("all workers have gone, or are drained");
  for (const std::uint32_t s : workers_.Find(name_, MadeDigest(record.info()), head_.shards).missing) {
    if (const auto it = damaged.find(s); it != damaged.end()) {
      LAWINE_ASSIGN_OR_RETURN(targets_[s], workers_.Live(it->second));
      continue;
    }
    std::vector<WorkerHandle> free = workers;
    std::erase_if(free, [&](const WorkerHandle& worker) { return older[s].contains(worker.node_id); });
    if (free.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("all workers have older copies of shard ", s,
                       ": stop one, delete its data directory and start it again, or add a worker"));
    }
    targets_[s] = *std::min_element(free.begin(), free.end(), [&](const auto& a, const auto& b) {
      return std::pair(shards[a.node_id], a.node_id) < std::pair(shards[b.node_id], b.node_id);
    });
    ++shards[targets_[s].node_id];
  }
  return absl::OkStatus();
}

absl::Status GraphRestore::OnShard(ShardIndex shard, const std::vector<ShardFile>& files) {
  const auto target = targets_.find(shard.value);
  if (target == targets_.end()) return absl::OkStatus();
  upload_ = std::make_unique<Upload>(target->second, IdOf(shard.value), files, cancellation_);
  return absl::OkStatus();
}

absl::Status GraphRestore::OnData(std::string_view bytes) {
  return upload_ == nullptr ? absl::OkStatus() : upload_->Send(bytes);
}

absl::Status GraphRestore::OnShardEnd(ShardIndex shard) {
  if (upload_ == nullptr) return absl::OkStatus();
  auto stored = upload_->Finish();
  upload_ = nullptr;
  LAWINE_RETURN_IF_ERROR(stored.status());
  stored_[shard.value] = *std::move(stored);
  return absl::OkStatus();
}

// Every shard was computed anew from what is on disk; together they must be the graph.
absl::Status GraphRestore::CheckWhole() const {
  Digest digest;
  for (const auto& [shard, stored] : stored_) {
    LAWINE_ASSIGN_OR_RETURN(const Digest part, Digest::FromHex(stored.digest()));
    digest += part;
    if (stored.graph().SerializeAsString() == stored_.begin()->second.graph().SerializeAsString()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("shard ", shard, " of the backup is not of the same graph as the first"));
  }
  if (digest == head_.digest && ShardsOf(stored_.begin()->second.graph()) == head_.shards) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("the shards of the backup add up to digest ", digest.ToHex(),
                                                 ", expected ", head_.digest.ToHex(),
                                                 ": use another backup"));
}

absl::Status GraphRestore::AdoptAll() {
  adopted_ = true;
  for (const auto& [shard, worker] : targets_) LAWINE_RETURN_IF_ERROR(AdoptShard(worker, IdOf(shard)));
  return absl::OkStatus();
}

// The new owners are told first: a lost volume that is found again must not count beside them. Shards that
// their new owners do not take stay with whom they had.
absl::Status GraphRestore::HandOver(const pbi::GraphInfo& graph) {
  Placements& placements = graphs_.placements();
  std::map<std::uint32_t, std::string> before, owners;
  for (const auto& [shard, stored] : stored_) {
    before[shard] = placements.OwnerOf(graph.name(), MadeDigest(graph), shard);
    owners[shard] = targets_[shard].node_id;
  }
  LAWINE_RETURN_IF_ERROR(placements.SetOwners(graph, owners));
  const absl::Status adopted = AdoptAll();
  if (adopted.ok()) return adopted;
  const auto held = workers_.WaitFor(name_, head_.made_digest.ToHex(), head_.shards);
  std::erase_if(before, [&held](const auto& shard) {
    return std::find(held.missing.begin(), held.missing.end(), shard.first) == held.missing.end();
  });
  if (const absl::Status back = placements.SetOwners(graph, before); !back.ok()) {
    spdlog::warn("restore of '{}': {}", name_, std::string(back.message()));
  }
  return adopted;
}

absl::StatusOr<pb::Graph> GraphRestore::AdoptWhole() {
  LAWINE_RETURN_IF_ERROR(CheckWhole());
  std::map<std::uint32_t, std::string> owners;
  for (const auto& [shard, worker] : targets_) owners[shard] = worker.node_id;
  LAWINE_RETURN_IF_ERROR(graphs_.placements().SetOwners(stored_.begin()->second.graph(), owners));
  LAWINE_RETURN_IF_ERROR(AdoptAll());
  LAWINE_RETURN_IF_ERROR(workers_.WaitFor(name_, head_.made_digest.ToHex(), head_.shards).Check(name_));
  pbi::GraphRecord record;
  *record.mutable_info() = stored_.begin()->second.graph();
  record.set_dense_keys(stored_.begin()->second.dense_keys());
  return graphs_.Keep(std::move(record));
}

// Shards whose workers are back meanwhile stay with them: of what was sent nothing is needed.
void GraphRestore::LeaveHeld(const pbi::GraphInfo& graph) {
  const std::vector<std::uint32_t> missing =
      workers_.Find(name_, MadeDigest(graph), head_.shards).missing;  // ascending
  std::erase_if(targets_, [&](const auto& target) {
    const auto& [shard, worker] = target;
    if (std::binary_search(missing.begin(), missing.end(), shard)) return false;
    const absl::Status dropped = DropShard(worker, IdOf(shard), /*arrived_only=*/true);
    if (!dropped.ok()) spdlog::warn("restore of '{}': {}", name_, std::string(dropped.message()));
    stored_.erase(shard);
    return true;
  });
}

absl::StatusOr<pb::Graph> GraphRestore::AdoptMissing() {
  if (stored_.empty()) return graphs_.Get(name_);
  // Before it is compared: a change that is under way would make the backup one of an earlier state.
  LAWINE_ASSIGN_OR_RETURN(
      const auto hold, graphs_.placements().HoldGraph(name_, [this] { return cancellation_.cancelled(); }));
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord record, graphs_.Find(name_));
  for (const auto& [shard, stored] : stored_) {
    if (stored.graph().SerializeAsString() != record.info().SerializeAsString()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "shard ", shard, " of the backup is of an earlier state of the graph: restore it whole"));
    }
  }
  LeaveHeld(record.info());
  if (stored_.empty()) return graphs_.Get(name_);
  LAWINE_RETURN_IF_ERROR(HandOver(record.info()));
  // Others may still be missing, if they got lost meanwhile: that is for the caller to see.
  workers_.WaitFor(name_, head_.made_digest.ToHex(), head_.shards);
  return graphs_.Get(name_);
}

absl::StatusOr<pb::RestoredGraph> GraphRestore::Finish() {
  LAWINE_RETURN_IF_ERROR(OfCallersFile(reader_.Finish()));
  pb::RestoredGraph restored;
  auto graph = options_.missing() ? AdoptMissing() : AdoptWhole();
  LAWINE_RETURN_IF_ERROR(graph.status());
  done_ = true;
  *restored.mutable_graph() = *std::move(graph);
  for (const auto& [shard, stored] : stored_) restored.add_shards(shard);
  return restored;
}

}  // namespace lawine
