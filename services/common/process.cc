#include "services/common/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/plain_file.h"

namespace lawine {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

void BlockStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int WaitForStopSignal() {
  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  return signal;
}

absl::Status WriteFileAtomically(const std::string& path, const std::string& content) {
  return ReplacePlainFile(path, content);
}

absl::Status RenameDurably(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return FileFailed(to);
  const std::string directory = std::filesystem::path(to).parent_path().string();
  return SyncDirectory(directory.empty() ? "." : directory);
}

absl::StatusOr<std::unique_ptr<DirectoryLock>> DirectoryLock::Take(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return absl::UnavailableError(absl::StrCat(directory, ": ", error.message()));
  const std::string path = directory + "/LOCK";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return FileFailed(path);
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return std::unique_ptr<DirectoryLock>(new DirectoryLock(file));
  const absl::Status status =
      errno == EWOULDBLOCK ? absl::FailedPreconditionError(absl::StrCat(
                                 directory, ": another process has this data directory open: stop it first"))
                           : FileFailed(path);
  close(file);
  return status;
}

DirectoryLock::~DirectoryLock() { close(file_); }

namespace {

absl::StatusOr<int> OpenForReading(const std::string& path, int flags) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (file >= 0) return file;
  return errno == ENOENT ? absl::NotFoundError(absl::StrCat(path, ": no such file")) : FileFailed(path);
}

absl::StatusOr<std::string> ReadToEnd(int file, const std::string& path, std::size_t bytes_max) {
  std::string content;
  char part[1 << 16];
  for (;;) {
    const ssize_t count = read(file, part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileFailed(path);
    if (count == 0) return content;
    if (static_cast<std::size_t>(count) > bytes_max - content.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": expected at most ", bytes_max, " bytes, found more"));
    }
    content.append(part, static_cast<std::size_t>(count));
  }
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, std::size_t bytes_max) {
  LAWINE_ASSIGN_OR_RETURN(const int file, OpenForReading(path, 0));
  const absl::Cleanup close_it = [file] { close(file); };
  return ReadToEnd(file, path, bytes_max);
}

absl::StatusOr<std::string> ReadRegularFile(const std::string& path, std::size_t bytes_max) {
  LAWINE_ASSIGN_OR_RETURN(const int file, OpenForReading(path, O_NONBLOCK));
  const absl::Cleanup close_it = [file] { close(file); };
  struct stat found {};
  if (fstat(file, &found) != 0) return FileFailed(path);
  if (S_ISREG(found.st_mode)) return ReadToEnd(file, path, bytes_max);
  const char* const kind = S_ISDIR(found.st_mode)    ? "a directory"
                           : S_ISFIFO(found.st_mode) ? "a pipe"
                                                     : "a device";
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": expected a regular file, which is read again when it changes, found ", kind));
}

}  // namespace lawine
