// Decompression of a stream that arrives in pieces: gzip (RFC 1952, any number of members), zstd
// (RFC 8878, any number of frames), or plain bytes. Recognised by the first bytes, which the name must not
// contradict. bzip2, xz and zip are known, and refused by name.
#ifndef LAWINE_ENGINE_GRAPH_INFLATER_H_
#define LAWINE_ENGINE_GRAPH_INFLATER_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace lawine {

// Takes decompressed bytes, in order; its failure stops the inflater and is returned.
using ByteSink = absl::FunctionRef<absl::Status(std::string_view bytes)>;

namespace internal {

// One compression format, as a stream.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual absl::Status Decode(std::string_view bytes, ByteSink sink) = 0;
  // Whether the bytes so far could be all of them.
  virtual bool AtEnd() const = 0;
};

}  // namespace internal

// Hands out at most 128 KiB at a time of what was compressed, whatever the ratio. All bytes before damage are
// handed out before it is reported; of zstd those of all blocks before the damaged one, which has 128 KiB at
// most. Use once per stream. Not thread-safe. After an error, only destroy it.
class Inflater {
 public:
  explicit Inflater(std::string file_name) : file_name_(std::move(file_name)) {}

  // DATA_LOSS when compressed bytes are damaged; INVALID_ARGUMENT when the name says that bytes are
  // compressed and they are not, or when bytes or name are of a format that is not read.
  absl::Status Append(std::string_view bytes, ByteSink sink);
  // Ends the stream. DATA_LOSS when it ends inside compressed data.
  absl::Status Finish(ByteSink sink);

 private:
  absl::Status Start(ByteSink sink);

  const std::string file_name_;
  std::string first_bytes_;  // until there are enough to tell the format
  std::unique_ptr<internal::Decoder> decoder_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_INFLATER_H_
