#include "tests/cluster/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/check.h"
#include "tests/support/patience.h"

namespace lawine {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(10);

std::string Content(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// Between fork and exec only what is safe after fork in a process with threads.
[[noreturn]] void Become(char* const* arguments, int output, int errors, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const bool orphaned = getppid() != parent;
  if (!orphaned && dup2(output, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0) {
    execv(arguments[0], arguments);
  }
  _exit(127);
}

}  // namespace

ServerProcess::ServerProcess(const std::vector<std::string>& command, const std::filesystem::path& log_stem)
    : output_(log_stem.string() + ".out"), errors_(log_stem.string() + ".err") {
  const int output = open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const int errors = open(errors_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  LAWINE_CHECK(output >= 0 && errors >= 0);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  LAWINE_CHECK(pid_ >= 0);
  if (pid_ == 0) Become(arguments.data(), output, errors, parent);
  close(output);
  close(errors);
}

ServerProcess::~ServerProcess() { Kill(); }

absl::StatusOr<std::string> ServerProcess::WaitUntilListening(absl::Duration timeout) {
  for (const absl::Time end = absl::Now() + kWaitFactor * timeout; absl::Now() < end;
       absl::SleepFor(kLookEvery)) {
    if (std::string address = Printed("listening on "); !address.empty()) return address;
    if (WaitUntilEnded(absl::ZeroDuration()).has_value()) {
      return absl::UnavailableError(absl::StrCat("ended with code ", *exit_code_, ": ", Said()));
    }
  }
  return absl::DeadlineExceededError(absl::StrCat("does not listen: ", Said()));
}

std::optional<int> ServerProcess::WaitUntilEnded(absl::Duration timeout) {
  const absl::Time end = absl::Now() + kWaitFactor * timeout;
  while (!exit_code_.has_value()) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (absl::Now() >= end) {
      break;
    } else {
      absl::SleepFor(kLookEvery);
    }
  }
  return exit_code_;
}

void ServerProcess::Signal(int signal) {
  if (!exit_code_.has_value()) kill(pid_, signal);
}

void ServerProcess::Kill() {
  Signal(SIGKILL);
  LAWINE_CHECK(WaitUntilEnded(absl::Seconds(30)).has_value());
}

std::string ServerProcess::Printed(const std::string& words) const {
  const std::string text = "\n" + Content(output_);
  const std::size_t at = text.find("\n" + words);
  if (at == std::string::npos) return "";
  const std::size_t from = at + 1 + words.size();
  const std::size_t line_end = text.find('\n', from);
  return line_end == std::string::npos ? "" : text.substr(from, line_end - from);
}

std::string ServerProcess::Said() const { return Content(errors_); }

std::string CoordinatorProgram() { return LAWINE_COORDINATOR_PROGRAM; }
std::string WorkerProgram() { return LAWINE_WORKER_PROGRAM; }

}  // namespace lawine
