#include "services/coordinator/graphs/graph_import.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/graph/edge_reader.h"
#include "engine/graph/member_reader.h"
#include "services/common/errors.h"
#include "services/common/steady_time.h"
#include "services/coordinator/workers/call_guard.h"
#include "services/coordinator/workers/cancellation.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint64_t kReportEveryBytes = 16u << 20;
// Between two looks at whether the caller is still there: zstd makes up to 128 MiB of so much.
constexpr std::size_t kPieceBytes = 4 << 10;
constexpr absl::Duration kBrokenOffKept = absl::Minutes(10);
constexpr absl::Duration kLookEvery = absl::Seconds(20);

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

// False when the caller is gone.
bool WritePhase(ImportStream& stream, SilenceLimit& silence, std::uint64_t rows) {
  pb::ImportGraphResponse response;
  response.mutable_progress()->set_phase("reading");
  response.mutable_progress()->set_links_done(rows);
  return silence.Write(stream, response);
}

absl::Status CallerLeft() { return absl::CancelledError("the caller left before all files had come"); }

}  // namespace

// The files of one import, one after another, as far as they have come.
class ImportUpload {
 public:
  ImportUpload(const pb::ImportOptions& options, EdgeFormat format, const SpillOptions& spill,
               Executor& executor)
      : options_(options),
        spill_(spill),
        edges_(std::move(format), spill, executor),
        members_(edges_.ids()) {}

  const pb::ImportOptions& options() const { return options_; }
  const pb::ImportPosition& position() const { return position_; }
  std::uint64_t rows() const { return edges_.report().rows; }

  // Takes the next message after the options. CANCELLED in the middle of its data is no failure: the rest may
  // come again.
  absl::Status Take(const pb::ImportGraphRequest& request, const Cancellation& cancellation) {
    if (request.has_begin_file()) {
      LAWINE_RETURN_IF_ERROR(BeginFile(Open::kEdges));
      edges_.BeginFile(NameOf(request.begin_file()));
      ++edge_files_;
      return absl::OkStatus();
    }
    if (request.has_begin_members_file()) {
      LAWINE_RETURN_IF_ERROR(BeginFile(Open::kMembers));
      members_.BeginFile(NameOf(request.begin_members_file()));
      return absl::OkStatus();
    }
    if (!request.has_data() || open_ == Open::kNothing) {
      return FieldError("part", "expected begin_file or begin_members_file, then data");
    }
    for (std::string_view rest = request.data(); !rest.empty();) {
      if (cancellation.cancelled()) return CallerLeft();
      const std::string_view piece = rest.substr(0, kPieceBytes);
      rest.remove_prefix(piece.size());
      position_.set_bytes(position_.bytes() + piece.size());
      LAWINE_RETURN_IF_ERROR(
          OfCallersFile(open_ == Open::kEdges ? edges_.Append(piece) : members_.Append(piece)));
    }
    return absl::OkStatus();
  }
  // Call once, after the last message.
  absl::Status End() {
    ended_ = true;
    LAWINE_RETURN_IF_ERROR(EndFile());
    return edge_files_ > 0 ? absl::OkStatus() : FieldError("part", "expected at least one file of links");
  }
  bool ended() const { return ended_; }
  // Call once, last.
  ImportedGraph Finish() {
    ImportedGraph graph{.edges = edges_.TakeEdges(), .report = edges_.report(), .spill = spill_};
    graph.edges.profiles = members_.TakeProfiles();
    return graph;
  }

 private:
  enum class Open { kNothing, kEdges, kMembers };

  // What is said of a file that has no name names its place.
  std::string NameOf(const std::string& name) const {
    return name.empty() ? absl::StrCat("file ", position_.files()) : name;
  }
  absl::Status BeginFile(Open kind) {
    LAWINE_RETURN_IF_ERROR(EndFile());
    open_ = kind;
    position_.set_files(position_.files() + 1);
    position_.set_bytes(0);
    return absl::OkStatus();
  }
  absl::Status EndFile() {
    const Open ended = std::exchange(open_, Open::kNothing);
    if (ended == Open::kNothing) return absl::OkStatus();
    return OfCallersFile(ended == Open::kEdges ? edges_.EndFile() : members_.EndFile());
  }

  const pb::ImportOptions options_;
  const SpillOptions spill_;
  EdgeReader edges_;
  MemberReader members_;
  pb::ImportPosition position_;
  Open open_ = Open::kNothing;
  std::uint32_t edge_files_ = 0;
  bool ended_ = false;
};

namespace {

// Until the caller says that this was all, leaves (CANCELLED) or sends nothing any more (DEADLINE_EXCEEDED).
absl::Status ReadFiles(ImportStream& stream, SilenceLimit& silence, ImportUpload& upload,
                       const Cancellation& cancellation) {
  pb::ImportGraphRequest request;
  std::uint64_t bytes = 0;
  std::uint64_t reported = 0;
  while (silence.Read(stream, request)) {
    LAWINE_RETURN_IF_ERROR(upload.Take(request, cancellation));
    bytes += request.data().size();
    if (bytes - reported < kReportEveryBytes) continue;
    reported = bytes;
    WritePhase(stream, silence, upload.rows());
  }
  LAWINE_RETURN_IF_ERROR(silence.status());
  // Reading ends the same way for a caller that has sent everything and for one that has left.
  if (!WritePhase(stream, silence, upload.rows())) return CallerLeft();
  return upload.End();
}

}  // namespace

Imports::Imports(Graphs& graphs, Executor& executor, SpillOptions spill, absl::Duration silence_max)
    : graphs_(graphs),
      executor_(executor),
      spill_(std::move(spill)),
      silence_max_(silence_max),
      expiry_([this] { Expire(); }) {}

Imports::~Imports() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
    ended_.NotifyAll();
  }
  expiry_.join();
}

void Imports::Expire() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    wake_.WaitFor(mutex_, absl::ToChronoNanoseconds(kLookEvery));
    if (SteadyNow() - broke_off_at_ > kBrokenOffKept) broken_off_ = nullptr;
  }
}

// Small imports are soon over: one more waits a while for its turn.
bool Imports::AwaitTurn() {
  const SteadyTime end = SteadyNow() + kTurnAwaited;
  while (going_on_.size() >= kAtOnceMax && !stopping_ && SteadyNow() < end) {
    ended_.WaitFor(mutex_, absl::ToChronoNanoseconds(end - SteadyNow()));
  }
  return going_on_.size() < kAtOnceMax;
}

// An upload to go on with, or a new one.
absl::StatusOr<std::unique_ptr<ImportUpload>> Imports::Begin(const pb::ImportOptions& options) {
  LAWINE_ASSIGN_OR_RETURN(EdgeFormat format, FormatOf(options));
  const std::string& id = options.request_id();
  if (options.resumable() && id.empty()) {
    return FieldError("request_id", "a resumable import needs one, to be found again by");
  }
  MutexLock lock(mutex_);
  if (!id.empty() && going_on_.contains(id)) return StillGoingOn("this import");
  std::unique_ptr<ImportUpload> upload;
  if (broken_off_ != nullptr && options.resumable() && broken_off_->options().request_id() == id) {
    if (broken_off_->options().SerializeAsString() != options.SerializeAsString()) {
      return FieldError("request_id",
                        "an import with this id but other options has begun: choose another id");
    }
    upload = std::move(broken_off_);
  } else if (!AwaitTurn()) {
    return Busy(absl::StrCat("expected at most ", kAtOnceMax,
                             " imports at once, and so many go on: try again when one has ended"));
  } else if (!id.empty() && going_on_.contains(id)) {
    return StillGoingOn("this import");  // it took its turn meanwhile
  } else {
    if (going_on_.size() + 1 >= kAtOnceMax) broken_off_ = nullptr;
    upload = std::make_unique<ImportUpload>(options, std::move(format), spill_, executor_);
  }
  going_on_.insert(id);
  return upload;
}

void Imports::End(const pb::ImportOptions& options, std::unique_ptr<ImportUpload> kept) {
  MutexLock lock(mutex_);
  going_on_.erase(going_on_.find(options.request_id()));
  ended_.NotifyAll();
  if (kept == nullptr || going_on_.size() >= kAtOnceMax) return;
  broken_off_ = std::move(kept);
  broke_off_at_ = SteadyNow();
}

absl::Status Imports::Upload(grpc::ServerContext& context, ImportStream& stream, SilenceLimit& silence,
                             ImportUpload& upload) {
  // Before anything large is sent.
  pb::ImportGraphResponse last;
  LAWINE_ASSIGN_OR_RETURN(*last.mutable_graph(), graphs_.CheckImport(upload.options()));
  last.mutable_report();
  if (!last.graph().name().empty()) {
    silence.Write(stream, last);
    return silence.status();
  }
  if (upload.options().resumable()) {
    pb::ImportGraphResponse first;
    *first.mutable_position() = upload.position();
    if (!silence.Write(stream, first)) return CallerLeft();
  }
  Cancellation cancellation;
  const CallGuard guard(context, cancellation);
  LAWINE_RETURN_IF_ERROR(ReadFiles(stream, silence, upload, cancellation));
  const auto watch = [&](const pb::LoadProgress& progress) {
    pb::ImportGraphResponse response;
    *response.mutable_progress() = progress;
    return !context.IsCancelled() && silence.Write(stream, response);
  };
  LAWINE_ASSIGN_OR_RETURN(*last.mutable_graph(),
                          graphs_.Import(upload.options(), upload.Finish(), *last.mutable_report(), watch));
  silence.Write(stream, last);
  return silence.status();
}

absl::Status Imports::Serve(grpc::ServerContext& context, ImportStream& stream) {
  SilenceLimit silence(context, "repeat the call; a resumable import goes on where it was", silence_max_);
  pb::ImportGraphRequest first;
  LAWINE_RETURN_IF_ERROR(silence.ReadFirst(stream, first, "options"));
  if (!first.has_options()) return FieldError("part", "expected options first");
  const pb::ImportOptions options = first.options();
  LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<ImportUpload> upload, Begin(options));
  const absl::Status status = Upload(context, stream, silence, *upload);
  const bool broke_off = absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
  const bool may_go_on = options.resumable() && broke_off && !upload->ended();
  if (!may_go_on) upload = nullptr;
  End(options, std::move(upload));
  return status;
}

}  // namespace lawine
