#include "engine/store/change_record.h"

#include <limits>
#include <optional>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/follower_block.h"

namespace lawine {
namespace {

constexpr std::uint8_t kVersion = 1;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("change record is damaged: ", std::string(what)));
}

void WriteDigest(const Digest& digest, ByteWriter& writer) {
  writer.U64(digest.high);
  writer.U64(digest.low);
}

Digest ReadDigest(ByteReader& reader) {
  Digest digest;
  digest.high = reader.U64();
  digest.low = reader.U64();
  return digest;
}

// A count of things of at least `bytes_min` bytes each, so that a lying one cannot ask for much memory.
absl::StatusOr<std::size_t> ReadCount(ByteReader& reader, std::size_t bytes_min) {
  const std::uint64_t count = reader.Varint();
  if (!reader.ok() || count > reader.remaining() / bytes_min) return Damaged("a count does not fit its size");
  return static_cast<std::size_t>(count);
}

absl::StatusOr<std::uint32_t> ReadNumber(ByteReader& reader) {
  const std::uint64_t number = reader.Varint();
  if (!reader.ok() || number > std::numeric_limits<std::uint32_t>::max())
    return Damaged("a number is too large");
  return static_cast<std::uint32_t>(number);
}

absl::Status ReadLinks(ByteReader& reader, std::vector<ChangedLink>& links) {
  LAWINE_ASSIGN_OR_RETURN(const std::size_t count, ReadCount(reader, 8));
  for (std::size_t i = 0; i < count; ++i) {
    ChangedLink link;
    LAWINE_ASSIGN_OR_RETURN(link.source.value, ReadNumber(reader));
    LAWINE_ASSIGN_OR_RETURN(link.receiver, ReadNumber(reader));
    link.kind = reader.U8();
    const std::uint8_t there = reader.U8();
    link.there = there == 1;
    link.weight = reader.U32();
    if (there > 1) return Damaged("a link is neither there nor gone");
    if (link.weight > kLinkWeightOne) {
      return Damaged(
          absl::StrCat("expected link weights of at most ", kLinkWeightOne, ", found ", link.weight));
    }
    const auto place = [](const ChangedLink& l) { return std::tuple(l.source, l.receiver, l.kind); };
    if (!links.empty() && place(links.back()) >= place(link)) return Damaged("its links are not ascending");
    links.push_back(link);
  }
  return absl::OkStatus();
}

absl::Status ReadAudiences(ByteReader& reader, std::vector<ChangedAudience>& audiences) {
  LAWINE_ASSIGN_OR_RETURN(const std::size_t count, ReadCount(reader, 5));
  for (std::size_t i = 0; i < count; ++i) {
    ChangedAudience audience;
    LAWINE_ASSIGN_OR_RETURN(audience.member, ReadNumber(reader));
    audience.added = static_cast<std::int32_t>(reader.U32());
    if (!audiences.empty() && audiences.back().member >= audience.member) {
      return Damaged("its audiences are not ascending");
    }
    audiences.push_back(audience);
  }
  return absl::OkStatus();
}

absl::Status ReadMembers(ByteReader& reader, std::vector<AddedMember>& members) {
  LAWINE_ASSIGN_OR_RETURN(const std::size_t count, ReadCount(reader, 5));
  for (std::size_t i = 0; i < count; ++i) {
    AddedMember member;
    member.key = reader.Varint();
    LAWINE_ASSIGN_OR_RETURN(member.community, ReadNumber(reader));
    member.network = reader.U8();
    member.account_kind = reader.U8();
    member.name = std::string(reader.Sized());
    members.push_back(std::move(member));
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeChangeRecord(const ChangeRecord& record) {
  std::string out;
  ByteWriter writer(out);
  writer.U8(kVersion);
  writer.Varint(record.graph_version);
  writer.Varint(record.ticket);
  writer.Varint(record.graph_links);
  WriteDigest(record.graph_digest, writer);
  WriteDigest(record.shard_digest_added, writer);
  writer.Varint(record.links.size());
  for (const ChangedLink& link : record.links) {
    writer.Varint(link.source.value);
    writer.Varint(link.receiver);
    writer.U8(link.kind);
    writer.U8(link.there ? 1 : 0);
    writer.U32(link.weight);
  }
  writer.Varint(record.audiences.size());
  for (const ChangedAudience& audience : record.audiences) {
    writer.Varint(audience.member);
    writer.U32(static_cast<std::uint32_t>(audience.added));
  }
  writer.Varint(record.members.size());
  for (const AddedMember& member : record.members) {
    writer.Varint(member.key);
    writer.Varint(member.community);
    writer.U8(member.network);
    writer.U8(member.account_kind);
    writer.Sized(member.name);
  }
  writer.U32(Crc32c(out));
  return out;
}

absl::StatusOr<ChangeRecord> DecodeChangeRecord(std::string_view bytes) {
  if (bytes.size() < 5) return Damaged(absl::StrCat("only ", bytes.size(), " bytes"));
  const std::optional<std::string_view> body = WithoutChecksum(bytes);
  if (!body.has_value()) return Damaged("its checksum does not match");
  ByteReader reader(*body);
  if (const std::uint8_t version = reader.U8(); version != kVersion) {
    return absl::FailedPreconditionError(absl::StrCat("expected a change record of version ", kVersion,
                                                      ", found ", version,
                                                      ": use the version of the programs that wrote it"));
  }
  ChangeRecord record;
  record.graph_version = reader.Varint();
  record.ticket = reader.Varint();
  record.graph_links = reader.Varint();
  record.graph_digest = ReadDigest(reader);
  record.shard_digest_added = ReadDigest(reader);
  LAWINE_RETURN_IF_ERROR(ReadLinks(reader, record.links));
  LAWINE_RETURN_IF_ERROR(ReadAudiences(reader, record.audiences));
  LAWINE_RETURN_IF_ERROR(ReadMembers(reader, record.members));
  if (!reader.AtEnd()) return Damaged("its size does not match its contents");
  return record;
}

}  // namespace lawine
