#include "services/server/control_socket.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/temp_directory.h"

namespace lawine {
namespace {

TEST(ControlSocketTest, DrainingEndsWhenNothingIsLeft) {
  const TempDirectory directory;
  std::atomic<int> left{3};
  const auto socket = ControlSocket::Open(directory.path(), [&](absl::Time) { return --left == 0; });
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_EQ(AskToDrain(directory.path(), absl::Seconds(60)), absl::OkStatus());
  EXPECT_EQ(left, 0);
}

TEST(ControlSocketTest, DrainingEndsWithTheTimeGiven) {
  const TempDirectory directory;
  const auto socket = ControlSocket::Open(directory.path(), [](absl::Time slice_end) {
    absl::SleepFor(slice_end - absl::Now());
    return false;
  });
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_EQ(AskToDrain(directory.path(), absl::Seconds(1)).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(ControlSocketTest, OnlyTheServersOwnUserMayConnect) {
  const TempDirectory directory;
  const auto socket = ControlSocket::Open(directory.path(), [](absl::Time) { return true; });
  ASSERT_TRUE(socket.ok()) << socket.status();
  struct stat about {};
  ASSERT_EQ(stat((directory.path() / "control.sock").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST(ControlSocketTest, WithoutAServerItIsSaid) {
  const TempDirectory directory;
  EXPECT_EQ(AskToDrain(directory.path(), absl::Seconds(1)).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(AskToDrain(directory.path() / "nowhere", absl::Seconds(1)).code(), absl::StatusCode::kNotFound);
}

TEST(ControlSocketTest, WhatAProcessThatDiedHasLeftIsReplaced) {
  const TempDirectory directory;
  const std::filesystem::path deep = directory.path() / std::string(120, 'd');
  std::filesystem::create_directories(deep);
  std::filesystem::create_symlink("nowhere", deep / "control.sock");
  const auto socket = ControlSocket::Open(deep, [](absl::Time) { return true; });
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_EQ(AskToDrain(deep, absl::Seconds(60)), absl::OkStatus());
}

}  // namespace
}  // namespace lawine
