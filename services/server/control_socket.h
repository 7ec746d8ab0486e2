// How a command on the same machine tells a server what to do: a socket in the server's data directory.
#ifndef LAWINE_SERVICES_SERVER_CONTROL_SOCKET_H_
#define LAWINE_SERVICES_SERVER_CONTROL_SOCKET_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lawine {

// Open to the server's own user only. One command at a time, on a thread of its own.
class ControlSocket {
 public:
  // `drain`: works on it until `slice_end` at the latest; true when there is nothing left. Replaces a socket
  // that a process which died has left.
  static absl::StatusOr<std::unique_ptr<ControlSocket>> Open(const std::string& data_dir,
                                                             std::function<bool(absl::Time slice_end)> drain);
  // Ends a command that goes on.
  virtual ~ControlSocket() = default;
};

// Tells the server of this data directory to drain and waits, at most a little longer than `timeout`: OK when
// nothing is left, DEADLINE_EXCEEDED when something was when the time was over, NOT_FOUND when no server has
// the directory.
absl::Status AskToDrain(const std::string& data_dir, absl::Duration timeout);

}  // namespace lawine

#endif  // LAWINE_SERVICES_SERVER_CONTROL_SOCKET_H_
