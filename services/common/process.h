// What every server process does the same way: wait for a signal, write files whole.
#ifndef LAWINE_SERVICES_COMMON_PROCESS_H_
#define LAWINE_SERVICES_COMMON_PROCESS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lawine {

// Blocks SIGINT and SIGTERM in this thread and those it starts later. Call first in main.
void BlockStopSignals();
// Waits until one of them comes; returns its number. REQUIRES: BlockStopSignals was called.
int WaitForStopSignal();

// Replaces the file by `content`: readers see the old or the new one, never a part. Synced.
absl::Status WriteFileAtomically(const std::string& path, const std::string& content);
// Gives a file another name, in the place of what has it; durable when this returns.
absl::Status RenameDurably(const std::string& from, const std::string& to);
// Also what has no size before it is read, such as a pipe. NOT_FOUND when it is not there, INVALID_ARGUMENT
// when there is more than `bytes_max`; no more than that is read.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     std::size_t bytes_max = static_cast<std::size_t>(-1));
// Never waits for somebody who writes: for files that are read again and again while a server goes on.
// INVALID_ARGUMENT also for what is no regular file.
absl::StatusOr<std::string> ReadRegularFile(const std::string& path, std::size_t bytes_max);

// Keeps other processes out of a data directory while it lives. The kernel lets go when the process dies.
class DirectoryLock {
 public:
  // Makes the directory if it is missing. FAILED_PRECONDITION when another process has it.
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Take(const std::string& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  const int file_;
};

// Version of the program, as in CMakeLists.txt.
inline constexpr char kVersion[] = "0.1.0";
// Of what coordinator and workers say to each other (proto/lawine/internal): grows when programs from before
// a change cannot work with those from after it.
inline constexpr std::uint32_t kClusterProtocol = 3;

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_PROCESS_H_
