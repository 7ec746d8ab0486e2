// accept4 of our own, at the end of this file. gRPC 1.51 (src/core/lib/iomgr/tcp_server_posix.cc, on_read)
// gives up a listening socket for good, with one line of log, at every error of accept4 but EINTR and EAGAIN:
// after a moment without descriptors (EMFILE) nobody could connect any more, while the process lived on and
// was healthy by all other signs. Such errors do not reach it here. After EAGAIN it waits for the next caller
// to come (edge-triggered epoll), so EAGAIN is said only once nobody waits: whoever waited then could wait
// for ever.
//
// libgrpc.so and libmicrohttpd.so call it in place of the C library's: the dynamic linker looks into the
// executable first, and the static one exports what a shared library defines or needs as well.
#include "services/server/descriptors.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"

namespace lawine {
namespace {

// Kept from connections: an eighth, and no more than this.
constexpr rlim_t kLastMax = 64;
constexpr absl::Duration kShortagePause = absl::Milliseconds(10);

std::atomic<int> takes_the_last{-1};

rlim_t DescriptorsMax() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

// The kernel gives out the lowest number that is free.
bool IsOfTheLast(int file) {
  const rlim_t most = DescriptorsMax();
  return static_cast<rlim_t>(file) >= most - std::min(kLastMax, most / 8);
}

int KernelAccept(int listener, sockaddr* address, socklen_t* length, int flags) {
  return static_cast<int>(syscall(SYS_accept4, listener, address, length, flags));
}

// One descriptor, given up to take a caller and refuse it when there is no other.
class SpareDescriptor {
 public:
  SpareDescriptor() { Open(); }

  // 0 when a caller was refused, else errno: EAGAIN when none waits, EMFILE when another thread took the
  // descriptor first.
  int RefuseOne(int listener) {
    MutexLock lock(mutex_);
    if (file_ >= 0) close(file_);
    const int caller = KernelAccept(listener, nullptr, nullptr, SOCK_CLOEXEC);
    const int error = caller >= 0 ? 0 : errno;
    if (caller >= 0) close(caller);
    Open();
    return error;
  }

 private:
  void Open() { file_ = open("/dev/null", O_RDONLY | O_CLOEXEC); }

  Mutex mutex_;
  int file_ = -1;  // -1: it is tried again with the next caller
};

// Never destroyed: threads of libraries may accept while the process ends.
SpareDescriptor& Spare() {
  static SpareDescriptor& spare = *new SpareDescriptor;
  return spare;
}

void TellRefused() {
  static std::atomic<std::int64_t> minute{0};
  const std::int64_t now = absl::ToUnixSeconds(absl::Now()) / 60;
  if (minute.exchange(now) == now) return;
  spdlog::warn(
      "callers are refused: this process has as many connections and files open as it may ({}); close some, "
      "or raise its limit (ulimit -Hn, LimitNOFILE)",
      DescriptorsMax());
}

// Whoever waits for callers elsewhere than in accept4, as servers do. Others expect to be told all errors.
bool IsPolledListener(int listener) {
  int listening = 0;
  socklen_t length = sizeof(listening);
  return getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 && listening != 0 &&
         (fcntl(listener, F_GETFL) & O_NONBLOCK) != 0;
}

// Errors of one connection, gone before it was taken (accept(2)).
bool IsOfOneCaller(int error) {
  switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

bool IsShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// 0 when it may be tried again, else errno.
int AfterError(int listener, int error) {
  if (IsOfOneCaller(error)) return 0;
  if (error == EMFILE || error == ENFILE) {
    error = Spare().RefuseOne(listener);
    if (error == 0) TellRefused();
  }
  if (!IsShortage(error)) return IsOfOneCaller(error) ? 0 : error;
  absl::SleepFor(kShortagePause);
  return 0;
}

}  // namespace

void PrepareDescriptors() {
  Spare();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  spdlog::warn("at most {} connections and files may be open: the limit cannot be raised to {}: {}", before,
               limit.rlim_max, std::strerror(errno));
}

void LetTakeTheLast(int listener) { takes_the_last = listener; }

}  // namespace lawine

extern "C" __attribute__((visibility("default"), used)) int accept4(int listener,
                                                                    sockaddr* __restrict address,
                                                                    socklen_t* __restrict length, int flags) {
  const socklen_t room = length != nullptr ? *length : 0;
  while (lawine::IsPolledListener(listener)) {
    const int file = lawine::KernelAccept(listener, address, length, flags);
    if (file >= 0 && (listener == lawine::takes_the_last || !lawine::IsOfTheLast(file))) return file;
    if (file >= 0) {
      close(file);
      lawine::TellRefused();
    } else if (const int error = lawine::AfterError(listener, errno); error != 0) {
      errno = error;
      return -1;
    }
    if (length != nullptr) *length = room;
  }
  return lawine::KernelAccept(listener, address, length, flags);
}
