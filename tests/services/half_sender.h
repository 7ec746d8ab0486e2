// A stranger who begins requests and never ends them.
#ifndef LAWINE_TESTS_SERVICES_HALF_SENDER_H_
#define LAWINE_TESTS_SERVICES_HALF_SENDER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"

namespace lawine {

// One connection that speaks as much HTTP/2 as it takes for that. One thread at a time.
class HalfSender {
 public:
  explicit HalfSender(const std::string& address);
  ~HalfSender();
  HalfSender(const HalfSender&) = delete;
  HalfSender& operator=(const HalfSender&) = delete;

  // Begins a unary call, "/package.Service/Method", with a message of which the last byte never comes.
  void Begin(const std::string& method, std::size_t bytes);
  // Sends as much of all of them as the server lets it, for so long.
  void SendFor(absl::Duration time);

  std::size_t sent_bytes() const { return sent_bytes_; }
  // Calls that the server has ended.
  std::size_t ended() const { return ended_; }
  // What the server said it takes at once; 0 while it has said nothing.
  std::uint32_t calls_max() const { return calls_max_; }

 private:
  struct Call {
    std::int64_t window = 0;
    std::size_t left = 0;
  };
  void Write(const std::string& bytes) const;
  void Data(std::uint32_t id, Call& call, const std::string& bytes);
  // Takes in what the server says within `time`.
  void Listen(absl::Duration time);
  void Take(std::uint8_t type, std::uint8_t flags, std::uint32_t id, const std::string& payload);
  void TakeSettings(const std::string& payload);

  int socket_ = -1;
  std::string heard_;
  std::uint32_t next_id_ = 1;
  std::map<std::uint32_t, Call> calls_;
  std::int64_t window_ = 65'535;  // of the connection
  std::int64_t first_window_ = 65'535;
  std::size_t sent_bytes_ = 0;
  std::size_t ended_ = 0;
  std::uint32_t calls_max_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SERVICES_HALF_SENDER_H_
