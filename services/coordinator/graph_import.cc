#include "services/coordinator/graph_import.h"

#include <utility>

#include "engine/base/status_macros.h"
#include "engine/graph/edge_reader.h"
#include "engine/graph/member_reader.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint64_t kReportEveryBytes = 16u << 20;

absl::StatusOr<EdgeFormat> FormatOf(const pb::ImportOptions& options) {
  EdgeFormat format{.undirected = options.undirected(),
                    .columns = {},
                    .string_ids = options.string_ids(),
                    .header_lines = options.header_lines()};
  std::string row = options.row();
  if (row.empty() && options.undirected()) row = "member,member";
  if (row.empty()) {
    return FieldError("row",
                      "a directed file needs its meaning said: expected follower,followed or from,to (or "
                      "undirected); found nothing");
  }
  auto columns = ParseEdgeColumns(row, options.undirected());
  if (!columns.ok()) return FieldError("row", std::string(columns.status().message()));
  format.columns = *std::move(columns);
  return format;
}

// The files of one import, one after another.
class ImportedFiles {
 public:
  explicit ImportedFiles(EdgeFormat format) : edges_(std::move(format)), members_(edges_.ids()) {}

  // Takes the next message after the options.
  absl::Status Take(const pb::ImportGraphRequest& request) {
    if (request.has_begin_file()) {
      LAWINE_RETURN_IF_ERROR(EndFile());
      edges_.BeginFile(request.begin_file());
      ++edge_files_;
      open_ = Open::kEdges;
      return absl::OkStatus();
    }
    if (request.has_begin_members_file()) {
      LAWINE_RETURN_IF_ERROR(EndFile());
      members_.BeginFile(request.begin_members_file());
      open_ = Open::kMembers;
      return absl::OkStatus();
    }
    if (!request.has_data() || open_ == Open::kNothing) {
      return FieldError("part", "expected begin_file or begin_members_file, then data");
    }
    return open_ == Open::kEdges ? edges_.Append(request.data()) : members_.Append(request.data());
  }
  // Call once, last.
  absl::Status End() {
    LAWINE_RETURN_IF_ERROR(EndFile());
    return edge_files_ > 0 ? absl::OkStatus() : FieldError("part", "expected at least one file of links");
  }

  std::uint64_t rows() const { return edges_.report().rows; }
  ImportedGraph Finish() {
    ImportedGraph graph{.edges = edges_.TakeEdges(), .report = edges_.report()};
    graph.edges.profiles = members_.TakeProfiles();
    return graph;
  }

 private:
  enum class Open { kNothing, kEdges, kMembers };

  absl::Status EndFile() {
    const Open ended = std::exchange(open_, Open::kNothing);
    if (ended == Open::kNothing) return absl::OkStatus();
    return ended == Open::kEdges ? edges_.EndFile() : members_.EndFile();
  }

  EdgeReader edges_;
  MemberReader members_;
  Open open_ = Open::kNothing;
  std::uint32_t edge_files_ = 0;
};

absl::Status ReadFiles(ImportStream& stream, ImportedFiles& files) {
  pb::ImportGraphRequest request;
  std::uint64_t bytes = 0;
  std::uint64_t reported = 0;
  while (stream.Read(&request)) {
    LAWINE_RETURN_IF_ERROR(files.Take(request));
    bytes += request.data().size();
    if (bytes - reported < kReportEveryBytes) continue;
    reported = bytes;
    pb::ImportGraphResponse response;
    response.mutable_progress()->set_phase("reading");
    response.mutable_progress()->set_links_done(files.rows());
    stream.Write(response);
  }
  return files.End();
}

}  // namespace

absl::Status ReadImport(Graphs& graphs, grpc::ServerContext& context, ImportStream& stream) {
  pb::ImportGraphRequest first;
  if (!stream.Read(&first)) return absl::CancelledError("the caller is gone");
  if (!first.has_options()) return FieldError("part", "expected options first");
  const pb::ImportOptions options = first.options();
  LAWINE_ASSIGN_OR_RETURN(EdgeFormat format, FormatOf(options));
  ImportedFiles files(std::move(format));
  LAWINE_RETURN_IF_ERROR(ReadFiles(stream, files));
  pb::ImportGraphResponse last;
  const auto watch = [&](const pb::LoadProgress& progress) {
    pb::ImportGraphResponse response;
    *response.mutable_progress() = progress;
    return !context.IsCancelled() && stream.Write(response);
  };
  // Reading ends the same way for a caller that has sent everything and for one that has left.
  pb::LoadProgress read;
  read.set_phase("reading");
  read.set_links_done(files.rows());
  if (!watch(read)) return absl::CancelledError("the caller left before all files had come");
  LAWINE_ASSIGN_OR_RETURN(*last.mutable_graph(),
                          graphs.Import(options, files.Finish(), *last.mutable_report(), watch));
  stream.Write(last);
  return absl::OkStatus();
}

}  // namespace lawine
