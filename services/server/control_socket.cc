#include "services/server/control_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

constexpr char kName[] = "control.sock";
constexpr char kDrained[] = "drained\n";
constexpr char kLeft[] = "left\n";
constexpr absl::Duration kSlice = absl::Milliseconds(200);
constexpr absl::Duration kPatience = absl::Seconds(5);

class File {
 public:
  explicit File(int file) : file_(file) {}
  ~File() {
    if (file_ >= 0) close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return file_; }

 private:
  const int file_;
};

// By the directory's number: a socket's path may not be longer than about a hundred letters.
sockaddr_un Address(const File& directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = absl::StrCat("/proc/self/fd/", directory.get(), "/", kName);
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

void SetPatience(int file, absl::Duration patience) {
  const timeval time = absl::ToTimeval(patience);
  setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
  setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

std::string ReadLine(int file) {
  std::string line;
  char letter = 0;
  while (line.size() < 64 && read(file, &letter, 1) == 1 && letter != '\n') line += letter;
  return line;
}

absl::Status Failed(const std::string& data_dir, const char* what) {
  return absl::UnavailableError(absl::StrCat(data_dir, "/", kName, ": ", what, ": ", strerror(errno)));
}

class ControlSocketImpl final : public ControlSocket {
 public:
  ControlSocketImpl(int listening, std::string path, std::function<bool(absl::Time)> drain)
      : listening_(listening),
        path_(std::move(path)),
        drain_(std::move(drain)),
        thread_([this] { Serve(); }) {}
  ~ControlSocketImpl() override {
    over_ = true;
    thread_.join();
    unlink(path_.c_str());
  }

 private:
  void Serve() {
    while (!over_) {
      pollfd ready{.fd = listening_.get(), .events = POLLIN, .revents = 0};
      if (poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(kSlice))) <= 0) continue;
      const File caller(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (caller.get() >= 0) Answer(caller.get());
    }
  }
  void Answer(int caller) {
    SetPatience(caller, kPatience);
    const std::string asked = ReadLine(caller);
    absl::string_view seconds = asked;
    std::uint32_t most = 0;
    if (!absl::ConsumePrefix(&seconds, "drain ") || !absl::SimpleAtoi(seconds, &most)) return;
    const absl::Time end = absl::Now() + absl::Seconds(most);
    bool drained = false;
    do {
      drained = drain_(std::min(end, absl::Now() + kSlice));
    } while (!drained && !over_ && absl::Now() < end);
    const std::string said = drained ? kDrained : kLeft;
    // Nobody may be there any more.
    if (send(caller, said.data(), said.size(), MSG_NOSIGNAL) < 0) return;
  }

  const File listening_;
  const std::string path_;
  const std::function<bool(absl::Time)> drain_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ControlSocket>> ControlSocket::Open(const std::string& data_dir,
                                                                   std::function<bool(absl::Time)> drain) {
  const std::string path = absl::StrCat(data_dir, "/", kName);
  const File directory(open(data_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (directory.get() < 0 || listening < 0) return Failed(data_dir, "cannot be made");
  unlink(path.c_str());
  const sockaddr_un address = Address(directory);
  if (bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      chmod(path.c_str(), 0600) != 0 || listen(listening, 4) != 0) {
    const absl::Status failed = Failed(data_dir, "cannot be listened on");
    close(listening);
    return failed;
  }
  return std::make_unique<ControlSocketImpl>(listening, path, std::move(drain));
}

absl::Status AskToDrain(const std::string& data_dir, absl::Duration timeout) {
  const File directory(open(data_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return absl::NotFoundError(absl::StrCat(data_dir, ": ", strerror(errno)));
  const File server(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = Address(directory);
  SetPatience(server.get(), timeout + kPatience);
  if (connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return absl::NotFoundError(absl::StrCat("no server has ", data_dir, " open: ", strerror(errno)));
  }
  const std::string ask = absl::StrCat("drain ", absl::ToInt64Seconds(timeout), "\n");
  if (send(server.get(), ask.data(), ask.size(), MSG_NOSIGNAL) < 0)
    return Failed(data_dir, "cannot be asked");
  const std::string said = ReadLine(server.get()) + "\n";
  if (said == kDrained) return absl::OkStatus();
  if (said != kLeft) {
    return absl::UnavailableError(
        absl::StrCat("the server of ", data_dir, " ended before it said that it was done"));
  }
  return absl::DeadlineExceededError(
      absl::StrCat("something was still going on after ", absl::FormatDuration(timeout)));
}

}  // namespace lawine
