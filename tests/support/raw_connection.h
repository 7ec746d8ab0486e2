// A connection that speaks as little as its test wants.
#ifndef LAWINE_TESTS_SUPPORT_RAW_CONNECTION_H_
#define LAWINE_TESTS_SUPPORT_RAW_CONNECTION_H_

#include <string>

#include "absl/time/time.h"

namespace lawine {

// One thread at a time.
class RawConnection {
 public:
  // To HOST:PORT, an address. Whether somebody is there shows when it is used.
  explicit RawConnection(const std::string& address);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // False when the other side takes no more.
  bool Send(const std::string& bytes) const;
  // True as soon as the other side says something or ends the connection; false when it is silent so long.
  bool Hears(absl::Duration time) const;
  // All that it says until it ends the connection, or is silent so long.
  std::string ReadAll(absl::Duration silence) const;

 private:
  int socket_ = -1;  // -1: nobody is there
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_RAW_CONNECTION_H_
