#include "tests/support/http_get.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/support/raw_connection.h"

namespace lawine {

std::string HttpExchange(const std::string& address, const std::string& bytes) {
  constexpr absl::Duration kSilenceMax = absl::Seconds(30);
  const RawConnection connection(address);
  return connection.Send(bytes) ? connection.ReadAll(kSilenceMax) : "";
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
