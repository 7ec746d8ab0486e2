#include "engine/graph/member_block.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/base/int_codec.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kKeysListed = 1;
constexpr std::uint8_t kNamed = 2;
constexpr std::uint8_t kKeysOnly = 4;
constexpr std::uint8_t kPersons = 8;
constexpr std::uint8_t kAnyOrder = 16;
constexpr std::uint8_t kKeyFlags = kKeysListed | kAnyOrder;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("member block is damaged: ", std::string(what)));
}

// How a block's keys are written.
std::uint8_t KeyFlagsOf(std::span<const MemberKey> keys) {
  if (std::adjacent_find(keys.begin(), keys.end(), std::greater_equal<>()) != keys.end()) return kKeyFlags;
  return keys.back() - keys.front() == keys.size() - 1 ? 0 : kKeysListed;
}

// Gaps wrap where keys are in any order.
bool DecodeKeys(ByteReader& reader, std::uint8_t flags, std::size_t count, std::vector<MemberKey>& keys) {
  MemberKey key = reader.Varint();
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) {
      const std::uint64_t gap = (flags & kKeysListed) ? reader.Varint() : 1;
      if (gap == 0 || ((flags & kAnyOrder) == 0 && key + gap < key)) return false;
      key += gap;
    }
    keys.push_back(key);
  }
  return reader.ok();
}

bool DecodeColumn(ByteReader& reader, std::string_view block, std::size_t count,
                  std::vector<std::uint32_t>& column) {
  const std::size_t before = column.size();
  column.resize(before + count);
  const std::size_t used =
      DecodeInts(block.substr(block.size() - reader.remaining()), std::span(column).subspan(before));
  reader.Bytes(used);
  return used > 0 && reader.ok();
}

bool DecodeBytes(ByteReader& reader, std::size_t count, std::vector<std::uint8_t>& column) {
  const std::string_view bytes = reader.Bytes(count);
  column.insert(column.end(), bytes.begin(), bytes.end());
  return reader.ok();
}

// Version, flags, count and keys: how both kinds of block begin.
void WriteHead(std::span<const MemberKey> keys, std::uint8_t flags, ByteWriter& writer) {
  const std::uint8_t key_flags = KeyFlagsOf(keys);
  writer.U8(kVersion);
  writer.U8(static_cast<std::uint8_t>(flags | key_flags));
  writer.Varint(keys.size());
  writer.Varint(keys.front());
  for (std::size_t i = 1; key_flags != 0 && i < keys.size(); ++i) writer.Varint(keys[i] - keys[i - 1]);
}

struct Head {
  std::uint8_t flags = 0;
  std::size_t count = 0;
};

absl::StatusOr<std::string_view> BodyOf(std::string_view bytes) {
  if (bytes.size() < 8) return Damaged(absl::StrCat("only ", bytes.size(), " bytes"));
  const std::optional<std::string_view> body = WithoutChecksum(bytes);
  if (!body.has_value()) return Damaged("its checksum does not match");
  return *body;
}

absl::StatusOr<Head> ReadHead(ByteReader& reader, std::vector<MemberKey>& keys) {
  Head head;
  const std::uint8_t version = reader.U8();
  if (version != kVersion) return Damaged(absl::StrCat("expected version 1, found ", version));
  head.flags = reader.U8();
  const std::uint64_t count = reader.Varint();
  if (count == 0 || count > limits::kMembersPerBlock) return Damaged("its member count is impossible");
  head.count = count;
  if ((head.flags & kKeyFlags) == kAnyOrder) return Damaged("its keys are in any order and not listed");
  if (!DecodeKeys(reader, head.flags, count, keys)) return Damaged("its keys are not ascending");
  return head;
}

}  // namespace

std::string EncodeMemberBlock(const MemberColumns& members, std::size_t first, std::size_t count) {
  std::string out;
  ByteWriter writer(out);
  const auto flags = static_cast<std::uint8_t>((members.names.empty() ? 0 : kNamed) |
                                               (members.person.empty() ? 0 : kPersons));
  WriteHead(std::span(members.keys).subspan(first, count), flags, writer);
  for (const auto* column : {&members.audience, &members.followees, &members.community}) {
    EncodeInts(std::span(*column).subspan(first, count), out);
  }
  for (const auto* column : {&members.network, &members.account_kind}) {
    writer.Bytes({reinterpret_cast<const char*>(column->data()) + first, count});
  }
  for (std::size_t i = 0; !members.names.empty() && i < count; ++i) writer.Sized(members.names[first + i]);
  if (!members.person.empty()) EncodeInts(std::span(members.person).subspan(first, count), out);
  writer.U32(Crc32c(out));
  return out;
}

absl::Status DecodeMemberBlock(std::string_view bytes, MemberColumns& members) {
  LAWINE_ASSIGN_OR_RETURN(const std::string_view body, BodyOf(bytes));
  ByteReader reader(body);
  LAWINE_ASSIGN_OR_RETURN(const Head head, ReadHead(reader, members.keys));
  if ((head.flags & ~(kKeyFlags | kNamed | kPersons)) != 0)
    return Damaged(absl::StrCat("unknown flags ", head.flags));
  for (auto* column : {&members.audience, &members.followees, &members.community}) {
    if (!DecodeColumn(reader, body, head.count, *column)) return Damaged("a column is cut short");
  }
  if (!DecodeBytes(reader, head.count, members.network) ||
      !DecodeBytes(reader, head.count, members.account_kind)) {
    return Damaged("a column is cut short");
  }
  for (std::size_t i = 0; (head.flags & kNamed) && i < head.count; ++i)
    members.names.emplace_back(reader.Sized());
  if ((head.flags & kPersons) && !DecodeColumn(reader, body, head.count, members.person)) {
    return Damaged("a column is cut short");
  }
  return reader.AtEnd() ? absl::OkStatus() : Damaged("its size does not match its contents");
}

std::string EncodeKeyBlock(std::span<const MemberKey> keys) {
  std::string out;
  ByteWriter writer(out);
  WriteHead(keys, kKeysOnly, writer);
  writer.U32(Crc32c(out));
  return out;
}

absl::Status DecodeKeyBlock(std::string_view bytes, std::vector<MemberKey>& keys) {
  LAWINE_ASSIGN_OR_RETURN(const std::string_view body, BodyOf(bytes));
  ByteReader reader(body);
  LAWINE_ASSIGN_OR_RETURN(const Head head, ReadHead(reader, keys));
  if ((head.flags & ~kKeyFlags) != kKeysOnly) return Damaged("it is not a block of keys");
  return reader.AtEnd() ? absl::OkStatus() : Damaged("its size does not match its contents");
}

}  // namespace lawine
