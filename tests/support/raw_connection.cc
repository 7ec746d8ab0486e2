#include "tests/support/raw_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include "absl/strings/numbers.h"
#include "engine/base/check.h"

namespace lawine {

RawConnection::RawConnection(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  std::uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port)) return;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  LAWINE_CHECK(socket_ >= 0);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0) return;
  close(socket_);
  socket_ = -1;
}

RawConnection::~RawConnection() {
  if (socket_ >= 0) close(socket_);
}

bool RawConnection::Send(const std::string& bytes) const {
  return socket_ >= 0 &&
         send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

bool RawConnection::Hears(absl::Duration time) const {
  pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
  return socket_ < 0 || poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(time))) > 0;
}

std::string RawConnection::ReadAll(absl::Duration silence) const {
  std::string said;
  char buffer[4096];
  while (Hears(silence)) {
    const ssize_t count = recv(socket_, buffer, sizeof(buffer), 0);
    if (count <= 0) break;
    said.append(buffer, static_cast<std::size_t>(count));
  }
  return said;
}

}  // namespace lawine
