// A disk that is soon full.
#ifndef LAWINE_TESTS_CLUSTER_SMALL_DISK_H_
#define LAWINE_TESTS_CLUSTER_SMALL_DISK_H_

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/support/temp_directory.h"

namespace lawine {

// A disk of a size of its own; none without the right to mount one.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size = "12m")
      : mounted_(mount("lawine-test", directory_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0) {
  }
  ~SmallDisk() {
    if (mounted_) umount2(directory_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  std::filesystem::path path() const { return directory_.path(); }

 private:
  const TempDirectory directory_;
  const bool mounted_;
};

// All that is left of `directory`'s disk, and all that is let go of there, while it lives.
class Filler {
 public:
  explicit Filler(const std::filesystem::path& directory)
      : path_(directory / "filler"), file_(open(path_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644)) {
    while (Write()) continue;
    thread_ = std::thread([this] {
      for (; !over_; absl::SleepFor(absl::Milliseconds(1))) {
        while (!over_ && Write()) continue;
      }
    });
  }
  ~Filler() {
    over_ = true;
    thread_.join();
    close(file_);
    std::filesystem::remove(path_);
  }
  Filler(const Filler&) = delete;
  Filler& operator=(const Filler&) = delete;

 private:
  bool Write() const {
    static constexpr char kPage[4096] = {'x'};
    return write(file_, kPage, sizeof(kPage)) > 0;
  }

  const std::filesystem::path path_;
  const int file_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_SMALL_DISK_H_
