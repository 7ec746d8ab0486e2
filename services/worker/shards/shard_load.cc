#include "services/worker/shards/shard_load.h"

#include <algorithm>
#include <chrono>
#include <future>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
constexpr auto kProgressEvery = std::chrono::milliseconds(200);
constexpr std::uint64_t kReceivedBytesInMemory = 16u << 20;  // of a shard's links

absl::Status Broken() { return absl::CancelledError("the coordinator ended the load"); }

absl::Status SendCounts(const ShardLinks& links, LoadStream& stream) {
  constexpr std::size_t kPart = kStreamPartBytes / sizeof(std::uint32_t);
  const std::span<const std::uint32_t> counts(links.follower_counts);
  for (std::size_t at = 0; at < counts.size(); at += kPart) {
    pbi::LoadShardResponse part;
    part.set_follower_counts(wire::PackInts(counts.subspan(at, std::min(kPart, counts.size() - at))));
    if (!stream.Write(part)) return Broken();
  }
  pbi::LoadShardResponse end;
  end.set_links_done(links.links);
  end.mutable_stored()->set_links(links.links);
  end.mutable_stored()->set_digest(links.digest.ToHex());
  return stream.Write(end) ? absl::OkStatus() : Broken();
}

// Waits for the coordinator's word that all shards have their links.
absl::StatusOr<GraphInfo> ReadCommit(LoadStream& stream, std::vector<std::uint32_t>& audience) {
  pbi::LoadShardRequest request;
  while (stream.Read(&request)) {
    if (!request.has_commit()) return absl::InvalidArgumentError("expected a commit");
    LAWINE_RETURN_IF_ERROR(wire::UnpackInts(request.commit().audience(), audience));
    if (request.commit().has_graph()) return wire::FromProto(request.commit().graph());
  }
  return Broken();
}

}  // namespace

absl::Status ShardLoader::Load(grpc::ServerContext& context, LoadStream& stream) {
  pbi::LoadShardRequest first;
  if (!stream.Read(&first)) return Broken();
  if (!first.has_job()) return absl::InvalidArgumentError("expected a job first");
  LAWINE_ASSIGN_OR_RETURN(GraphInfo graph, wire::FromProto(first.job().graph()));
  const ShardIndex shard(first.job().shard());
  if (shard.value >= graph.partition.shards_count())
    return absl::InvalidArgumentError("the job's shard does not exist");
  const ShardName name{graph.name, shard};
  std::shared_ptr<const LinkSource> source;
  std::shared_ptr<ReceivedLinks> received;
  if (first.job().has_generator()) {
    LAWINE_ASSIGN_OR_RETURN(source, PlanOf(first.job().generator()));
  } else {
    LAWINE_ASSIGN_OR_RETURN(received, Receive(graph, shard, stream));
    source = received;
  }
  // A load that was given up may still be clearing its files away.
  LAWINE_ASSIGN_OR_RETURN(const Turns::Turn turn, loads_.Take(absl::StrCat(graph.name, "/", shard.value),
                                                              [&context] { return context.IsCancelled(); }));
  LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<ShardWriter> writer, shards_.Create(name));
  LAWINE_ASSIGN_OR_RETURN(const ShardLinks links, Build(*source, graph, shard, *writer, context, stream));
  if (received != nullptr) received->DropLinks();
  LAWINE_RETURN_IF_ERROR(SendCounts(links, stream));
  std::vector<std::uint32_t> audience;
  LAWINE_ASSIGN_OR_RETURN(graph, ReadCommit(stream, audience));
  if (audience.size() != graph.partition.range(shard).count) {
    return absl::InvalidArgumentError("the commit's audiences are not those of the shard's members");
  }
  LAWINE_RETURN_IF_ERROR(FinishShard(*source, graph, shard, links, audience, *writer));
  writer.reset();
  LAWINE_RETURN_IF_ERROR(shards_.Adopt(name));
  pbi::LoadShardResponse done;
  done.set_committed(true);
  return stream.Write(done) ? absl::OkStatus() : Broken();
}

absl::StatusOr<std::shared_ptr<ReceivedLinks>> ShardLoader::Receive(const GraphInfo& graph, ShardIndex shard,
                                                                    LoadStream& stream) {
  auto links = std::make_shared<ReceivedLinks>(
      graph, graph.partition.range(shard),
      SpillOptions{.directory = load_dir_, .memory_bytes = kReceivedBytesInMemory});
  pbi::LoadShardRequest request;
  do {
    if (!stream.Read(&request)) return Broken();
    LAWINE_RETURN_IF_ERROR(links->Add(request.links()));
  } while (!request.links().last());
  LAWINE_RETURN_IF_ERROR(links->Finish());
  return links;
}

absl::StatusOr<std::shared_ptr<const LinkSource>> ShardLoader::PlanOf(const pbi::GeneratorSpec& generator) {
  LAWINE_ASSIGN_OR_RETURN(const GeneratorSpec spec, wire::FromProto(generator));
  MutexLock lock(mutex_);
  std::shared_ptr<const LinkSource> plan = plan_.lock();
  if (plan == nullptr || planned_ != spec) {
    LAWINE_ASSIGN_OR_RETURN(plan, MakeGenerator(spec, executor_));
    planned_ = spec;
    plan_ = plan;
  }
  return plan;
}

// Builds on a thread of its own while this one reports progress and notices when the caller is gone.
absl::StatusOr<ShardLinks> ShardLoader::Build(const LinkSource& source, const GraphInfo& graph,
                                              ShardIndex shard, ShardWriter& writer,
                                              grpc::ServerContext& context, LoadStream& stream) {
  BuildProgress progress;
  auto building = std::async(std::launch::async, [&] {
    return BuildLinks(source, graph.partition, shard, writer, executor_, progress);
  });
  while (building.wait_for(kProgressEvery) == std::future_status::timeout) {
    pbi::LoadShardResponse response;
    response.set_links_done(progress.links_done);
    if (context.IsCancelled() || !stream.Write(response)) progress.cancelled = true;
  }
  return building.get();
}

}  // namespace lawine
