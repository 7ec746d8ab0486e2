#include "services/cli/commands/import_command.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/integer_flag.h"
#include "services/cli/connection/connection.h"
#include "services/cli/connection/exit_code.h"
#include "services/cli/files/input_file.h"
#include "services/cli/text/graph_text.h"
#include "services/cli/text/text.h"
#include "services/common/errors.h"
#include "services/common/json/message_json.h"
#include "services/common/repeating.h"
#include "services/common/rpc.h"

namespace lawine::cli {
namespace {

using ImportStream = grpc::ClientReaderWriterInterface<v1::ImportGraphRequest, v1::ImportGraphResponse>;

struct ImportFlags {
  std::string name;
  std::vector<std::string> files;
  std::vector<std::string> members;
  bool undirected = false;
  std::string row;
  bool string_ids = false;
  std::uint32_t header_lines = 0;
  std::optional<std::uint32_t> shards;
};

// The cluster ends an import from which nothing comes for a minute, but what is read may come from a program
// that takes its time.
constexpr absl::Duration kSignOfLifeEvery = absl::Seconds(20);
constexpr std::uint64_t kUnknownOffset = ~std::uint64_t{0};

struct InputFile {
  std::string name;
  OpenedFile file;
  bool members = false;      // attributes of members, else links
  std::uint64_t offset = 0;  // where it will be read next, or kUnknownOffset
};

bool CanBeReadAgain(const std::vector<InputFile>& files) {
  return std::all_of(files.begin(), files.end(), [](const InputFile& input) {
    return input.file.get() != stdin && fseeko(input.file.get(), 0, SEEK_CUR) == 0;
  });
}

// Adds to `files`: all are opened before anything is sent.
absl::Status OpenFiles(const std::vector<std::string>& names, bool members, std::vector<InputFile>& files) {
  for (const std::string& name : names) {
    LAWINE_ASSIGN_OR_RETURN(OpenedFile file, OpenInput(name));
    files.push_back({name == "-" ? "standard input" : name, std::move(file), members});
  }
  return absl::OkStatus();
}

v1::ImportGraphRequest FirstMessage(const ImportFlags& flags) {
  v1::ImportGraphRequest request;
  v1::ImportOptions& options = *request.mutable_options();
  options.set_name(flags.name);
  options.set_undirected(flags.undirected);
  options.set_row(flags.row);
  options.set_string_ids(flags.string_ids);
  options.set_header_lines(flags.header_lines);
  if (flags.shards) options.set_shards(*flags.shards);
  options.set_request_id(NewRequestId());
  return request;
}

// Sends files while another thread reads what the cluster answers.
class Uploader {
 public:
  Uploader(ImportStream& stream, grpc::ClientContext& context) : stream_(stream), context_(context) {}

  // Sends what follows `position`. A write that fails is no error here: the stream's status tells why.
  void Send(const v1::ImportPosition& position, std::vector<InputFile>& files) {
    bool open = position.files() <= files.size();
    if (open && position.files() > 0) open = SendRest(files[position.files() - 1], position.bytes());
    for (std::size_t i = position.files(); open && i < files.size(); ++i) open = SendFile(files[i]);
    if (open) stream_.WritesDone();
  }
  std::uint64_t bytes_sent() const { return bytes_sent_.load(); }
  // After Send.
  const absl::Status& status() const { return status_; }

 private:
  bool SendFile(InputFile& input) {
    v1::ImportGraphRequest request;
    input.members ? request.set_begin_members_file(input.name) : request.set_begin_file(input.name);
    return Write(request) && SendRest(input, 0);
  }

  bool Write(const v1::ImportGraphRequest& request) {
    MutexLock lock(mutex_);
    return stream_.Write(request);
  }

  // Data of which there is none.
  void ShowLife() {
    v1::ImportGraphRequest request;
    request.set_data("");
    Write(request);
  }

  bool SendRest(InputFile& input, std::uint64_t offset) {
    // What cannot be sought in is read from its beginning, once.
    if (offset != input.offset && fseeko(input.file.get(), static_cast<off_t>(offset), SEEK_SET) != 0) {
      return Abandon(input.name);
    }
    const Repeating life(kSignOfLifeEvery, [this] { ShowLife(); });
    v1::ImportGraphRequest request;
    std::string part(kStreamPartBytes, '\0');
    while (true) {
      const std::size_t count = std::fread(part.data(), 1, part.size(), input.file.get());
      if (std::ferror(input.file.get()) != 0) return Abandon(input.name);
      input.offset = kUnknownOffset;
      if (count == 0) return true;
      request.set_data(part.data(), count);
      if (!Write(request)) return false;
      bytes_sent_.fetch_add(count);
    }
  }

  bool Abandon(const std::string& name) {
    status_ = absl::FailedPreconditionError(absl::StrCat("cannot read ", name, ": ", std::strerror(errno)));
    context_.TryCancel();
    return false;
  }

  ImportStream& stream_;
  grpc::ClientContext& context_;
  Mutex mutex_;  // one writes at a time
  std::atomic<std::uint64_t> bytes_sent_{0};
  absl::Status status_;
};

// One call. `heard` tells whether the cluster has said anything in it.
grpc::Status TryUpload(Session& session, Connection& connection, const v1::ImportGraphRequest& options,
                       std::vector<InputFile>& files, v1::ImportGraphResponse& last, bool& heard) {
  Progress progress(session);
  CallScope call(session.interrupt, kStreamTimeout);
  const auto stream = connection.graphs().ImportGraph(&call.context());
  stream->Write(options);
  v1::ImportGraphResponse response;
  const bool resumable = options.options().resumable();
  if (resumable && (!stream->Read(&response) || !response.has_position())) {
    if (response.has_graph()) last = response;
    heard = last.has_graph();
    return stream->Finish();
  }
  heard = resumable;
  Uploader uploader(*stream, call.context());
  std::thread sender([&, position = response.position()] { uploader.Send(position, files); });
  while (stream->Read(&response)) {
    if (response.has_graph()) last = response;
    v1::LoadProgress load = response.progress();
    if (load.links_done() == 0) load.set_phase(absl::StrCat("sent ", Bytes(uploader.bytes_sent())));
    ShowLoad(load, progress);
  }
  // After an early answer nobody takes what is still to be sent: the sender's next write fails.
  sender.join();
  const grpc::Status status = stream->Finish();
  return uploader.status().ok() ? status : ToGrpc(uploader.status());
}

// An upload that breaks off goes on where the cluster says, while every file can be read again.
absl::Status Upload(Session& session, Connection& connection, const ImportFlags& flags,
                    std::vector<InputFile>& files, v1::ImportGraphResponse& last) {
  constexpr absl::Duration kPatience = absl::Minutes(2);
  v1::ImportGraphRequest options = FirstMessage(flags);
  options.mutable_options()->set_resumable(CanBeReadAgain(files));
  absl::Time heard_at = absl::InfinitePast();
  while (true) {
    bool heard = false;
    const grpc::Status status = TryUpload(session, connection, options, files, last, heard);
    if (heard) heard_at = absl::Now();
    const bool broke_off = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                           status.error_code() == grpc::StatusCode::ABORTED;
    if (!broke_off || !options.options().resumable() || session.interrupt.raised() ||
        absl::Now() - heard_at > kPatience) {
      return connection.Explain(status);
    }
    session.interrupt.Sleep(absl::Seconds(1));
  }
}

absl::Status ImportGraph(Session& session, const ImportFlags& flags) {
  if (!flags.undirected && flags.row.empty()) {
    return absl::InvalidArgumentError(
        "expected --undirected, or --row with the meaning of the columns: --row follower,followed where the\n"
        "first follows the second, --row from,to where what the first sends reaches the second");
  }
  std::vector<InputFile> files;
  LAWINE_RETURN_IF_ERROR(OpenFiles(flags.files, false, files));
  LAWINE_RETURN_IF_ERROR(OpenFiles(flags.members, true, files));
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::ImportGraphResponse last;
  LAWINE_RETURN_IF_ERROR(Upload(session, *connection, flags, files, last));
  if (session.options.json) {
    Print(JsonText({{"graph", MessageToJson(last.graph())}, {"report", MessageToJson(last.report())}}));
  } else {
    for (std::string& warning : *last.mutable_report()->mutable_warnings()) warning = InOwnWords(warning);
    Print(ImportText(last.graph(), last.report(), !session.options.quiet));
  }
  return absl::OkStatus();
}

}  // namespace

void ShowLoad(const v1::LoadProgress& load, Progress& progress) {
  std::string text = load.phase();
  if (load.links_done() > 0) {
    absl::StrAppend(&text, ": ", Thousands(load.links_done()));
    if (load.links_expected() > 0) absl::StrAppend(&text, " of ", Thousands(load.links_expected()));
    absl::StrAppend(&text, " links");
  }
  if (!text.empty()) progress.Show(text, load.links_done(), load.links_expected());
}

void AddImportCommand(CLI::App& graph, Action& action) {
  const auto flags = std::make_shared<ImportFlags>();
  CLI::App& command =
      AddCommand(graph, "import", "Make a graph of edge lists (text, .gz or .zst)",
                 "lawine graph import friends friends.txt.gz --undirected\n"
                 "lawine graph import tweets follows.csv --row follower,followed --header-lines 1\n"
                 "lawine graph import club links.csv --row from,to --members members.csv\n"
                 "zcat links.gz | lawine graph import links - --row from,to");
  command.add_option("NAME", flags->name, "Name of the graph: a-z, 0-9 and '-'")->required();
  command.add_option("FILE", flags->files, "Edge lists; '-' is standard input")->required();
  command
      .add_option("--members", flags->members,
                  "Attributes of members: CSV with columns id, network, community, account_kind")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command.add_flag("--undirected", flags->undirected, "Rows are friendships: both ways");
  command
      .add_option("--row", flags->row,
                  "Meaning of the columns: follower,followed or from,to,probability,kind or ...; of what "
                  "NetworkX's write_edgelist writes from,to,ignore (with --undirected member,member,ignore)")
      ->type_name("COLUMNS");
  command.add_flag("--string-ids", flags->string_ids,
                   "Ids are words (default: integers), between commas, semicolons or tabs also in quotes");
  AddInteger(command, "--header-lines", flags->header_lines, "N", "Lines to skip at the start of each file");
  AddInteger(command, "--shards", flags->shards, "K", "Shards (default: chosen by the cluster)");
  command.callback(
      [flags, &action] { action = [flags](Session& session) { return ImportGraph(session, *flags); }; });
}

}  // namespace lawine::cli
