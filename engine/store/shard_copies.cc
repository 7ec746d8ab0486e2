#include "engine/store/shard_copies.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "engine/base/crc32c.h"
#include "engine/base/status_macros.h"
#include "engine/store/file_checksums.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;

// The list of what has arrived, in the format of CHECKSUMS (without ends of files), beside it.
constexpr char kArrivedFile[] = "ARRIVED";
constexpr std::size_t kArrivedBytesMax = 1u << 24;

bool IsPlainName(const std::string& name) {
  const bool plain = !name.empty() && name.size() <= 128 && name[0] != '.' &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                              c == '-' || c == '_' || c == '.';
                     });
  return plain && name != kArrivedFile;
}

// Files of an earlier arrival that was finished; none when there was none.
std::vector<ShardFile> Arrived(const std::string& directory) {
  const auto text = ReadPlainFile(absl::StrCat(directory, "/", kArrivedFile), kArrivedBytesMax);
  if (!text.ok()) return {};
  const auto listed = DecodeChecksums(*text);
  std::vector<ShardFile> files;
  for (const FileChecksum& file : listed.value_or(std::vector<FileChecksum>())) {
    files.push_back({.name = file.name, .size = file.size, .crc32c = file.whole});
  }
  return files;
}

}  // namespace

absl::Status CheckShardFiles(const std::vector<ShardFile>& files) {
  if (files.size() > kShardFilesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at most ", kShardFilesMax, " files of a shard, found ", files.size()));
  }
  std::set<std::string> names;
  std::uint64_t left = kShardFileBytesMax;
  for (const ShardFile& file : files) {
    if (!IsPlainName(file.name) || !names.insert(file.name).second) {
      return absl::InvalidArgumentError("a shard's list has a file whose name is none, or is there twice");
    }
    if (file.size > left) return absl::InvalidArgumentError("files of a shard are larger than any can be");
    left -= file.size;
  }
  return absl::OkStatus();
}

std::uint64_t BytesOf(const std::vector<ShardFile>& files) {
  std::uint64_t bytes = 0;
  for (const ShardFile& file : files) bytes += file.size;
  return bytes;
}

absl::StatusOr<std::unique_ptr<ShardCheckpoint>> ShardCheckpoint::Of(const std::string& directory) {
  std::unique_ptr<ShardCheckpoint> checkpoint(new ShardCheckpoint(directory));
  LAWINE_RETURN_IF_ERROR(checkpoint->List());
  return checkpoint;
}

ShardCheckpoint::~ShardCheckpoint() {
  std::error_code ignored;  // what is left is removed when the worker starts again
  fs::remove_all(directory_, ignored);
}

absl::Status ShardCheckpoint::List() {
  LAWINE_ASSIGN_OR_RETURN(const std::vector<FileChecksum> checksums, ReadChecksums(directory_));
  std::map<std::string, const FileChecksum*> known;
  for (const FileChecksum& file : checksums) known[file.name] = &file;
  LAWINE_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(directory_));
  for (const std::string& name : names) {
    ShardFile file{.name = name};
    if (const auto it = known.find(file.name); it != known.end()) {
      file.size = it->second->size;
      file.crc32c = it->second->whole;
    } else {
      const PlainFile opened(absl::StrCat(directory_, "/", name), O_RDONLY);
      if (!opened.opened()) return FileFailed(absl::StrCat(directory_, "/", name));
      LAWINE_ASSIGN_OR_RETURN(file.size, opened.Size());
      LAWINE_ASSIGN_OR_RETURN(file.crc32c, opened.ChecksumOf(0, file.size));
    }
    files_.push_back(std::move(file));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ShardCheckpoint::Read(std::size_t file, std::uint64_t from,
                                                  std::size_t count) const {
  const std::string path = absl::StrCat(directory_, "/", files_[file].name);
  const PlainFile opened(path, O_RDONLY);
  if (!opened.opened()) return FileFailed(path);
  return opened.Read(from, count);
}

absl::StatusOr<std::unique_ptr<ShardArrival>> ShardArrival::Begin(const std::string& directory,
                                                                  const std::vector<ShardFile>& files) {
  LAWINE_RETURN_IF_ERROR(CheckShardFiles(files));
  std::error_code error;
  fs::create_directories(directory, error);
  LAWINE_RETURN_IF_ERROR(FromErrorCode(error, directory));
  std::unique_ptr<ShardArrival> arrival(new ShardArrival(directory, files));
  LAWINE_RETURN_IF_ERROR(arrival->LookAtWhatIsThere());
  return arrival;
}

absl::Status ShardArrival::LookAtWhatIsThere() {
  const std::vector<ShardFile> known = Arrived(directory_);
  std::set<std::string> wanted = {kArrivedFile};
  for (const ShardFile& file : files_) wanted.insert(file.name);
  LAWINE_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(directory_));
  std::vector<std::string> others;
  for (const std::string& name : names) {
    if (!wanted.contains(name)) others.push_back(absl::StrCat(directory_, "/", name));
  }
  for (std::size_t i = 0; i < files_.size(); ++i) LAWINE_RETURN_IF_ERROR(LookAt(i, known));
  const bool whole = std::all_of(states_.begin(), states_.end(), [](State s) { return s == State::kWhole; });
  if (!whole || !others.empty()) LAWINE_RETURN_IF_ERROR(ForgetArrived(directory_));
  for (const std::string& other : others) {
    std::error_code error;
    fs::remove_all(other, error);
    LAWINE_RETURN_IF_ERROR(FromErrorCode(error, other));
  }
  return GoOn();
}

// A file of the right size is whole when it is known to be, or its checksum says so and it is on the disk:
// what an earlier arrival wrote need not be. After a sync that failed bytes may read well and never reach the
// disk: such a file goes, so that it comes again.
absl::Status ShardArrival::LookAt(std::size_t file, const std::vector<ShardFile>& known) {
  const ShardFile& wanted = files_[file];
  const PlainFile found(PathOf(file), O_RDONLY);
  if (!found.opened() && errno == ENOENT) return absl::OkStatus();
  if (!found.opened()) return FileFailed(PathOf(file));
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t size, found.Size());
  bool whole = size == wanted.size && std::find(known.begin(), known.end(), wanted) != known.end();
  if (size == wanted.size && !whole) {
    LAWINE_ASSIGN_OR_RETURN(const std::uint32_t crc, found.ChecksumOf(0, size));
    whole = crc == wanted.crc32c;
    if (const absl::Status synced = whole ? found.Sync() : absl::OkStatus(); !synced.ok()) {
      std::error_code ignored;  // the failure tells more
      fs::remove(PathOf(file), ignored);
      return synced;
    }
  }
  states_[file] = whole ? State::kWhole : size < wanted.size ? State::kPartly : State::kMissing;
  if (whole) bytes_arrived_ += wanted.size;
  return absl::OkStatus();
}

// Finds the next file that is not whole, and where in it to go on.
absl::Status ShardArrival::OpenNext() {
  open_ = nullptr;
  while (at_ < files_.size() && states_[at_] == State::kWhole) ++at_;
  offset_ = 0;
  crc_ = 0;
  if (at_ == files_.size()) return absl::OkStatus();
  from_the_first_ = states_[at_] == State::kMissing;
  const int fresh = from_the_first_ ? O_TRUNC : 0;
  open_ = std::make_unique<PlainFile>(PathOf(at_), O_RDWR | O_CREAT | fresh);
  if (!open_->opened()) return FileFailed(PathOf(at_));
  LAWINE_ASSIGN_OR_RETURN(offset_, open_->Size());
  bytes_arrived_ += offset_;
  return absl::OkStatus();
}

absl::Status ShardArrival::GoOn() {
  for (;;) {
    LAWINE_RETURN_IF_ERROR(OpenNext());
    if (at_ == files_.size() || offset_ < files_[at_].size) return absl::OkStatus();
    LAWINE_RETURN_IF_ERROR(CheckWhole());  // an empty one
  }
}

std::optional<ShardArrival::Place> ShardArrival::next() const {
  if (at_ == files_.size()) return std::nullopt;
  return Place{.file = at_, .offset = offset_};
}

absl::Status ShardArrival::Append(std::string_view bytes) {
  if (at_ == files_.size() || bytes.size() > files_[at_].size - offset_) {
    return absl::InvalidArgumentError(
        absl::StrCat(directory_, ": more bytes come than the list of files says"));
  }
  LAWINE_RETURN_IF_ERROR(open_->Write(bytes, offset_));
  crc_ = Crc32c(bytes, crc_);
  offset_ += bytes.size();
  bytes_arrived_ += bytes.size();
  if (offset_ < files_[at_].size) return absl::OkStatus();
  absl::Status status = CheckWhole();
  status.Update(GoOn());
  return status;
}

// Durable before it is whole. Where it cannot be read, or made so, all of it comes again, see LookAt.
absl::Status ShardArrival::CheckWhole() {
  const ShardFile& file = files_[at_];
  const absl::StatusOr<std::uint32_t> crc =
      from_the_first_ ? absl::StatusOr<std::uint32_t>(crc_) : open_->ChecksumOf(0, file.size);
  const bool sound = crc.ok() && *crc == file.crc32c;
  const absl::Status durable = sound ? open_->Sync() : crc.status();
  if (sound && durable.ok()) {
    states_[at_] = State::kWhole;
    return absl::OkStatus();
  }
  bytes_arrived_ -= file.size;
  states_[at_] = State::kMissing;
  if (!durable.ok()) return durable;
  if (!from_the_first_) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat(
      "%s: expected checksum %08x of %d bytes, found %08x: what was sent is damaged, see lawine "
      "graph verify",
      file.name, file.crc32c, file.size, *crc));
}

absl::Status ShardArrival::Finish() {
  LAWINE_CHECK(!next().has_value());
  LAWINE_ASSIGN_OR_RETURN(const bool arrived, HasArrived(directory_));
  return arrived ? absl::OkStatus() : MarkArrived(directory_, files_);
}

absl::StatusOr<bool> HasArrived(const std::string& directory) {
  return Exists(absl::StrCat(directory, "/", kArrivedFile));
}

absl::Status ForgetArrived(const std::string& directory) {
  std::error_code error;
  if (!fs::remove(absl::StrCat(directory, "/", kArrivedFile), error)) return FromErrorCode(error, directory);
  return SyncDirectory(directory);
}

absl::Status MarkArrived(const std::string& directory, const std::vector<ShardFile>& known) {
  std::vector<FileChecksum> listed;
  for (const ShardFile& file : known) {
    listed.push_back({.name = file.name, .size = file.size, .whole = file.crc32c, .end = 0});
  }
  LAWINE_RETURN_IF_ERROR(SyncDirectory(directory));
  return ReplacePlainFile(absl::StrCat(directory, "/", kArrivedFile), EncodeChecksums(listed));
}

}  // namespace lawine
