#include "tests/services/half_sender.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "engine/base/check.h"

namespace lawine {
namespace {

// Types of frames, RFC 9113.
constexpr std::uint8_t kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6, kWindowUpdate = 8;
constexpr std::uint8_t kAcknowledged = 1, kEndOfHeaders = 4;
constexpr std::uint16_t kCallsMaxSetting = 3, kFirstWindowSetting = 4;
constexpr std::int64_t kFrameBytesMax = 16'384;

std::string BigEndian(std::uint64_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
  return text;
}

std::uint32_t FromBigEndian(const std::string& text, std::size_t at, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + bytes; ++i) value = value << 8 | static_cast<unsigned char>(text[i]);
  return value;
}

std::string Frame(std::uint8_t type, std::uint8_t flags, std::uint32_t id, const std::string& payload) {
  return BigEndian(payload.size(), 3) + BigEndian(type, 1) + BigEndian(flags, 1) + BigEndian(id, 4) + payload;
}

// Not compressed, RFC 7541.
std::string Header(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) +
         value;
}

}  // namespace

HalfSender::HalfSender(const std::string& address) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  LAWINE_CHECK(connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, ""));
}

HalfSender::~HalfSender() { close(socket_); }

void HalfSender::Begin(const std::string& method, std::size_t bytes) {
  const std::uint32_t id = std::exchange(next_id_, next_id_ + 2);
  Write(Frame(kHeaders, kEndOfHeaders, id,
              Header(":method", "POST") + Header(":scheme", "http") + Header(":path", method) +
                  Header(":authority", "lawine") + Header("content-type", "application/grpc") +
                  Header("te", "trailers")));
  Call& call = calls_[id];
  call = {.window = first_window_, .left = bytes - 1};
  Data(id, call, std::string(1, '\0') + BigEndian(bytes, 4));
}

void HalfSender::SendFor(absl::Duration time) {
  const absl::Time end = absl::Now() + time;
  while (absl::Now() < end) {
    bool waits = true;
    for (auto& [id, call] : calls_) {
      const std::int64_t count =
          std::min({kFrameBytesMax, call.window, window_, static_cast<std::int64_t>(call.left)});
      if (count <= 0) continue;
      call.left -= static_cast<std::size_t>(count);
      Data(id, call, std::string(static_cast<std::size_t>(count), 'x'));
      waits = false;
    }
    Listen(waits ? absl::Milliseconds(20) : absl::ZeroDuration());
  }
}

// A server that has closed the connection takes no more; that is no failure.
void HalfSender::Write(const std::string& bytes) const {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t count = send(socket_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (count <= 0) return;
    at += static_cast<std::size_t>(count);
  }
}

void HalfSender::Data(std::uint32_t id, Call& call, const std::string& bytes) {
  call.window -= static_cast<std::int64_t>(bytes.size());
  window_ -= static_cast<std::int64_t>(bytes.size());
  sent_bytes_ += bytes.size();
  Write(Frame(kData, 0, id, bytes));
}

void HalfSender::Listen(absl::Duration time) {
  pollfd waiting = {.fd = socket_, .events = POLLIN, .revents = 0};
  if (poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(time))) <= 0) return;
  char part[1 << 16];
  const ssize_t count = recv(socket_, part, sizeof part, 0);
  if (count <= 0) return;
  heard_.append(part, static_cast<std::size_t>(count));
  constexpr std::size_t kFrameHeader = 9;
  while (heard_.size() >= kFrameHeader) {
    const std::size_t size = FromBigEndian(heard_, 0, 3);
    if (heard_.size() < kFrameHeader + size) return;
    const std::string frame = heard_.substr(0, kFrameHeader + size);
    heard_.erase(0, frame.size());
    Take(static_cast<std::uint8_t>(frame[3]), static_cast<std::uint8_t>(frame[4]), FromBigEndian(frame, 5, 4),
         frame.substr(kFrameHeader));
  }
}

void HalfSender::Take(std::uint8_t type, std::uint8_t flags, std::uint32_t id, const std::string& payload) {
  const bool acknowledged = (flags & kAcknowledged) != 0;
  if (type == kSettings && !acknowledged) TakeSettings(payload);
  if (type == kPing && !acknowledged) Write(Frame(kPing, kAcknowledged, 0, payload));
  if (type == kReset) ended_ += calls_.erase(id);
  if (type != kWindowUpdate) return;
  const std::uint32_t more = FromBigEndian(payload, 0, 4);
  if (id == 0) window_ += more;
  if (const auto call = calls_.find(id); call != calls_.end()) call->second.window += more;
}

void HalfSender::TakeSettings(const std::string& payload) {
  for (std::size_t at = 0; at + 6 <= payload.size(); at += 6) {
    const std::uint32_t setting = FromBigEndian(payload, at, 2);
    const std::uint32_t value = FromBigEndian(payload, at + 2, 4);
    if (setting == kCallsMaxSetting) calls_max_ = value;
    if (setting != kFirstWindowSetting) continue;
    const std::int64_t more = static_cast<std::int64_t>(value) - std::exchange(first_window_, value);
    for (auto& [id, call] : calls_) call.window += more;
  }
  Write(Frame(kSettings, kAcknowledged, 0, ""));
}

}  // namespace lawine
