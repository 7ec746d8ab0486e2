#include "services/coordinator/graphs/graph_load.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/graph/profile.h"
#include "services/common/errors.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kLoadTimeout = absl::Hours(12);
constexpr auto kReportEvery = std::chrono::milliseconds(300);

// What all shards add to, while they load at the same time.
struct Shared {
  std::atomic<std::uint64_t> links_done{0};
  std::atomic<bool> cancelled{false};
  Mutex mutex;
  std::vector<std::uint32_t> audience ABSL_GUARDED_BY(mutex);
  std::uint64_t links ABSL_GUARDED_BY(mutex) = 0;
  Digest digest ABSL_GUARDED_BY(mutex);
};

// One shard's stream.
class ShardStream {
 public:
  ShardStream(const GraphLoadJob& job, const WorkerHandle& worker, ShardIndex shard, Shared& shared)
      : job_(job), worker_(worker), shard_(shard), shared_(shared) {
    SetDeadline(context_, kLoadTimeout);
    stream_ = worker_.stub->LoadShard(&context_);
  }
  ~ShardStream() {
    if (stream_ == nullptr || finished_) return;
    context_.TryCancel();
    stream_->Finish();
  }

  // Sends the job (and links), follows progress, adds the counts to `shared`.
  absl::Status StoreLinks() {
    pbi::LoadShardRequest request;
    *request.mutable_job()->mutable_graph() = wire::ToProto(job_.graph);
    request.mutable_job()->set_shard(shard_.value);
    if (job_.generator.has_value())
      *request.mutable_job()->mutable_generator() = wire::ToProto(*job_.generator);
    if (!stream_->Write(request)) return Failure();
    if (!job_.generator.has_value()) LAWINE_RETURN_IF_ERROR(SendLinks());
    pbi::LoadShardResponse response;
    std::vector<std::uint32_t> counts;
    std::uint64_t reported = 0;
    while (stream_->Read(&response)) {
      if (shared_.cancelled) return absl::CancelledError("the load was cancelled");
      if (response.links_done() > reported) shared_.links_done += response.links_done() - reported;
      reported = std::max(reported, response.links_done());
      LAWINE_RETURN_IF_ERROR(wire::UnpackInts(response.follower_counts(), counts));
      if (response.has_stored()) return AddCounts(response.stored(), counts);
    }
    return Failure();
  }

  absl::Status Commit(const GraphInfo& graph, std::span<const std::uint32_t> audience) {
    constexpr std::size_t kPart = kStreamPartBytes / sizeof(std::uint32_t);
    for (std::size_t at = 0; at < audience.size(); at += kPart) {
      pbi::LoadShardRequest part;
      part.mutable_commit()->set_audience(
          wire::PackInts(audience.subspan(at, std::min(kPart, audience.size() - at))));
      if (!stream_->Write(part)) return Failure();
    }
    pbi::LoadShardRequest last;
    *last.mutable_commit()->mutable_graph() = wire::ToProto(graph);
    if (!stream_->Write(last)) return Failure();
    pbi::LoadShardResponse response;
    if (!stream_->Read(&response) || !response.committed()) return Failure();
    return Finish();
  }

 private:
  absl::Status SendLinks();
  absl::Status SendBatch(pbi::LoadShardRequest& request) {
    // The worker would wait for the next batch for ever: giving up must not ask it for its status.
    if (shared_.cancelled) return absl::CancelledError("the load was cancelled");
    const bool good = stream_->Write(request);
    request.Clear();
    return good ? absl::OkStatus() : Failure();
  }

  absl::Status AddCounts(const pbi::LinksStored& stored, const std::vector<std::uint32_t>& counts) {
    LAWINE_ASSIGN_OR_RETURN(const Digest digest, Digest::FromHex(stored.digest()));
    MutexLock lock(shared_.mutex);
    if (counts.size() != shared_.audience.size())
      return absl::DataLossError(absl::StrCat(worker_.Text(), " sent short counts"));
    for (std::size_t m = 0; m < counts.size(); ++m) shared_.audience[m] += counts[m];
    shared_.links += stored.links();
    shared_.digest += digest;
    return absl::OkStatus();
  }

  absl::Status Finish() {
    finished_ = true;
    const absl::Status status = FromGrpc(stream_->Finish());
    if (status.ok()) return status;
    return absl::Status(status.code(),
                        absl::StrCat(worker_.Text(), ", shard ", shard_.value, ": ", status.message()));
  }
  absl::Status Failure() {
    const absl::Status status = Finish();
    return status.ok() ? absl::InternalError(absl::StrCat(worker_.Text(), " ended the load early")) : status;
  }

  const GraphLoadJob& job_;
  const WorkerHandle& worker_;
  const ShardIndex shard_;
  Shared& shared_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<pbi::LoadShardRequest, pbi::LoadShardResponse>> stream_;
  bool finished_ = false;
};

template <class Label>
bool AllAre(const std::vector<Label>& column, Label label) {
  return std::all_of(column.begin(), column.end(), [label](Label l) { return l == label; });
}

// What a shard is told of its own members.
void SetProfiles(const MemberColumns& members, pbi::LinkBatch& batch) {
  batch.mutable_names()->Add(members.names.begin(), members.names.end());
  if (!AllAre(members.community, kNoCommunity)) {
    batch.set_communities(wire::PackInts(std::span<const std::uint32_t>(members.community)));
  }
  if (!AllAre(members.network, kNetworkUnknown)) {
    batch.set_networks(members.network.data(), members.network.size());
  }
  if (!AllAre(members.account_kind, kAccountPersonal)) {
    batch.set_account_kinds(members.account_kind.data(), members.account_kind.size());
  }
}

MemberRange Common(MemberRange a, MemberRange b) {
  const std::uint32_t first = std::clamp(a.first.value, b.first.value, b.end());
  return {MemberId(first), std::clamp(a.end(), first, std::max(first, b.end())) - first};
}

absl::Status ShardStream::SendLinks() {
  const LinkSource& source = *job_.source;
  const MemberRange receivers = job_.graph.partition.range(shard_);
  pbi::LoadShardRequest request;
  FollowerLists lists;
  MemberColumns members;
  std::vector<std::uint32_t> pairs;
  for (std::uint32_t c = 0; c < source.chunks_count(); ++c) {
    const MemberRange sources = source.chunk(c);
    const std::span<const MemberKey> keys = source.keys().subspan(sources.first.value, sources.count);
    request.mutable_links()->set_keys(wire::PackInts(keys));
    source.Profiles(Common(sources, receivers), members);
    SetProfiles(members, *request.mutable_links());
    LAWINE_RETURN_IF_ERROR(SendBatch(request));
    LAWINE_RETURN_IF_ERROR(source.FollowersInside(c, receivers, lists));
    std::size_t at = 0;
    std::size_t sent = 0;
    const auto flush = [&] {
      request.mutable_links()->set_links(wire::PackInts(std::span<const std::uint32_t>(pairs)));
      if (!lists.weights.empty()) {
        request.mutable_links()->set_weights(
            wire::PackInts(std::span<const std::uint32_t>(lists.weights).subspan(sent, at - sent)));
      }
      if (!lists.kinds.empty()) {
        request.mutable_links()->set_kinds(lists.kinds.data() + sent, at - sent);
      }
      sent = at;
      pairs.clear();
      return SendBatch(request);
    };
    for (std::uint32_t i = 0; i < sources.count; ++i) {
      const std::size_t end = at + lists.counts[i];
      while (at < end) {
        pairs.push_back(sources.first.value + i);
        pairs.push_back(receivers.first.value + lists.followers[at++]);
        if (pairs.size() >= kStreamPartBytes / 4) LAWINE_RETURN_IF_ERROR(flush());
      }
    }
    if (!pairs.empty()) LAWINE_RETURN_IF_ERROR(flush());
  }
  request.mutable_links()->set_last(true);
  return SendBatch(request);
}

// Runs task(worker index) for all workers at once; reports while they work. The first failure wins.
absl::Status OnAllWorkers(std::size_t count, const std::function<absl::Status(std::size_t)>& task,
                          Shared& shared, const std::function<bool()>& report) {
  std::vector<std::future<absl::Status>> futures;
  for (std::size_t w = 0; w < count; ++w) {
    futures.push_back(std::async(std::launch::async, [&, w] {
      absl::Status status = task(w);
      if (!status.ok()) shared.cancelled = true;
      return status;
    }));
  }
  absl::Status first;
  for (auto& future : futures) {
    while (future.wait_for(kReportEvery) == std::future_status::timeout) {
      if (!report()) shared.cancelled = true;
    }
    absl::Status status = future.get();
    if (!status.ok() && (first.ok() || absl::IsCancelled(first))) first = std::move(status);
  }
  return first;
}

// Of worker `w`; where the one before ends.
std::uint32_t FirstShardOf(std::size_t w, std::uint32_t shards, std::size_t workers_count) {
  return static_cast<std::uint32_t>(std::uint64_t{shards} * w / workers_count);
}

}  // namespace

std::map<std::uint32_t, std::string> DealShards(std::uint32_t shards,
                                                const std::vector<WorkerHandle>& workers) {
  std::map<std::uint32_t, std::string> owners;
  for (std::size_t w = 0; w < workers.size(); ++w) {
    const std::uint32_t end = FirstShardOf(w + 1, shards, workers.size());
    for (std::uint32_t s = FirstShardOf(w, shards, workers.size()); s < end; ++s) {
      owners[s] = workers[w].node_id;
    }
  }
  return owners;
}

absl::StatusOr<GraphInfo> LoadGraph(const GraphLoadJob& job, const std::vector<WorkerHandle>& workers,
                                    const LoadWatcher& watch) {
  GraphInfo graph = job.graph;
  const std::uint32_t shards = graph.partition.shards_count();
  Shared shared;
  shared.audience.resize(graph.members());
  std::vector<std::unique_ptr<ShardStream>> streams(shards);
  const auto for_shards_of = [&](std::size_t w, const auto& task) -> absl::Status {
    const std::uint32_t end = FirstShardOf(w + 1, shards, workers.size());
    for (std::uint32_t s = FirstShardOf(w, shards, workers.size()); s < end; ++s) {
      LAWINE_RETURN_IF_ERROR(task(s));
    }
    return absl::OkStatus();
  };
  const auto report = [&](const char* phase) {
    pb::LoadProgress progress;
    progress.set_links_done(shared.links_done);
    progress.set_links_expected(job.links_expected);
    progress.set_phase(phase);
    return watch(progress);
  };
  LAWINE_RETURN_IF_ERROR(OnAllWorkers(
      workers.size(),
      [&](std::size_t w) {
        return for_shards_of(w, [&](std::uint32_t s) {
          streams[s] = std::make_unique<ShardStream>(job, workers[w], ShardIndex(s), shared);
          return streams[s]->StoreLinks();
        });
      },
      shared, [&] { return report("storing links"); }));
  std::vector<std::uint32_t> audience;
  {
    MutexLock lock(shared.mutex);
    graph.links = shared.links;
    graph.digest = shared.digest;
    audience = shared.audience;
  }
  LAWINE_RETURN_IF_ERROR(OnAllWorkers(
      workers.size(),
      [&](std::size_t w) {
        return for_shards_of(w, [&](std::uint32_t s) {
          const MemberRange range = graph.partition.range(ShardIndex(s));
          return streams[s]->Commit(
              graph, std::span<const std::uint32_t>(audience).subspan(range.first.value, range.count));
        });
      },
      shared, [&] { return report("storing members"); }));
  return graph;
}

}  // namespace lawine
