#include "services/coordinator/graphs/graph_backups.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/crc32c.h"
#include "engine/base/status_macros.h"
#include "engine/store/graph_file.h"
#include "services/common/rpc.h"
#include "services/common/shard_files.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kTimeout = absl::Hours(12);

// One shard, as a worker sends it.
class ShardSource {
 public:
  ShardSource(WorkerHandle worker, const pbi::ShardId& shard, Cancellation& cancellation)
      : worker_(std::move(worker)), shard_(shard), cancellation_(cancellation) {
    SetDeadline(context_, kTimeout);
    cancellation_.Add(&context_);
    stream_ = worker_.copies->SendShard(&context_);
    pbi::SendShardRequest first;
    *first.mutable_shard() = shard_;
    stream_->Write(first);  // a failure shows when reading
  }
  ~ShardSource() {
    if (!finished_) {
      context_.TryCancel();
      stream_->Finish();
    }
    cancellation_.Remove(&context_);
  }
  ShardSource(const ShardSource&) = delete;
  ShardSource& operator=(const ShardSource&) = delete;

  const std::string& node_id() const { return worker_.node_id; }
  ShardIndex shard() const { return ShardIndex(shard_.shard()); }
  const std::vector<ShardFile>& files() const { return files_; }

  // Waits for the list of files: then the checkpoint is there.
  absl::Status List() {
    pbi::SendShardResponse response;
    if (!stream_->Read(&response)) return Failure();
    files_ = wire::FromProto(response.files());
    return CheckShardFiles(files_);
  }

  // Passes on the file, in parts.
  template <class Pass>
  absl::Status Read(std::size_t file, Pass&& pass) {
    pbi::SendShardRequest request;
    request.mutable_wanted()->set_file(static_cast<std::uint32_t>(file));
    if (files_[file].size > 0 && !stream_->Write(request)) return Failure();
    std::uint32_t crc = 0;
    pbi::SendShardResponse response;
    for (std::uint64_t left = files_[file].size; left > 0; left -= response.data().size()) {
      if (!stream_->Read(&response)) return Failure();
      if (response.data().empty() || response.data().size() > left) {
        return absl::InternalError(absl::StrCat(worker_.Text(), " sends more or less than it has"));
      }
      crc = Crc32c(response.data(), crc);
      LAWINE_RETURN_IF_ERROR(pass(response.data()));
    }
    if (crc == files_[file].crc32c) return absl::OkStatus();
    return absl::DataLossError(absl::StrFormat(
        "%s, shard %d of '%s': %s is damaged: expected checksum %08x, found %08x: see lawine graph verify",
        worker_.Text(), shard_.shard(), shard_.graph(), files_[file].name, files_[file].crc32c, crc));
  }

 private:
  absl::Status Failure() {
    finished_ = true;
    stream_->WritesDone();
    const absl::Status status = worker_.Said(stream_->Finish());
    return status.ok() ? absl::InternalError(absl::StrCat(worker_.Text(), " ended the copy early")) : status;
  }

  const WorkerHandle worker_;
  const pbi::ShardId shard_;
  Cancellation& cancellation_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<pbi::SendShardRequest, pbi::SendShardResponse>> stream_;
  std::vector<ShardFile> files_;
  bool finished_ = false;
};

using Sources = std::vector<std::unique_ptr<ShardSource>>;

absl::StatusOr<Sources> OpenAll(const pbi::GraphInfo& graph, const Placement& placement,
                                Cancellation& cancellation) {
  Sources sources;
  for (const WorkerHandle& worker : placement.workers) {
    for (const std::uint32_t shard : worker.shards) {
      sources.push_back(std::make_unique<ShardSource>(worker, ShardIdOf(graph, shard), cancellation));
    }
  }
  std::sort(sources.begin(), sources.end(),
            [](const auto& a, const auto& b) { return a->shard().value < b->shard().value; });
  for (const auto& source : sources) LAWINE_RETURN_IF_ERROR(source->List());
  return sources;
}

}  // namespace

absl::Status BackUpGraph(const pbi::GraphRecord& graph, GraphUse use, Placement placement,
                         OpenShards::Places places, const TakePart& take, Cancellation& cancellation) {
  LAWINE_ASSIGN_OR_RETURN(Sources sources, OpenAll(graph.info(), placement, cancellation));
  placement = Placement();  // shards may move now
  use = GraphUse();
  GraphFileHead head{.name = graph.info().name(),
                     .shards = static_cast<std::uint32_t>(sources.size()),
                     .graph_version = graph.info().graph_version()};
  LAWINE_ASSIGN_OR_RETURN(head.digest, Digest::FromHex(graph.info().digest()));
  LAWINE_ASSIGN_OR_RETURN(head.made_digest, Digest::FromHex(MadeDigest(graph.info())));
  for (const auto& source : sources) head.bytes += BytesOf(source->files());
  const auto pass = [&](const std::string& bytes) {
    return take(bytes, head.bytes) ? absl::OkStatus() : absl::CancelledError("the caller is gone");
  };
  LAWINE_RETURN_IF_ERROR(pass(EncodeGraphFileHead(head)));
  for (std::unique_ptr<ShardSource>& source : sources) {
    LAWINE_RETURN_IF_ERROR(pass(EncodeGraphFileShard(source->shard(), source->files())));
    for (std::size_t file = 0; file < source->files().size(); ++file) {
      LAWINE_RETURN_IF_ERROR(
          source->Read(file, [&](const std::string& bytes) { return pass(EncodeGraphFileData(bytes)); }));
    }
    const std::string node_id = source->node_id();
    source = nullptr;
    places.Close(node_id);
  }
  return pass(EncodeGraphFileEnd(head.bytes));
}

}  // namespace lawine
