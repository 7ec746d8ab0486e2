#include "services/common/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace lawine {

MemoryFile::~MemoryFile() {
  if (file_ >= 0) close(file_);
}

absl::Status MemoryFile::Replace(const std::string& content) {
  const int fresh = memfd_create("lawine", MFD_CLOEXEC);
  const timespec time{.tv_sec = ++version_, .tv_nsec = 0};
  const timespec times[] = {time, time};
  const bool good = fresh >= 0 && fchmod(fresh, 0600) == 0 &&
                    write(fresh, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
                    futimens(fresh, times) == 0 && (file_ < 0 || dup3(fresh, file_, O_CLOEXEC) >= 0);
  const absl::Status status =
      good ? absl::OkStatus() : absl::UnavailableError(absl::StrCat("a file in memory: ", strerror(errno)));
  if (good && file_ < 0) {
    file_ = fresh;
  } else if (fresh >= 0) {
    close(fresh);
  }
  return status;
}

std::string MemoryFile::path() const { return absl::StrCat("/proc/self/fd/", file_); }

}  // namespace lawine
