#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/names.h"
#include "services/cli/commands/progress.h"
#include "services/cli/connection/connection.h"
#include "services/cli/connection/exit_code.h"
#include "services/cli/files/input_file.h"
#include "services/cli/files/output_file.h"
#include "services/cli/text/graph_text.h"
#include "services/cli/text/text.h"
#include "services/common/json/message_json.h"
#include "services/common/rpc.h"

namespace lawine::cli {
namespace {

struct BackupFlags {
  std::string name;
  std::string out;
};

// Writes the file as it comes; returns its bytes.
absl::StatusOr<std::uint64_t> Download(Session& session, Connection& connection, const std::string& name,
                                       OutputFile& file) {
  Progress progress(session);
  CallScope call(session.interrupt, kStreamTimeout);
  v1::BackupGraphRequest request;
  request.set_name(name);
  const auto stream = connection.backups().BackupGraph(&call.context(), request);
  v1::BackupGraphResponse response;
  std::uint64_t bytes = 0, expected = 0;
  absl::Status written;
  while (written.ok() && stream->Read(&response)) {
    if (response.bytes_expected() > 0) expected = response.bytes_expected();
    bytes += response.data().size();
    written = file.Write(response.data());
    progress.Show(absl::StrCat("backing up: ", Bytes(bytes), " of ", Bytes(expected)), bytes, expected);
  }
  if (!written.ok()) call.context().TryCancel();
  const grpc::Status status = stream->Finish();
  LAWINE_RETURN_IF_ERROR(written);
  LAWINE_RETURN_IF_ERROR(connection.Explain(status));
  return bytes;
}

absl::Status BackUp(Session& session, const BackupFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Create(flags.out));
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  const absl::StatusOr<std::uint64_t> bytes = Download(session, *connection, flags.name, file);
  if (!bytes.ok()) return SuggestGraph(bytes.status(), *connection, flags.name);
  LAWINE_RETURN_IF_ERROR(file.Finish());
  if (flags.out == "/dev/stdout") return absl::OkStatus();  // which has the backup, and nothing beside it
  Print(session.options.json
            ? JsonText({{"graph", flags.name}, {"file", flags.out}, {"bytes", *bytes}})
            : absl::StrCat("graph ", flags.name, " is in ", flags.out, ", ", Bytes(*bytes), "\n"));
  return absl::OkStatus();
}

struct RestoreFlags {
  std::string file;
  std::string name;
  bool missing = false;
};

using RestoreStream = grpc::ClientReaderWriterInterface<v1::RestoreGraphRequest, v1::RestoreGraphResponse>;

// A write that fails is no error here: the stream's status tells why.
absl::Status SendFile(const RestoreFlags& flags, std::FILE* file, RestoreStream& stream,
                      grpc::ClientContext& context) {
  v1::RestoreGraphRequest request;
  request.mutable_options()->set_name(flags.name);
  request.mutable_options()->set_missing(flags.missing);
  bool open = stream.Write(request);
  std::string part(kStreamPartBytes, '\0');
  while (open) {
    const std::size_t count = std::fread(part.data(), 1, part.size(), file);
    if (std::ferror(file) != 0) {
      context.TryCancel();
      return absl::FailedPreconditionError(
          absl::StrCat("cannot read ", flags.file, ": ", std::strerror(errno)));
    }
    if (count == 0) break;
    request.set_data(part.data(), count);
    open = stream.Write(request);
  }
  request.set_end(true);
  if (open && stream.Write(request)) stream.WritesDone();
  return absl::OkStatus();
}

absl::StatusOr<v1::RestoredGraph> Upload(Session& session, Connection& connection, const RestoreFlags& flags,
                                         std::FILE* file) {
  Progress progress(session);
  CallScope call(session.interrupt, kStreamTimeout);
  const auto stream = connection.backups().RestoreGraph(&call.context());
  absl::Status read;
  std::thread sender([&] { read = SendFile(flags, file, *stream, call.context()); });
  v1::RestoreGraphResponse response;
  v1::RestoredGraph restored;
  while (stream->Read(&response)) {
    if (response.has_restored()) restored = response.restored();
    const v1::RestoreProgress& now = response.progress();
    if (response.has_progress()) {
      progress.Show(
          absl::StrCat(now.phase(), ": ", Bytes(now.bytes_taken()), " of ", Bytes(now.bytes_expected())),
          now.bytes_taken(), now.bytes_expected());
    }
  }
  sender.join();
  const grpc::Status status = stream->Finish();
  LAWINE_RETURN_IF_ERROR(read);
  LAWINE_RETURN_IF_ERROR(connection.Explain(status));
  return restored;
}

absl::Status Restore(Session& session, const RestoreFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(const OpenedFile file, OpenInput(flags.file));
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  auto restored = Upload(session, *connection, flags, file.get());
  if (!restored.ok()) {
    return absl::Status(restored.status().code(),
                        absl::StrCat(flags.file, ": ", restored.status().message()));
  }
  if (session.options.json) {
    Print(JsonText(MessageToJson(*restored)));
    return absl::OkStatus();
  }
  Print(GraphText(restored->graph()));
  Remark(session, restored->shards().empty()
                      ? "nothing was missing"
                      : absl::StrCat("restored ", restored->shards_size() == 1 ? "shard " : "shards ",
                                     absl::StrJoin(restored->shards(), ", ")));
  return absl::OkStatus();
}

}  // namespace

void AddBackupCommands(CLI::App& graph, Action& action) {
  const auto backup_flags = std::make_shared<BackupFlags>();
  CLI::App& backup = AddCommand(graph, "backup", "Write a whole graph to one file",
                                "lawine graph backup hyves --out hyves.graph");
  backup.add_option("NAME", backup_flags->name, "Name of the graph")->required();
  backup.add_option("--out", backup_flags->out, "File to write")->required()->type_name("FILE");
  backup.callback(
      [=, &action] { action = [=](Session& session) { return BackUp(session, *backup_flags); }; });
  const auto flags = std::make_shared<RestoreFlags>();
  CLI::App& restore =
      AddCommand(graph, "restore", "Make a graph of a backup, or the shards of one that are missing",
                 "lawine graph restore hyves.graph\n"
                 "lawine graph restore hyves.graph --name hyves-before\n"
                 "lawine graph restore hyves.graph --missing");
  restore.add_option("FILE", flags->file, "File that `lawine graph backup` wrote; '-' is standard input")
      ->required();
  restore.add_option("--name", flags->name, "Name of the graph (default: the one it had)")->type_name("NAME");
  restore.add_flag("--missing", flags->missing,
                   "Only shards that no live worker holds, of the graph that is there");
  restore.callback([=, &action] { action = [=](Session& session) { return Restore(session, *flags); }; });
}

}  // namespace lawine::cli
