#include "services/common/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace lawine {

namespace {

absl::Status Failed() { return absl::UnavailableError(absl::StrCat("a file in memory: ", strerror(errno))); }

void CloseIfOpen(int& file) {
  if (file >= 0) close(file);
  file = -1;
}

}  // namespace

MemoryFile::~MemoryFile() {
  CloseIfOpen(prepared_);
  CloseIfOpen(file_);
}

absl::Status MemoryFile::Replace(const std::string& content) {
  LAWINE_RETURN_IF_ERROR(Prepare(content));
  return Show();
}

absl::Status MemoryFile::Prepare(const std::string& content) {
  CloseIfOpen(prepared_);
  const int fresh = memfd_create("lawine", MFD_CLOEXEC);
  const timespec time{.tv_sec = ++version_, .tv_nsec = 0};
  const timespec times[] = {time, time};
  const bool good = fresh >= 0 && fchmod(fresh, 0600) == 0 &&
                    write(fresh, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
                    futimens(fresh, times) == 0;
  prepared_ = fresh;
  if (good) return absl::OkStatus();
  const absl::Status failed = Failed();
  CloseIfOpen(prepared_);
  return failed;
}

absl::Status MemoryFile::Show() {
  LAWINE_CHECK(prepared_ >= 0);
  if (file_ < 0) {
    file_ = std::exchange(prepared_, -1);
    return absl::OkStatus();
  }
  const absl::Status shown = dup3(prepared_, file_, O_CLOEXEC) >= 0 ? absl::OkStatus() : Failed();
  CloseIfOpen(prepared_);
  return shown;
}

std::string MemoryFile::path() const { return absl::StrCat("/proc/self/fd/", file_); }

}  // namespace lawine
