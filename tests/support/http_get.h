// A page of an admin port: HTTP as far as a test needs it.
#ifndef LAWINE_TESTS_SUPPORT_HTTP_GET_H_
#define LAWINE_TESTS_SUPPORT_HTTP_GET_H_

#include <string>

namespace lawine {

struct HttpAnswer {
  int code = 0;  // 0: nobody answers
  std::string body = {};
};

HttpAnswer HttpGet(const std::string& address, const std::string& path, const std::string& method = "GET");
// What a server says to these bytes, until it closes the connection.
std::string HttpExchange(const std::string& address, const std::string& bytes);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_HTTP_GET_H_
