// Any bytes, cut anywhere, checksums repaired, are read as a file that adds up or are refused; the same in
// one part as in many.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/crc32c.h"
#include "engine/store/graph_file.h"
#include "tests/fuzz/fuzz_input.h"

namespace lawine {
namespace {

// What a file says, and whether it adds up.
class Noted final : public GraphFileVisitor {
 public:
  absl::Status OnHead(const GraphFileHead& head) override {
    LAWINE_CHECK(text_.empty() && head.shards > 0);
    text_ = head.name;
    text_ += '/';
    text_ += std::to_string(head.shards);
    return absl::OkStatus();
  }
  absl::Status OnShard(ShardIndex shard, const std::vector<ShardFile>& files) override {
    LAWINE_CHECK(left_ == 0 && CheckShardFiles(files).ok());
    left_ = BytesOf(files);
    text_ += '/';
    text_ += std::to_string(shard.value);
    text_ += ':';
    text_ += std::to_string(left_);
    return absl::OkStatus();
  }
  absl::Status OnData(std::string_view bytes) override {
    LAWINE_CHECK(!bytes.empty() && bytes.size() <= left_);
    left_ -= bytes.size();
    text_ += bytes;
    return absl::OkStatus();
  }
  absl::Status OnShardEnd(ShardIndex) override {
    LAWINE_CHECK(left_ == 0);
    return absl::OkStatus();
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::uint64_t left_ = 0;
};

bool Read(std::string_view bytes, std::size_t part, std::string& text) {
  Noted noted;
  GraphFileReader reader(noted);
  absl::Status status;
  for (std::size_t at = 0; status.ok() && at < bytes.size(); at += part) {
    status = reader.Append(bytes.substr(at, part));
  }
  if (status.ok()) status = reader.Finish();
  text = noted.text();
  return status.ok();
}

void CheckBytes(std::string_view bytes) {
  std::string whole, parts;
  const bool good = Read(bytes, bytes.size() + 1, whole);
  LAWINE_CHECK(good == Read(bytes, 7, parts) && whole == parts);
}

std::string Sealed(std::string record) {
  ByteWriter(record).U32(Crc32c(record));
  return record;
}

// Records whose payloads the input makes.
std::string Made(FuzzInput& input) {
  std::string bytes =
      EncodeGraphFileHead({.name = "g", .digest = {}, .shards = 1 + input.U8() % 3u, .bytes = 5});
  for (int records = input.U8() % 6; records > 0; --records) {
    std::string record;
    ByteWriter writer(record);
    writer.U8(static_cast<std::uint8_t>("GSDE"[input.U8() % 4]));
    std::string payload;
    for (int left = input.U8() % 24; left > 0; --left) payload.push_back(static_cast<char>(input.U8()));
    writer.U32(static_cast<std::uint32_t>(payload.size()));
    writer.Bytes(payload);
    bytes += Sealed(record);
  }
  return bytes;
}

std::string Example() {
  return EncodeGraphFileHead({.name = "hyves", .digest = {.high = 1, .low = 2}, .shards = 2, .bytes = 9}) +
         EncodeGraphFileShard(ShardIndex(0), {{"a.sst", 5, 7}, {"CURRENT", 0, 0}}) +
         EncodeGraphFileData("abc") + EncodeGraphFileData("de") +
         EncodeGraphFileShard(ShardIndex(1), {{"b.sst", 4, 7}}) + EncodeGraphFileData("wxyz") +
         EncodeGraphFileEnd(9);
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  CheckBytes(input.Rest());
  std::string text;
  std::string bytes = Example();
  LAWINE_CHECK(Read(bytes, 3, text));
  for (int changes = 1 + input.U8() % 4; changes > 0; --changes) Damage(input, bytes);
  CheckBytes(bytes);
  CheckBytes(Made(input));
  return 0;
}
