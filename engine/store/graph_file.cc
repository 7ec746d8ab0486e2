#include "engine/store/graph_file.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/crc32c.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/store/shard_manifest.h"

namespace lawine {
namespace {

constexpr std::string_view kMagic = "LAWINE-G";
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kStartBytes = 12;
constexpr std::size_t kBeforePayload = 5;
constexpr std::size_t kAfterPayload = 4;

std::string Record(char kind, std::string_view payload) {
  std::string record;
  ByteWriter writer(record);
  writer.U8(static_cast<std::uint8_t>(kind));
  writer.U32(static_cast<std::uint32_t>(payload.size()));
  writer.Bytes(payload);
  writer.U32(Crc32c(record));
  return record;
}

}  // namespace

std::string EncodeGraphFileHead(const GraphFileHead& head) {
  std::string start(kMagic);
  ByteWriter(start).U32(kVersion);
  std::string payload;
  ByteWriter writer(payload);
  writer.Sized(head.name);
  writer.U64(head.digest.high);
  writer.U64(head.digest.low);
  writer.Varint(head.shards);
  writer.Varint(head.bytes);
  writer.Varint(head.graph_version);
  writer.U64(head.made_digest.high);
  writer.U64(head.made_digest.low);
  return start + Record('G', payload);
}

std::string EncodeGraphFileShard(ShardIndex shard, const std::vector<ShardFile>& files) {
  std::string payload;
  ByteWriter writer(payload);
  writer.Varint(shard.value);
  writer.Varint(files.size());
  for (const ShardFile& file : files) {
    writer.Sized(file.name);
    writer.Varint(file.size);
    writer.U32(file.crc32c);
  }
  return Record('S', payload);
}

std::string EncodeGraphFileData(std::string_view bytes) {
  LAWINE_CHECK(!bytes.empty() && bytes.size() <= kGraphFileDataMax);
  return Record('D', bytes);
}

std::string EncodeGraphFileEnd(std::uint64_t bytes) {
  std::string payload;
  ByteWriter(payload).Varint(bytes);
  return Record('E', payload);
}

absl::Status GraphFileReader::Damaged(std::string_view what) const {
  return absl::DataLossError(absl::StrCat("the file is damaged at byte ", at_, ": ",
                                          absl::string_view(what.data(), what.size()),
                                          ": use another backup"));
}

absl::Status GraphFileReader::Append(std::string_view bytes) {
  buffer_.append(bytes);
  std::size_t taken = 0;
  const auto rest = [&] { return std::string_view(buffer_).substr(taken); };
  const std::uint64_t begin = at_;
  if (expects_ == Expects::kStart && buffer_.size() >= kStartBytes) {
    LAWINE_RETURN_IF_ERROR(TakeStart());
    taken = kStartBytes;
    at_ = begin + taken;
  }
  while (expects_ != Expects::kStart && rest().size() >= kBeforePayload) {
    ByteReader reader(rest());
    const std::uint8_t kind = reader.U8();
    const std::uint32_t size = reader.U32();
    if (size > kGraphFilePayloadMax) return Damaged(absl::StrCat("a record of ", size, " bytes"));
    const std::size_t whole = kBeforePayload + size + kAfterPayload;
    if (rest().size() < whole) break;
    const std::string_view payload = reader.Bytes(size);
    const std::uint32_t expected = reader.U32();
    if (const std::uint32_t found = Crc32c(rest().substr(0, whole - kAfterPayload)); found != expected) {
      return Damaged(absl::StrFormat("expected checksum %08x of %d bytes, found %08x", expected,
                                     whole - kAfterPayload, found));
    }
    LAWINE_RETURN_IF_ERROR(TakeRecord(kind, payload));
    taken += whole;
    at_ = begin + taken;
  }
  buffer_.erase(0, taken);
  return absl::OkStatus();
}

absl::Status GraphFileReader::TakeStart() {
  ByteReader reader(buffer_);
  if (reader.Bytes(kMagic.size()) != kMagic) {
    return absl::FailedPreconditionError(
        "this is no backup of a graph: expected a file that begins with LAWINE-G");
  }
  version_ = reader.U32();
  if (version_ < 1 || version_ > kVersion) {
    return absl::FailedPreconditionError(absl::StrCat("expected a backup of format version 1 to ", kVersion,
                                                      ", found ", version_,
                                                      ": use the version that wrote it"));
  }
  expects_ = Expects::kHead;
  return absl::OkStatus();
}

absl::Status GraphFileReader::TakeRecord(std::uint8_t kind, std::string_view payload) {
  if (expects_ == Expects::kHead && kind == 'G') return TakeHead(payload);
  if (expects_ == Expects::kShard && kind == 'S') return TakeShard(payload);
  if (expects_ == Expects::kData && kind == 'D') return TakeData(payload);
  if (expects_ == Expects::kEnd && kind == 'E') return TakeEnd(payload);
  return Damaged("a record that does not belong there");
}

absl::Status GraphFileReader::TakeHead(std::string_view payload) {
  ByteReader reader(payload);
  head_.name = std::string(reader.Sized());
  head_.digest.high = reader.U64();
  head_.digest.low = reader.U64();
  const std::uint64_t shards = reader.Varint();
  head_.bytes = reader.Varint();
  head_.made_digest = head_.digest;
  if (version_ > 1) {
    head_.graph_version = reader.Varint();
    head_.made_digest.high = reader.U64();
    head_.made_digest.low = reader.U64();
  }
  if (!reader.AtEnd() || shards < 1 || shards > limits::kShardsMax || !CheckGraphName(head_.name).ok()) {
    return Damaged("expected a graph, its name and shards");
  }
  head_.shards = static_cast<std::uint32_t>(shards);
  expects_ = Expects::kShard;
  return visitor_.OnHead(head_);
}

absl::Status GraphFileReader::TakeShard(std::string_view payload) {
  ByteReader reader(payload);
  const std::uint64_t shard = reader.Varint();
  const std::uint64_t count = reader.Varint();
  if (shard != shard_ || count > kShardFilesMax) return Damaged(absl::StrCat("expected shard ", shard_));
  std::vector<ShardFile> files;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    ShardFile& file = files.emplace_back();
    file.name = std::string(reader.Sized());
    file.size = reader.Varint();
    file.crc32c = reader.U32();
  }
  if (!reader.AtEnd() || !CheckShardFiles(files).ok()) return Damaged("expected the files of a shard");
  shard_left_ = BytesOf(files);
  expects_ = Expects::kData;
  LAWINE_RETURN_IF_ERROR(visitor_.OnShard(ShardIndex(shard_), files));
  return EndShardIfWhole();
}

absl::Status GraphFileReader::TakeData(std::string_view payload) {
  if (payload.empty() || payload.size() > kGraphFileDataMax || payload.size() > shard_left_) {
    return Damaged(absl::StrCat("expected at most ", shard_left_, " bytes of shard ", shard_, ", found ",
                                payload.size()));
  }
  shard_left_ -= payload.size();
  bytes_ += payload.size();
  LAWINE_RETURN_IF_ERROR(visitor_.OnData(payload));
  return EndShardIfWhole();
}

absl::Status GraphFileReader::EndShardIfWhole() {
  if (shard_left_ > 0) return absl::OkStatus();
  LAWINE_RETURN_IF_ERROR(visitor_.OnShardEnd(ShardIndex(shard_)));
  ++shard_;
  expects_ = shard_ < head_.shards ? Expects::kShard : Expects::kEnd;
  return absl::OkStatus();
}

absl::Status GraphFileReader::TakeEnd(std::string_view payload) {
  ByteReader reader(payload);
  const std::uint64_t bytes = reader.Varint();
  if (!reader.AtEnd() || bytes != bytes_ || bytes != head_.bytes) {
    return Damaged(
        absl::StrCat("expected the end after ", head_.bytes, " bytes of files, found it after ", bytes_));
  }
  expects_ = Expects::kNothing;
  return absl::OkStatus();
}

absl::Status GraphFileReader::Finish() const {
  if (expects_ == Expects::kNothing && buffer_.empty()) return absl::OkStatus();
  if (expects_ == Expects::kNothing) return Damaged("something follows the end");
  if (bytes_taken() == 0) return absl::DataLossError("the file is empty: use another backup");
  return absl::DataLossError(absl::StrCat("the file is cut off after ", bytes_taken(), " bytes: ", bytes_,
                                          " of ", head_.bytes,
                                          " bytes of the graph have come: use another backup"));
}

}  // namespace lawine
