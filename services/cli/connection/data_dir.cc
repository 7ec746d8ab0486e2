#include "services/cli/connection/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"

namespace lawine::cli {
namespace {

// The lock file holds its holder's pid, for those who wait. One who cannot write it is a holder all the same.
void NoteHolder(int file) {
  const std::string pid = absl::StrCat(getpid());
  const bool noted =
      ftruncate(file, 0) == 0 && pwrite(file, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
  static_cast<void>(noted);
}

std::string Holder(int file) {
  char text[16];
  const ssize_t count = pread(file, text, sizeof text, 0);
  pid_t pid = 0;
  const bool known =
      count > 0 && absl::SimpleAtoi(absl::string_view(text, static_cast<std::size_t>(count)), &pid);
  return absl::StrCat("another lawine command", known ? absl::StrCat(" (process ", pid, ")") : "");
}

}  // namespace

std::string CoordinatorDir(const std::string& data) { return data + "/coordinator"; }
std::string WorkerDir(const std::string& data, std::uint32_t worker) {
  return absl::StrCat(data, "/worker-", worker);
}
std::string LogFile(const std::string& data, const std::string& process) {
  return absl::StrCat(data, "/logs/", process, ".log");
}
std::string ClusterFile(const std::string& data) { return data + "/cluster.json"; }

std::uint32_t WorkerDirsCount(const std::string& data) {
  const std::string prefix = "worker-";
  std::uint32_t count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(data, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::uint32_t number = 0;
    std::error_code unknown;
    if (name.starts_with(prefix) && absl::SimpleAtoi(name.substr(prefix.size()), &number) &&
        entry->is_directory(unknown)) {
      count = std::max(count, number + 1);
    }
  }
  return count;
}

absl::Status CheckDataDir(const std::string& data) {
  std::error_code error;
  std::filesystem::path path = data;
  std::filesystem::file_status found = std::filesystem::status(path, error);
  while (found.type() == std::filesystem::file_type::not_found && path.has_relative_path()) {
    path = path.parent_path();
    found = std::filesystem::status(path, error);
  }
  // What cannot be looked at is told of by what is then done with it.
  if (!std::filesystem::exists(found) || std::filesystem::is_directory(found) ||
      found.type() == std::filesystem::file_type::unknown) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("data directory ", data, ": expected a directory, but ", path.string(),
                   " is a file\nchoose another with --data DIR or LAWINE_DATA"));
}

absl::Status MakeDir(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("cannot make the directory ", path, ": ", error.message(),
                                                    "\nchoose another with --data DIR"));
}

absl::StatusOr<DataLock> DataLock::Take(const Session& session, absl::Duration patience) {
  constexpr absl::Duration kSilence = absl::Seconds(2);
  const std::string& data = session.options.data;
  LAWINE_RETURN_IF_ERROR(CheckDataDir(data));
  LAWINE_RETURN_IF_ERROR(MakeDir(data));
  const std::string path = data + "/lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return absl::FailedPreconditionError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  }
  DataLock lock(file);
  const absl::Time start = absl::Now();
  bool said = false;
  while (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return absl::FailedPreconditionError(absl::StrCat("cannot lock ", path, ": ", std::strerror(errno)));
    }
    if (!session.interrupt.Sleep(absl::Milliseconds(100))) return absl::CancelledError("");
    const absl::Duration waited = absl::Now() - start;
    if (waited > patience) {
      return absl::UnavailableError(
          absl::StrCat(Holder(file), " is using ", data,
                       "\nwait for it to end; a cluster kept with `lawine up` serves several at a time"));
    }
    if (waited > std::min(kSilence, patience / 2) && !said) {
      Remark(session, absl::StrCat("waiting for ", Holder(file), ", which is using ", data));
      said = true;
    }
  }
  NoteHolder(file);
  return lock;
}

DataLock::~DataLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace lawine::cli
