#include "tests/support/http_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace lawine {
namespace {

constexpr timeval kPatience{.tv_sec = 30, .tv_usec = 0};

}  // namespace

std::string HttpExchange(const std::string& address, const std::string& bytes) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  std::uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port)) return "";
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  std::string said;
  if (connect(file, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0 &&
      send(file, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
    char buffer[4096];
    for (ssize_t count = 0; (count = read(file, buffer, sizeof(buffer))) > 0;) {
      said.append(buffer, static_cast<std::size_t>(count));
    }
  }
  close(file);
  return said;
}

HttpAnswer HttpGet(const std::string& address, const std::string& path, const std::string& method) {
  const std::string said = HttpExchange(
      address, absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"));
  HttpAnswer answer;
  const std::size_t body = said.find("\r\n\r\n");
  if (body == std::string::npos || said.size() < 12 || !absl::SimpleAtoi(said.substr(9, 3), &answer.code))
    return {};
  answer.body = said.substr(body + 4);
  return answer;
}

}  // namespace lawine
