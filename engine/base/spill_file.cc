#include "engine/base/spill_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

// Once on disk, so much is collected for one write.
constexpr std::size_t kWriteBytes = 1 << 20;

}  // namespace

SpillFile::~SpillFile() {
  if (file_ >= 0) close(file_);
}

SpillFile::SpillFile(SpillFile&& other) noexcept
    : options_(std::move(other.options_)),
      file_(std::exchange(other.file_, -1)),
      file_bytes_(std::exchange(other.file_bytes_, 0)),
      tail_(std::exchange(other.tail_, {})) {}

SpillFile& SpillFile::operator=(SpillFile&& other) noexcept {
  if (this == &other) return *this;
  if (file_ >= 0) close(file_);
  options_ = std::move(other.options_);
  file_ = std::exchange(other.file_, -1);
  file_bytes_ = std::exchange(other.file_bytes_, 0);
  tail_ = std::exchange(other.tail_, {});
  return *this;
}

absl::Status SpillFile::Append(std::string_view bytes) {
  tail_.append(bytes);
  if (options_.directory.empty()) return absl::OkStatus();
  const std::uint64_t kept = on_disk() ? kWriteBytes : options_.memory_bytes;
  return tail_.size() > kept ? WriteTail() : absl::OkStatus();
}

absl::Status SpillFile::Read(std::uint64_t offset, std::size_t count, std::string& bytes) const {
  LAWINE_CHECK(offset + count <= size());
  bytes.resize(count);
  std::size_t done = 0;
  while (done < count && offset + done < file_bytes_) {
    const std::size_t wanted = std::min<std::uint64_t>(count - done, file_bytes_ - offset - done);
    const ssize_t got = pread(file_, bytes.data() + done, wanted, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", errno);
    if (got == 0) {
      return absl::DataLossError(absl::StrCat("expected ", file_bytes_, " bytes in a temporary file in ",
                                              options_.directory, ", found it cut short"));
    }
    done += static_cast<std::size_t>(got);
  }
  if (done < count) tail_.copy(bytes.data() + done, count - done, offset + done - file_bytes_);
  return absl::OkStatus();
}

// The name is taken back at once: nothing is left of it after a crash.
absl::Status SpillFile::Open() {
  std::error_code error;
  std::filesystem::create_directories(options_.directory, error);
  if (error) return Failed("make", error.value());
  std::string name = options_.directory + "/spill-XXXXXX";
  file_ = mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0) return Failed("make a file in", errno);
  return unlink(name.c_str()) == 0 ? absl::OkStatus() : Failed("unname a file in", errno);
}

absl::Status SpillFile::WriteTail() {
  if (!on_disk()) LAWINE_RETURN_IF_ERROR(Open());
  std::string_view left = tail_;
  int error = 0;
  while (!left.empty() && error == 0) {
    const ssize_t written = write(file_, left.data(), left.size());
    if (written >= 0) left.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) error = errno;
  }
  // What is in the file goes from the tail, also where the rest of it could not be written.
  const std::size_t written = tail_.size() - left.size();
  file_bytes_ += written;
  tail_.erase(0, written);
  if (error != 0) return Failed("write to", error);
  // A tail that was all the memory allowed does not come back.
  if (tail_.capacity() > 2 * kWriteBytes) tail_.shrink_to_fit();
  return absl::OkStatus();
}

absl::Status SpillFile::Failed(const char* action, int error) const {
  const std::string text =
      absl::StrCat("cannot ", action, " ", options_.directory, ": ", std::strerror(error));
  if (error != ENOSPC && error != EDQUOT) return absl::UnavailableError(text);
  return absl::ResourceExhaustedError(absl::StrCat(
      text, " after ", size(), " bytes of temporary data: free some space there, or use a larger volume"));
}

}  // namespace lawine
