#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/follow_run.h"
#include "services/cli/commands/integer_flag.h"
#include "services/cli/connection/connection.h"
#include "services/cli/connection/data_dir.h"
#include "services/cli/connection/kept_cluster.h"
#include "services/cli/text/graph_text.h"
#include "services/cli/text/text.h"
#include "services/common/json/message_json.h"
#include "services/common/size.h"

namespace lawine::cli {
namespace {

constexpr absl::Duration kStopPatience = absl::Seconds(20);

// The servers are installed beside this program.
absl::StatusOr<std::string> BesideThisBinary(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string path = (self.parent_path() / name).string();
  if (!error && access(path.c_str(), X_OK) == 0) return path;
  return absl::NotFoundError(absl::StrCat("cannot find ", name, " beside lawine: expected ", path));
}

std::uint32_t HardwareThreads() { return std::max(1u, std::thread::hardware_concurrency()); }

// Starts the processes of a cluster one by one, each on record before the next, and ends them again when not
// all of them came up.
class Starter {
 public:
  // `memory_limit_bytes` is for all workers together.
  Starter(const Session& session, std::optional<std::uint64_t> memory_limit_bytes)
      : session_(session), data_(session.options.data), memory_limit_bytes_(memory_limit_bytes) {}

  absl::StatusOr<ClusterRecord> Start(std::uint32_t workers_count) {
    absl::Status status = StartAll(workers_count);
    if (status.ok()) return record_;
    StopProcesses(record_, kStopPatience);
    RemoveCluster(data_);
    return status;
  }

 private:
  absl::Status StartAll(std::uint32_t workers_count) {
    LAWINE_ASSIGN_OR_RETURN(const std::string coordinator, BesideThisBinary("lawine-coordinator"));
    LAWINE_ASSIGN_OR_RETURN(const std::string worker, BesideThisBinary("lawine-worker"));
    LAWINE_RETURN_IF_ERROR(
        Add("coordinator", coordinator, {"--data", CoordinatorDir(data_), "--admin-listen", "127.0.0.1:0"}));
    LAWINE_RETURN_IF_ERROR(AwaitAll());
    const std::string address = record_.processes.front().address;
    const std::uint32_t threads = std::max(1u, HardwareThreads() / workers_count);
    for (std::uint32_t i = 0; i < workers_count; ++i) {
      std::vector<std::string> arguments = {"--data",         WorkerDir(data_, i), "--coordinator",
                                            address,          "--threads",         absl::StrCat(threads),
                                            "--admin-listen", "127.0.0.1:0"};
      if (memory_limit_bytes_.has_value()) {
        arguments.insert(arguments.end(),
                         {"--memory-limit", absl::StrCat(*memory_limit_bytes_ / workers_count, "B")});
      }
      LAWINE_RETURN_IF_ERROR(Add(absl::StrCat("worker-", i), worker, std::move(arguments)));
    }
    LAWINE_RETURN_IF_ERROR(AwaitAll());
    return AwaitRegistered(address, workers_count);
  }

  absl::Status Add(const std::string& name, const std::string& binary, std::vector<std::string> arguments) {
    LaunchOptions options{
        .name = name, .binary = binary, .arguments = std::move(arguments), .log = LogFile(data_, name)};
    LAWINE_ASSIGN_OR_RETURN(ProcessRecord process, Launch(options));
    launched_.push_back(std::move(options));
    record_.processes.push_back(std::move(process));
    return SaveCluster(data_, record_);
  }

  absl::Status AwaitAll() {
    for (std::size_t i = 0; i < launched_.size(); ++i) {
      if (!record_.processes[i].address.empty()) continue;
      LAWINE_RETURN_IF_ERROR(AwaitReady(launched_[i], record_.processes[i], session_.interrupt));
    }
    return SaveCluster(data_, record_);
  }

  absl::Status AwaitRegistered(const std::string& address, std::uint32_t workers_count) {
    constexpr absl::Duration kPatience = absl::Minutes(2);
    Session session{session_.options, session_.interrupt};
    session.options.cluster = address;
    session.options.tls_ca = session.options.token_file = "";
    LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
    const absl::Time deadline = absl::Now() + kPatience;
    while (true) {
      v1::GetClusterStatusResponse response;
      LAWINE_RETURN_IF_ERROR(connection->Call(connection->cluster(),
                                              &v1::ClusterService::Stub::GetClusterStatus,
                                              v1::GetClusterStatusRequest(), response));
      const auto alive = std::count_if(response.workers().begin(), response.workers().end(),
                                       [](const v1::WorkerStatus& worker) { return worker.alive(); });
      if (alive >= workers_count) return absl::OkStatus();
      if (absl::Now() > deadline) {
        return absl::DeadlineExceededError(
            absl::StrCat("only ", alive, " of ", workers_count, " workers registered within ",
                         absl::FormatDuration(kPatience), "; see ", data_, "/logs"));
      }
      if (!session_.interrupt.Sleep(absl::Milliseconds(100))) return absl::CancelledError("");
    }
  }

  const Session& session_;
  const std::string data_;
  const std::optional<std::uint64_t> memory_limit_bytes_;
  ClusterRecord record_;
  std::vector<LaunchOptions> launched_;
};

Json ClusterJson(const Session& session, const ClusterRecord& record) {
  Json json = Json::object();
  json["coordinator"] = record.processes.front().address;
  json["workers"] = record.processes.size() - 1;
  json["data"] = session.options.data;
  json["processes"] = Json::array();
  for (const ProcessRecord& process : record.processes) {
    json["processes"].push_back({{"name", process.name}, {"pid", process.pid}, {"address", process.address}});
  }
  return json;
}

// Nothing when there is none. Each worker's part has to be a limit too.
absl::StatusOr<std::optional<std::uint64_t>> MemoryLimit(const std::string& text,
                                                         std::uint32_t workers_count) {
  LAWINE_ASSIGN_OR_RETURN(const auto bytes, ParseSizeFlag("--memory-limit", text));
  if (!bytes.has_value() || *bytes / workers_count >= kMemoryLimitMin) return bytes;
  return absl::InvalidArgumentError(
      absl::StrCat("--memory-limit: expected at least ", MebibytesText(kMemoryLimitMin * workers_count),
                   " for ", Counted(workers_count, "worker", "workers"), ", found ", text));
}

// Of one that runs, in whole or in part.
absl::Status AlreadyKept(const Session& session, const ClusterRecord& record) {
  std::vector<std::string> ended;
  for (const ProcessRecord& process : record.processes) {
    if (!IsAlive(process)) ended.push_back(process.name);
  }
  std::string text = absl::StrCat("a cluster is already kept in ", session.options.data, ", at ",
                                  record.processes.front().address);
  if (!ended.empty()) {
    absl::StrAppend(&text, "; ", absl::StrJoin(ended, ", "), ended.size() == 1 ? " has" : " have",
                    " ended, see ", session.options.data, "/logs");
  }
  absl::StrAppend(&text, "\nlawine", ClusterFlags(session), " down stops it",
                  ended.empty() ? "" : "; lawine up then starts all of it again, on the same data");
  return absl::FailedPreconditionError(text);
}

struct UpFlags {
  std::optional<std::uint32_t> workers;
  std::string memory_limit;
};

absl::Status Up(Session& session, const UpFlags& flags) {
  const std::optional<std::uint32_t> workers_wanted = flags.workers;
  const std::string& data = session.options.data;
  LAWINE_ASSIGN_OR_RETURN(const DataLock lock, DataLock::Take(session));
  LAWINE_ASSIGN_OR_RETURN(const ClusterRecord before, LoadCluster(data));
  if (StateOf(before) != ClusterState::kNone) return AlreadyKept(session, before);
  const std::uint32_t default_count = std::min(4u, HardwareThreads());
  // Every directory may hold shards, so each needs its worker.
  const std::uint32_t workers_count = std::max(WorkerDirsCount(data), workers_wanted.value_or(default_count));
  LAWINE_ASSIGN_OR_RETURN(const auto memory_limit_bytes, MemoryLimit(flags.memory_limit, workers_count));
  LAWINE_ASSIGN_OR_RETURN(const ClusterRecord record,
                          Starter(session, memory_limit_bytes).Start(workers_count));
  if (session.options.json) {
    Print(JsonText(ClusterJson(session, record)));
    return absl::OkStatus();
  }
  Print(absl::StrCat("cluster at ", record.processes.front().address, " with ",
                     Counted(workers_count, "worker", "workers"), ", data in ", data, "\n"));
  if (workers_wanted.has_value() && workers_count > *workers_wanted) {
    Remark(session, absl::StrCat("there are ", workers_count, " worker directories: each has its worker"));
  }
  Remark(session, absl::StrCat("stop it with: lawine", ClusterFlags(session), " down"));
  return absl::OkStatus();
}

absl::Status Down(Session& session) {
  const std::string& data = session.options.data;
  LAWINE_RETURN_IF_ERROR(CheckDataDir(data));
  std::error_code error;
  if (!std::filesystem::exists(ClusterFile(data), error) && !error) {
    return absl::NotFoundError(absl::StrCat("no cluster is kept in ", data));
  }
  LAWINE_ASSIGN_OR_RETURN(const DataLock lock, DataLock::Take(session));
  LAWINE_ASSIGN_OR_RETURN(const ClusterRecord record, LoadCluster(data));
  const bool ran = StateOf(record) != ClusterState::kNone;
  const std::uint32_t killed = StopProcesses(record, kStopPatience);
  RemoveCluster(data);
  if (session.options.json) {
    Print(JsonText({{"stopped", ran}, {"killed", killed}}));
  } else {
    Print(ran ? "the cluster is stopped\n" : "the cluster had already ended\n");
  }
  if (killed > 0) {
    Remark(session,
           absl::StrCat(Counted(killed, "process", "processes"), " did not end within ",
                        absl::FormatDuration(kStopPatience), " and had to be killed; see ", data, "/logs"));
  }
  return absl::OkStatus();
}

absl::Status ShowStatus(Session& session) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::GetClusterStatusResponse response;
  LAWINE_RETURN_IF_ERROR(connection->Call(connection->cluster(), &v1::ClusterService::Stub::GetClusterStatus,
                                          v1::GetClusterStatusRequest(), response));
  if (session.options.json) {
    Print(JsonText(MessageToJson(response)));
    return absl::OkStatus();
  }
  const std::string where = connection->embedded()
                                ? absl::StrCat("in this process, on ", session.options.data)
                                : connection->address();
  Print(absl::StrCat("cluster  ", where, "\n", ClusterText(response, session.options.color)));
  return absl::OkStatus();
}

}  // namespace

void AddClusterCommands(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<UpFlags>();
  CLI::App& up = AddCommand(app, "up", "Start a cluster on this machine and keep it; later commands find it",
                            "lawine up\n"
                            "lawine up --workers 4 --data /srv/lawine\n"
                            "lawine up --memory-limit 6GiB");
  AddInteger(up, "--workers", flags->workers, "N", "Worker processes (default: one a core, at most 4)", 1u,
             limits::kShardProcessesMax);
  up.add_option("--memory-limit", flags->memory_limit,
                "What graphs may take in memory, all workers together; the rest is read from disk, which is "
                "slower (default: none)")
      ->type_name("SIZE");
  up.callback([=, &action] { action = [=](Session& session) { return Up(session, *flags); }; });
  CLI::App& down = AddCommand(app, "down", "Stop the cluster that `lawine up` keeps", "lawine down");
  down.callback([&action] { action = Down; });
  CLI::App& cluster =
      AddCommand(app, "cluster", "Tell how the cluster is, and move shards between its workers",
                 "lawine cluster status\nlawine cluster status --cluster 127.0.0.1:7000\n"
                 "lawine cluster rebalance plan");
  cluster.require_subcommand(1);
  CLI::App& status = AddCommand(cluster, "status", "Show workers, their shards and their state",
                                "lawine cluster status\nlawine cluster status -o json");
  status.callback([&action] { action = ShowStatus; });
  AddRebalanceCommands(cluster, action);
}

}  // namespace lawine::cli
