#include "engine/store/file_checksums.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "engine/base/crc32c.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;

constexpr char kFirstLine[] = "lawine-files 1";
constexpr char kRepair[] = "restore the shard or load the graph again";

absl::Status Failed(const std::string& path) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(errno));
  return errno == ENOSPC ? absl::ResourceExhaustedError(text) : absl::UnavailableError(text);
}

absl::Status Damaged(const std::string& path, const std::string& what) {
  return absl::DataLossError(absl::StrCat(path, ": damaged: ", what, ": ", kRepair));
}

// An open file. Closes it.
class File {
 public:
  File(const std::string& path, int flags)
      : path_(path), file_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~File() {
    if (file_ >= 0) close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool opened() const { return file_ >= 0; }

  absl::StatusOr<std::uint64_t> Size() const {
    struct stat found = {};
    if (fstat(file_, &found) != 0) return Failed(path_);
    return static_cast<std::uint64_t>(found.st_size);
  }
  // Fewer bytes only at the end of the file.
  absl::StatusOr<std::string> Read(std::uint64_t from, std::size_t count) const {
    std::string bytes(count, '\0');
    std::size_t at = 0;
    while (at < count) {
      const ssize_t got = pread(file_, bytes.data() + at, count - at, static_cast<off_t>(from + at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Failed(path_);
      if (got == 0) break;
      at += static_cast<std::size_t>(got);
    }
    bytes.resize(at);
    return bytes;
  }
  absl::Status WriteAll(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t put = write(file_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return Failed(path_);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return fsync(file_) == 0 ? absl::OkStatus() : Failed(path_);
  }

 private:
  const std::string path_;
  const int file_;
};

// CRC-32C of [from, end).
absl::StatusOr<std::uint32_t> ChecksumOf(const File& file, std::uint64_t from, std::uint64_t end) {
  constexpr std::uint64_t kPart = 4u << 20;
  std::uint32_t crc = 0;
  for (std::uint64_t at = from; at < end;) {
    LAWINE_ASSIGN_OR_RETURN(const std::string bytes,
                            file.Read(at, static_cast<std::size_t>(std::min(kPart, end - at))));
    if (bytes.empty()) break;
    crc = Crc32c(bytes, crc);
    at += bytes.size();
  }
  return crc;
}

std::uint64_t EndOf(std::uint64_t size) { return size - std::min<std::uint64_t>(size, kEndBytes); }

absl::StatusOr<FileChecksum> Take(const std::string& directory, const std::string& name) {
  const std::string path = absl::StrCat(directory, "/", name);
  const File file(path, O_RDONLY);
  if (!file.opened()) return Failed(path);
  FileChecksum taken{.name = name};
  LAWINE_ASSIGN_OR_RETURN(taken.size, file.Size());
  LAWINE_ASSIGN_OR_RETURN(taken.whole, ChecksumOf(file, 0, taken.size));
  LAWINE_ASSIGN_OR_RETURN(taken.end, ChecksumOf(file, EndOf(taken.size), taken.size));
  return taken;
}

bool ReadHex(absl::string_view text, std::uint32_t& value) {
  const bool lower = text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
  return text.size() == 8 && lower && absl::SimpleHexAtoi(text, &value);
}

absl::StatusOr<std::uint64_t> CheckFile(const std::string& directory, const FileChecksum& expected,
                                        FilePart part) {
  const std::string path = absl::StrCat(directory, "/", expected.name);
  const File file(path, O_RDONLY);
  if (!file.opened() && errno == ENOENT) return Damaged(path, "expected this file, found none");
  if (!file.opened()) return Failed(path);
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t size, file.Size());
  if (size != expected.size) {
    return Damaged(path, absl::StrCat("expected ", expected.size, " bytes, found ", size));
  }
  const std::uint64_t from = part == FilePart::kWhole ? 0 : EndOf(size);
  LAWINE_ASSIGN_OR_RETURN(const std::uint32_t found, ChecksumOf(file, from, size));
  const std::uint32_t wanted = part == FilePart::kWhole ? expected.whole : expected.end;
  if (found == wanted) return size - from;
  return Damaged(path, absl::StrFormat("expected checksum %08x of bytes %d to %d, found %08x", wanted, from,
                                       size, found));
}

}  // namespace

std::string EncodeChecksums(const std::vector<FileChecksum>& files) {
  std::string text = absl::StrCat(kFirstLine, "\n");
  for (const FileChecksum& file : files) {
    absl::StrAppendFormat(&text, "%s %d %08x %08x\n", file.name, file.size, file.whole, file.end);
  }
  absl::StrAppendFormat(&text, "crc32c %08x\n", Crc32c(text));
  return text;
}

absl::StatusOr<std::vector<FileChecksum>> DecodeChecksums(std::string_view text) {
  const absl::string_view whole(text.data(), text.size());
  const auto wrong = [](const char* what) {
    return absl::DataLossError(absl::StrCat(kChecksumsFile, ": damaged: ", what, ": ", kRepair));
  };
  const std::size_t last = whole.rfind("crc32c ");
  std::uint32_t crc = 0;
  if (last == absl::string_view::npos || whole.size() != last + 16 || whole.back() != '\n' ||
      !ReadHex(whole.substr(last + 7, 8), crc)) {
    return wrong("expected a checksum in the last line, found none");
  }
  if (Crc32c(text.substr(0, last)) != crc) return wrong("its own checksum does not match");
  std::vector<absl::string_view> lines = absl::StrSplit(whole.substr(0, last), '\n', absl::SkipEmpty());
  if (lines.empty() || lines[0] != kFirstLine) {
    return absl::FailedPreconditionError(absl::StrCat(kChecksumsFile, ": expected '", kFirstLine,
                                                      "', found '", lines.empty() ? "" : lines[0],
                                                      "': written by another version, use that one"));
  }
  std::vector<FileChecksum> files;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<absl::string_view> words = absl::StrSplit(lines[i], ' ');
    FileChecksum& file = files.emplace_back();
    if (words.size() != 4 || words[0].empty() || !absl::SimpleAtoi(words[1], &file.size) ||
        !ReadHex(words[2], file.whole) || !ReadHex(words[3], file.end)) {
      return wrong("a line that is none");
    }
    file.name = std::string(words[0]);
  }
  return files;
}

absl::Status WriteChecksums(const std::string& directory) {
  std::vector<FileChecksum> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".sst") continue;
    LAWINE_ASSIGN_OR_RETURN(files.emplace_back(), Take(directory, entry.path().filename().string()));
  }
  if (error) return absl::UnavailableError(absl::StrCat(directory, ": ", error.message()));
  std::sort(files.begin(), files.end(),
            [](const FileChecksum& a, const FileChecksum& b) { return a.name < b.name; });
  const std::string path = absl::StrCat(directory, "/", kChecksumsFile);
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  return file.opened() ? file.WriteAll(EncodeChecksums(files)) : Failed(path);
}

absl::StatusOr<std::uint64_t> CheckFiles(const std::string& directory, FilePart part) {
  const std::string path = absl::StrCat(directory, "/", kChecksumsFile);
  const File list(path, O_RDONLY);
  if (!list.opened() && errno == ENOENT) return std::uint64_t{0};
  if (!list.opened()) return Failed(path);
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t size, list.Size());
  LAWINE_ASSIGN_OR_RETURN(const std::string text,
                          list.Read(0, static_cast<std::size_t>(std::min<std::uint64_t>(size, 1u << 24))));
  const absl::StatusOr<std::vector<FileChecksum>> files = DecodeChecksums(text);
  if (!files.ok()) {
    return absl::Status(files.status().code(), absl::StrCat(directory, "/", files.status().message()));
  }
  std::uint64_t bytes = 0;
  for (const FileChecksum& file : *files) {
    LAWINE_ASSIGN_OR_RETURN(const std::uint64_t read, CheckFile(directory, file, part));
    bytes += read;
  }
  return bytes;
}

}  // namespace lawine
