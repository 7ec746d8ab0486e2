#include "services/server/descriptors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "tests/support/raw_connection.h"

namespace lawine {
namespace {

constexpr absl::Duration kSilenceMax = absl::Seconds(20);
constexpr int kDescriptors = 50;

// Descriptors end so many above the lowest free one while it lives.
class DescriptorsLimit {
 public:
  explicit DescriptorsLimit(int count) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest = dup(STDERR_FILENO);
    close(lowest);
    const rlimit limit{.rlim_cur = static_cast<rlim_t>(lowest + count), .rlim_max = before_.rlim_max};
    LAWINE_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  ~DescriptorsLimit() {
    for (const int file : files_) close(file);
    setrlimit(RLIMIT_NOFILE, &before_);
  }
  DescriptorsLimit(const DescriptorsLimit&) = delete;
  DescriptorsLimit& operator=(const DescriptorsLimit&) = delete;

  // Opens files until there are no descriptors.
  void TakeAll() {
    for (int file = 0; (file = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) files_.push_back(file);
  }
  void GiveBack(std::size_t count) {
    for (; count > 0; --count, files_.pop_back()) close(files_.back());
  }

 private:
  rlimit before_{};
  std::vector<int> files_;
};

class TestListener {
 public:
  TestListener() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    LAWINE_CHECK(bind(socket_, any, length) == 0 && listen(socket_, 64) == 0 &&
                 getsockname(socket_, any, &length) == 0);
    address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  }
  ~TestListener() { close(socket_); }
  TestListener(const TestListener&) = delete;
  TestListener& operator=(const TestListener&) = delete;

  int get() const { return socket_; }
  const std::string& address() const { return address_; }
  // errno, or 0 for a caller, whose length of address is right.
  int Accept() const {
    sockaddr_storage from{};
    socklen_t length = sizeof(from);
    const int caller = accept4(socket_, reinterpret_cast<sockaddr*>(&from), &length, SOCK_CLOEXEC);
    if (caller < 0) return errno;
    EXPECT_EQ(length, sizeof(sockaddr_in));
    close(caller);
    return 0;
  }

 private:
  const int socket_;
  std::string address_;
};

class DescriptorsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    PrepareDescriptors();
    // UndefinedBehaviorSanitizer looks at the type of what logs once, through a pipe: while there can be one.
    spdlog::warn("tests use up all but {} descriptors", kDescriptors);
  }
};

TEST_F(DescriptorsTest, TheLimitIsRaisedAsFarAsItMay) {
  const DescriptorsLimit low(kDescriptors);
  PrepareDescriptors();
  rlimit raised{};
  getrlimit(RLIMIT_NOFILE, &raised);
  EXPECT_EQ(raised.rlim_cur, raised.rlim_max);
}

TEST_F(DescriptorsTest, WithoutAnyCallersAreRefusedAndTheListenerLivesOn) {
  const TestListener listener;
  DescriptorsLimit limit(kDescriptors);
  const RawConnection first(listener.address());
  const RawConnection second(listener.address());
  limit.TakeAll();
  EXPECT_EQ(listener.Accept(), EAGAIN);
  EXPECT_TRUE(first.Hears(kSilenceMax));
  EXPECT_TRUE(second.Hears(kSilenceMax));
  EXPECT_EQ(listener.Accept(), EAGAIN) << "nobody waits";
  limit.GiveBack(20);
  const RawConnection third(listener.address());
  EXPECT_EQ(listener.Accept(), 0);
}

TEST_F(DescriptorsTest, TheLastAreForFilesAndOneListener) {
  const TestListener many;
  const TestListener few;
  DescriptorsLimit limit(kDescriptors);
  const RawConnection to_many(many.address());
  const RawConnection to_few(few.address());
  limit.TakeAll();
  limit.GiveBack(1);
  LetTakeTheLast(few.get());
  EXPECT_EQ(many.Accept(), EAGAIN);
  EXPECT_TRUE(to_many.Hears(kSilenceMax));
  EXPECT_EQ(few.Accept(), 0);
  LetTakeTheLast(-1);
}

}  // namespace
}  // namespace lawine
