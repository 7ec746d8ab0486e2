#include "engine/graph/inflater.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";
constexpr std::size_t kOutputBytes = 128 << 10;
// zlib counts input in 32 bits.
constexpr std::size_t kGzipInputBytesMax = 1 << 30;
// inflateInit2: window of 32 KiB, and expect a gzip header.
constexpr int kGzipWindowBits = 15 + 16;
// Before each block of zstd (RFC 8878, section 3.1.1.2).
constexpr std::size_t kZstdBlockHeaderBytes = 3;

class PlainDecoder final : public internal::Decoder {
 public:
  absl::Status Decode(std::string_view bytes, ByteSink sink) override { return sink(bytes); }
  bool AtEnd() const override { return true; }
};

class GzipDecoder final : public internal::Decoder {
 public:
  GzipDecoder() : output_(kOutputBytes) { LAWINE_CHECK(inflateInit2(&stream_, kGzipWindowBits) == Z_OK); }
  ~GzipDecoder() override { inflateEnd(&stream_); }

  absl::Status Decode(std::string_view bytes, ByteSink sink) override {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kGzipInputBytesMax))) {
      LAWINE_RETURN_IF_ERROR(DecodePiece(bytes.substr(0, kGzipInputBytesMax), sink));
    }
    return absl::OkStatus();
  }
  bool AtEnd() const override { return member_ended_; }

 private:
  absl::Status DecodePiece(std::string_view bytes, ByteSink sink) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.avail_out = 0;
    // A full output may leave more behind, even when all input is taken.
    while (stream_.avail_in > 0 || (stream_.avail_out == 0 && !member_ended_)) {
      if (member_ended_) inflateReset(&stream_);
      stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
      stream_.avail_out = static_cast<uInt>(output_.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      LAWINE_RETURN_IF_ERROR(sink({output_.data(), output_.size() - stream_.avail_out}));
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        return absl::DataLossError(absl::StrCat(
            "damaged gzip data (", stream_.msg ? stream_.msg : "no detail", "): get the file again"));
      }
      member_ended_ = code == Z_STREAM_END;
    }
    return absl::OkStatus();
  }

  z_stream stream_ = {};
  std::vector<char> output_;
  bool member_ended_ = false;
};

class ZstdDecoder final : public internal::Decoder {
 public:
  ZstdDecoder() : stream_(ZSTD_createDStream(), ZSTD_freeDStream), output_(kOutputBytes) {
    LAWINE_CHECK(stream_ != nullptr);
  }

  absl::Status Decode(std::string_view bytes, ByteSink sink) override {
    bool output_full = false;
    while (!bytes.empty() || (output_full && !frame_ended_)) {
      ZSTD_inBuffer in = {bytes.data(), std::min(bytes.size(), NextInputBytes()), 0};
      ZSTD_outBuffer out = {output_.data(), output_.size(), 0};
      const std::size_t code = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(code)) {
        return absl::DataLossError(
            absl::StrCat("damaged zstd data (", ZSTD_getErrorName(code), "): get the file again"));
      }
      bytes.remove_prefix(in.pos);
      asked_for_ = code;
      frame_ended_ = code == 0;
      output_full = out.pos == out.size;
      LAWINE_RETURN_IF_ERROR(sink({output_.data(), out.pos}));
    }
    return absl::OkStatus();
  }
  bool AtEnd() const override { return frame_ended_; }

 private:
  // Of what a call has made before it comes upon damage zstd tells nothing. So no call gets more than one
  // block: what zstd asks for, without the header of the block after it.
  std::size_t NextInputBytes() const {
    return asked_for_ > kZstdBlockHeaderBytes ? asked_for_ - kZstdBlockHeaderBytes : kZstdBlockHeaderBytes;
  }

  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_;
  std::vector<char> output_;
  std::size_t asked_for_ = 0;  // by zstd, of input
  bool frame_ended_ = false;
};

absl::Status NotCompressed(const char* format, const char* ending) {
  return absl::InvalidArgumentError(
      absl::StrCat("this is not ", format, " data though its name ends in ", ending,
                   ": rename the file if it is text, get it again if it is not"));
}

// Formats that are not read.
struct OtherFormat {
  const char* name;
  std::string_view magic;
  std::string_view ending;
};
constexpr std::array<OtherFormat, 3> kOtherFormats = {
    {{"bzip2", "BZh", ".bz2"}, {"xz", "\xfd\x37\x7a\x58", ".xz"}, {"zip", "PK\x03\x04", ".zip"}}};

absl::Status CheckFormatIsRead(std::string_view first_bytes, std::string_view file_name) {
  for (const OtherFormat& format : kOtherFormats) {
    const bool named = file_name.ends_with(format.ending);
    // After bzip2's three bytes comes its block size, a digit.
    const bool marked =
        first_bytes.size() == kZstdMagic.size() && first_bytes.starts_with(format.magic) &&
        (format.magic.size() == first_bytes.size() || absl::ascii_isdigit(first_bytes.back()));
    if (!named && !marked) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("expected text, gzip or zstd, found ", marked ? "" : "a name of ", format.name, " data",
                     ": decompress the file, or compress it with gzip or zstd"));
  }
  return absl::OkStatus();
}

absl::Status CheckPlainName(std::string_view file_name) {
  if (file_name.ends_with(".gz")) return NotCompressed("gzip", ".gz");
  if (file_name.ends_with(".zst")) return NotCompressed("zstd", ".zst");
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<internal::Decoder>> DecoderFor(std::string_view first_bytes,
                                                              std::string_view file_name) {
  if (first_bytes.starts_with(kGzipMagic)) return std::make_unique<GzipDecoder>();
  if (first_bytes.starts_with(kZstdMagic)) return std::make_unique<ZstdDecoder>();
  LAWINE_RETURN_IF_ERROR(CheckFormatIsRead(first_bytes, file_name));
  LAWINE_RETURN_IF_ERROR(CheckPlainName(file_name));
  return std::make_unique<PlainDecoder>();
}

}  // namespace

absl::Status Inflater::Start(ByteSink sink) {
  LAWINE_ASSIGN_OR_RETURN(decoder_, DecoderFor(first_bytes_, file_name_));
  return decoder_->Decode(first_bytes_, sink);
}

absl::Status Inflater::Append(std::string_view bytes, ByteSink sink) {
  if (decoder_ == nullptr) {
    const std::string_view needed = bytes.substr(0, kZstdMagic.size() - first_bytes_.size());
    first_bytes_.append(needed);
    bytes.remove_prefix(needed.size());
    if (first_bytes_.size() < kZstdMagic.size()) return absl::OkStatus();
    LAWINE_RETURN_IF_ERROR(Start(sink));
  }
  return bytes.empty() ? absl::OkStatus() : decoder_->Decode(bytes, sink);
}

absl::Status Inflater::Finish(ByteSink sink) {
  if (decoder_ == nullptr) LAWINE_RETURN_IF_ERROR(Start(sink));
  if (decoder_->AtEnd()) return absl::OkStatus();
  return absl::DataLossError("the compressed data ends early: the file is cut off, get it again");
}

}  // namespace lawine
