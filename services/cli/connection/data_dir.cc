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
  for (const auto& entry : std::filesystem::directory_iterator(data, error)) {
    const std::string name = entry.path().filename().string();
    std::uint32_t number = 0;
    if (name.starts_with(prefix) && absl::SimpleAtoi(name.substr(prefix.size()), &number) &&
        entry.is_directory(error)) {
      count = std::max(count, number + 1);
    }
  }
  return count;
}

absl::Status MakeDir(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("cannot make the directory ", path, ": ", error.message(),
                                                    "\nchoose another with --data DIR"));
}

absl::StatusOr<DataLock> DataLock::Take(const std::string& data, const Interrupt& interrupt) {
  constexpr absl::Duration kPatience = absl::Seconds(10);
  LAWINE_RETURN_IF_ERROR(MakeDir(data));
  const std::string path = data + "/lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return absl::FailedPreconditionError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  }
  DataLock lock(file);
  const absl::Time deadline = absl::Now() + kPatience;
  while (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return absl::FailedPreconditionError(absl::StrCat("cannot lock ", path, ": ", std::strerror(errno)));
    }
    if (!interrupt.Sleep(absl::Milliseconds(100))) return absl::CancelledError("");
    if (absl::Now() > deadline) {
      return absl::UnavailableError(
          absl::StrCat("another lawine command is using ", data,
                       "\nwait for it to end; a cluster kept with `lawine up` serves several at a time"));
    }
  }
  return lock;
}

DataLock::~DataLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace lawine::cli
