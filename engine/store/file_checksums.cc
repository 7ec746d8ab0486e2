#include "engine/store/file_checksums.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "engine/base/crc32c.h"
#include "engine/base/status_macros.h"
#include "engine/store/plain_file.h"

namespace lawine {
namespace {

constexpr char kFirstLine[] = "lawine-files 1";
constexpr char kRepair[] = "restore the shard or load the graph again";

absl::Status Damaged(const std::string& path, const std::string& what) {
  return absl::DataLossError(absl::StrCat(path, ": damaged: ", what, ": ", kRepair));
}

enum class FilePart { kEnd, kWhole };

std::uint64_t EndOf(std::uint64_t size) { return size - std::min<std::uint64_t>(size, kEndBytes); }

absl::StatusOr<FileChecksum> Take(const std::string& directory, const std::string& name) {
  const std::string path = absl::StrCat(directory, "/", name);
  const PlainFile file(path, O_RDONLY);
  if (!file.opened()) return FileFailed(path);
  FileChecksum taken{.name = name};
  LAWINE_ASSIGN_OR_RETURN(taken.size, file.Size());
  LAWINE_ASSIGN_OR_RETURN(taken.whole, file.ChecksumOf(0, taken.size));
  LAWINE_ASSIGN_OR_RETURN(taken.end, file.ChecksumOf(EndOf(taken.size), taken.size));
  return taken;
}

absl::Status Replace(const std::string& directory, const std::vector<FileChecksum>& files) {
  return ReplacePlainFile(absl::StrCat(directory, "/", kChecksumsFile), EncodeChecksums(files));
}

// Returns how many.
std::size_t EraseOthers(const std::vector<std::string>& tables, std::vector<FileChecksum>& files) {
  const std::set<std::string> kept(tables.begin(), tables.end());
  return std::erase_if(files, [&](const FileChecksum& file) { return !kept.contains(file.name); });
}

bool ReadHex(absl::string_view text, std::uint32_t& value) {
  const bool lower = text.find_first_not_of("0123456789abcdef") == absl::string_view::npos;
  return text.size() == 8 && lower && absl::SimpleHexAtoi(text, &value);
}

absl::StatusOr<std::uint64_t> CheckFile(const std::string& directory, const FileChecksum& expected,
                                        FilePart part) {
  const std::string path = absl::StrCat(directory, "/", expected.name);
  const PlainFile file(path, O_RDONLY);
  if (!file.opened() && errno == ENOENT) return Damaged(path, "expected this file, found none");
  if (!file.opened()) return FileFailed(path);
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t size, file.Size());
  if (size != expected.size) {
    return Damaged(path, absl::StrCat("expected ", expected.size, " bytes, found ", size));
  }
  const std::uint64_t from = part == FilePart::kWhole ? 0 : EndOf(size);
  LAWINE_ASSIGN_OR_RETURN(const std::uint32_t found, file.ChecksumOf(from, size));
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
    if (absl::StrContains(words[0], '/')) return wrong("a file of another directory");
    file.name = std::string(words[0]);
  }
  return files;
}

absl::Status WriteChecksums(const std::string& directory) {
  std::vector<FileChecksum> files;
  LAWINE_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(directory));
  for (const std::string& name : names) {
    if (!name.ends_with(".sst")) continue;
    LAWINE_ASSIGN_OR_RETURN(files.emplace_back(), Take(directory, name));
  }
  return WritePlainFile(absl::StrCat(directory, "/", kChecksumsFile), EncodeChecksums(files));
}

absl::Status KeepChecksums(const std::string& directory, const std::vector<std::string>& tables) {
  LAWINE_ASSIGN_OR_RETURN(std::vector<FileChecksum> files, ReadChecksums(directory));
  return EraseOthers(tables, files) == 0 ? absl::OkStatus() : Replace(directory, files);
}

absl::Status AddChecksums(const std::string& directory, const std::vector<std::string>& tables) {
  LAWINE_ASSIGN_OR_RETURN(const bool listed, Exists(absl::StrCat(directory, "/", kChecksumsFile)));
  if (!listed) return absl::OkStatus();
  LAWINE_ASSIGN_OR_RETURN(std::vector<FileChecksum> files, ReadChecksums(directory));
  EraseOthers(tables, files);
  std::set<std::string> known;
  for (const FileChecksum& file : files) known.insert(file.name);
  for (const std::string& table : tables) {
    if (!known.insert(table).second) continue;
    LAWINE_ASSIGN_OR_RETURN(const bool there, Exists(absl::StrCat(directory, "/", table)));
    if (!there) continue;
    LAWINE_ASSIGN_OR_RETURN(files.emplace_back(), Take(directory, table));
  }
  std::sort(files.begin(), files.end(),
            [](const FileChecksum& a, const FileChecksum& b) { return a.name < b.name; });
  return Replace(directory, files);
}

absl::StatusOr<std::vector<FileChecksum>> ReadChecksums(const std::string& directory) {
  const absl::StatusOr<std::string> text =
      ReadPlainFile(absl::StrCat(directory, "/", kChecksumsFile), kChecksumsBytesMax);
  if (absl::IsNotFound(text.status())) return std::vector<FileChecksum>();
  LAWINE_RETURN_IF_ERROR(text.status());
  absl::StatusOr<std::vector<FileChecksum>> files = DecodeChecksums(*text);
  if (files.ok()) return files;
  return absl::Status(files.status().code(), absl::StrCat(directory, "/", files.status().message()));
}

absl::StatusOr<std::uint64_t> CheckFiles(const std::string& directory) {
  LAWINE_ASSIGN_OR_RETURN(const std::vector<FileChecksum> files, ReadChecksums(directory));
  std::uint64_t bytes = 0;
  for (const FileChecksum& file : files) {
    LAWINE_ASSIGN_OR_RETURN(const std::uint64_t read, CheckFile(directory, file, FilePart::kWhole));
    bytes += read;
  }
  return bytes;
}

absl::StatusOr<std::uint64_t> CheckEnds(const std::string& directory) {
  LAWINE_ASSIGN_OR_RETURN(const std::vector<FileChecksum> files, ReadChecksums(directory));
  std::uint64_t bytes = 0;
  for (const FileChecksum& file : files) {
    LAWINE_ASSIGN_OR_RETURN(const bool there, Exists(absl::StrCat(directory, "/", file.name)));
    if (!there) continue;
    LAWINE_ASSIGN_OR_RETURN(const std::uint64_t read, CheckFile(directory, file, FilePart::kEnd));
    bytes += read;
  }
  return bytes;
}

}  // namespace lawine
