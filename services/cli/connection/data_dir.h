// A data directory: coordinator/, worker-0/ .. worker-N/, logs/, cluster.json and a lock.
#ifndef LAWINE_SERVICES_CLI_CONNECTION_DATA_DIR_H_
#define LAWINE_SERVICES_CLI_CONNECTION_DATA_DIR_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/cli/connection/session.h"

namespace lawine::cli {

std::string CoordinatorDir(const std::string& data);
std::string WorkerDir(const std::string& data, std::uint32_t worker);
std::string LogFile(const std::string& data, const std::string& process);
std::string ClusterFile(const std::string& data);

// One more than the highest worker-N that is there.
std::uint32_t WorkerDirsCount(const std::string& data);

// INVALID_ARGUMENT where it, or what it would be made in, is something else than a directory.
absl::Status CheckDataDir(const std::string& data);

// Makes the directory and those above it.
absl::Status MakeDir(const std::string& path);

// Held by whoever runs a cluster in this process or starts or stops the kept one: two of them would fight
// over the stores.
class DataLock {
 public:
  // Of session.options.data. Waits for another command to end, soon tells for which, and after `patience` is
  // UNAVAILABLE.
  static absl::StatusOr<DataLock> Take(const Session& session, absl::Duration patience = absl::Seconds(10));
  DataLock(DataLock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
  DataLock& operator=(DataLock&&) = delete;
  ~DataLock();

 private:
  explicit DataLock(int file) : file_(file) {}
  int file_;
};

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_CONNECTION_DATA_DIR_H_
