#include "services/common/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
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
  const std::string temporary = path + ".new";
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return FileFailed(temporary);
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t count = write(file, content.data() + written, content.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    written += static_cast<std::size_t>(count);
  }
  const bool good = written == content.size() && fsync(file) == 0;
  const absl::Status status = good ? absl::OkStatus() : FileFailed(temporary);
  close(file);
  if (!status.ok()) return status;
  if (rename(temporary.c_str(), path.c_str()) != 0) return FileFailed(path);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return SyncDirectory(folder.empty() ? "." : folder.string());
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

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  if (file < 0) return FileFailed(path);
  const absl::Cleanup close_it = [file] { close(file); };
  std::string content;
  char part[1 << 16];
  for (;;) {
    const ssize_t count = read(file, part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileFailed(path);
    if (count == 0) return content;
    content.append(part, static_cast<std::size_t>(count));
  }
}

}  // namespace lawine
