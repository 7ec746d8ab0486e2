#include "services/cli/connection/kept_cluster.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/cli/connection/data_dir.h"
#include "services/common/json/message_json.h"
#include "services/common/process.h"

namespace lawine::cli {
namespace {

constexpr int kSchemaVersion = 1;

// Fields of /proc/PID/stat after the name, which may hold anything: the first is the state.
std::vector<std::string> StatFields(pid_t pid) {
  const auto stat = ReadFile(absl::StrCat("/proc/", pid, "/stat"));
  if (!stat.ok()) return {};
  const std::size_t name_end = stat->rfind(") ");
  if (name_end == std::string::npos) return {};
  return absl::StrSplit(stat->substr(name_end + 2), ' ');
}

// 0 for a process that has ended, zombies included.
std::uint64_t StartTicks(pid_t pid) {
  constexpr std::size_t kStateField = 0;
  constexpr std::size_t kStartField = 19;
  const std::vector<std::string> fields = StatFields(pid);
  std::uint64_t ticks = 0;
  if (fields.size() <= kStartField || fields[kStateField] == "Z" || fields[kStateField] == "X") return 0;
  return absl::SimpleAtoi(fields[kStartField], &ticks) ? ticks : 0;
}

std::string LogTail(const std::string& log) {
  constexpr std::size_t kLines = 5;
  const auto text = ReadFile(log);
  if (!text.ok()) return "";
  std::vector<std::string> lines = absl::StrSplit(*text, '\n', absl::SkipEmpty());
  if (lines.size() > kLines) lines.erase(lines.begin(), lines.end() - kLines);
  std::string tail;
  for (const std::string& line : lines) absl::StrAppend(&tail, "\n", line);
  return tail;
}

// HOST:PORT of the first whole line "listening on HOST:PORT"; empty when there is none yet.
std::string ReadyAddress(const std::string& log) {
  const std::string words = "listening on ";
  const auto text = ReadFile(log);
  if (!text.ok()) return "";
  const std::size_t last_end = text->rfind('\n');
  if (last_end == std::string::npos) return "";
  for (const absl::string_view line : absl::StrSplit(absl::string_view(*text).substr(0, last_end), '\n')) {
    if (std::string found(line); found.starts_with(words)) return found.substr(words.size());
  }
  return "";
}

void Signal(const ClusterRecord& record, int signal) {
  for (auto process = record.processes.rbegin(); process != record.processes.rend(); ++process) {
    if (IsAlive(*process)) kill(process->pid, signal);
  }
}

bool AnyAlive(const ClusterRecord& record) {
  return std::any_of(record.processes.begin(), record.processes.end(), IsAlive);
}

// Children of this process stay zombies until they are waited for; those of others are not ours to wait for.
bool AllEnd(const ClusterRecord& record, absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  while (AnyAlive(record)) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(20));
  }
  return true;
}

class SpawnSettings {
 public:
  explicit SpawnSettings(const std::string& log) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

}  // namespace

absl::StatusOr<ClusterRecord> LoadCluster(const std::string& data) {
  const std::string path = ClusterFile(data);
  const auto text = ReadFile(path);
  if (absl::IsNotFound(text.status())) return ClusterRecord{};
  LAWINE_RETURN_IF_ERROR(text.status());
  ClusterRecord record;
  try {
    const Json json = Json::parse(*text);
    for (const Json& entry : json.at("processes")) {
      record.processes.push_back({entry.at("name").get<std::string>(), entry.at("pid").get<pid_t>(),
                                  entry.at("start_ticks").get<std::uint64_t>(),
                                  entry.at("address").get<std::string>()});
    }
  } catch (const Json::exception&) {
    return absl::DataLossError(absl::StrCat(path, " is damaged; end its processes by hand and remove it"));
  }
  return record;
}

absl::Status SaveCluster(const std::string& data, const ClusterRecord& record) {
  Json json = Json::object();
  json["schema_version"] = kSchemaVersion;
  json["coordinator"] = record.processes.empty() ? "" : record.processes.front().address;
  json["processes"] = Json::array();
  for (const ProcessRecord& process : record.processes) {
    json["processes"].push_back({{"name", process.name},
                                 {"pid", process.pid},
                                 {"start_ticks", process.start_ticks},
                                 {"address", process.address}});
  }
  return WriteFileAtomically(ClusterFile(data), JsonText(json));
}

void RemoveCluster(const std::string& data) { unlink(ClusterFile(data).c_str()); }

bool IsAlive(const ProcessRecord& process) {
  return process.start_ticks != 0 && StartTicks(process.pid) == process.start_ticks;
}

ClusterState StateOf(const ClusterRecord& record) {
  if (!AnyAlive(record)) return ClusterState::kNone;
  return IsAlive(record.processes.front()) ? ClusterState::kLive : ClusterState::kBroken;
}

absl::StatusOr<ProcessRecord> Launch(const LaunchOptions& options) {
  LAWINE_RETURN_IF_ERROR(MakeDir(std::filesystem::path(options.log).parent_path().string()));
  std::vector<char*> arguments = {const_cast<char*>(options.binary.c_str())};
  for (const std::string& argument : options.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const SpawnSettings settings(options.log);
  ProcessRecord process{.name = options.name, .pid = 0, .start_ticks = 0, .address = ""};
  const int error = posix_spawn(&process.pid, options.binary.c_str(), &settings.files, &settings.attributes,
                                arguments.data(), environ);
  if (error != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot start ", options.binary, " (log ", options.log, "): ", std::strerror(error)));
  }
  process.start_ticks = StartTicks(process.pid);
  return process;
}

absl::Status AwaitReady(const LaunchOptions& options, ProcessRecord& process, const Interrupt& interrupt) {
  const absl::Time deadline = absl::Now() + options.patience;
  while (true) {
    const bool alive = IsAlive(process);
    process.address = ReadyAddress(options.log);
    if (!process.address.empty() && alive) return absl::OkStatus();
    if (!alive) {
      waitpid(process.pid, nullptr, WNOHANG);
      return absl::FailedPreconditionError(absl::StrCat(
          options.name, " ended before it was ready; the end of ", options.log, ":", LogTail(options.log)));
    }
    if (absl::Now() > deadline) {
      return absl::DeadlineExceededError(absl::StrCat(options.name, " was not ready within ",
                                                      absl::FormatDuration(options.patience), "; see ",
                                                      options.log));
    }
    if (!interrupt.Sleep(absl::Milliseconds(20))) return absl::CancelledError("");
  }
}

std::uint32_t StopProcesses(const ClusterRecord& record, absl::Duration patience) {
  Signal(record, SIGTERM);
  if (AllEnd(record, patience)) return 0;
  const auto left = std::count_if(record.processes.begin(), record.processes.end(), IsAlive);
  Signal(record, SIGKILL);
  AllEnd(record, absl::Seconds(10));
  return static_cast<std::uint32_t>(left);
}

}  // namespace lawine::cli
