// Server programs as real processes: started, signalled, and never left behind.
#ifndef LAWINE_TESTS_CLUSTER_SERVER_PROCESS_H_
#define LAWINE_TESTS_CLUSTER_SERVER_PROCESS_H_

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lawine {

// One process. It dies with its owner, with the test process, and at the latest with the destructor. Start
// it from the main thread: the kernel ends it when the thread that started it ends.
class ServerProcess {
 public:
  // `command` is the program and its arguments; what it prints goes to files named after `log_stem`.
  ServerProcess(const std::vector<std::string>& command, const std::filesystem::path& log_stem);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Both wait for `timeout`, or kWaitFactor times that.
  // Waits for "listening on HOST:PORT"; returns HOST:PORT. Fails, with what the process said, when it has
  // ended, or does not listen.
  absl::StatusOr<std::string> WaitUntilListening(absl::Duration timeout);
  // Exit code (128 + signal when a signal ended it); none when it still runs.
  std::optional<int> WaitUntilEnded(absl::Duration timeout);

  void Signal(int signal);
  // SIGKILL, and waits.
  void Kill();
  // What follows `words` on the first line of its output that begins with them; empty when there is none.
  std::string Printed(const std::string& words) const;
  // All it has said on standard error.
  std::string Said() const;

 private:
  const std::filesystem::path output_;
  const std::filesystem::path errors_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// The programs under test.
std::string CoordinatorProgram();
std::string WorkerProgram();

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_SERVER_PROCESS_H_
