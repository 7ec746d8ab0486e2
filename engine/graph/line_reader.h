// Lines of a text file that arrives in pieces, compressed or not.
#ifndef LAWINE_ENGINE_GRAPH_LINE_READER_H_
#define LAWINE_ENGINE_GRAPH_LINE_READER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "engine/graph/inflater.h"

namespace lawine {

inline constexpr std::uint32_t kTextLineBytesMax = 64 << 10;

// Takes a line without its line feed; its failure stops the reader and is returned.
using LineSink = absl::FunctionRef<absl::Status(std::string_view line)>;

// Errors, also those of the sink, are returned with file and line before them. After an error, only
// destroy it. Not thread-safe.
class LineReader {
 public:
  // The name is used in messages, and says what it does of compression.
  explicit LineReader(std::string file_name) : file_name_(std::move(file_name)), inflater_(file_name_) {}

  // The next bytes of the file. INVALID_ARGUMENT for a line of more than kTextLineBytesMax bytes, and for
  // plain bytes under a name that ends in .gz or .zst; DATA_LOSS when compressed bytes are damaged: the line
  // named is then the last one read.
  absl::Status Append(std::string_view bytes, LineSink sink);
  // Ends the file; what stands after the last line feed is a line too. DATA_LOSS when it ends inside
  // compressed data.
  absl::Status Finish(LineSink sink);

  const std::string& file_name() const { return file_name_; }
  // Lines handed out, the one in the sink's hands included.
  std::uint64_t lines() const { return lines_; }
  // "friends.txt:17: ".
  std::string At(std::uint64_t line) const;

 private:
  absl::Status TakeText(std::string_view bytes, LineSink sink);
  absl::Status TakeLine(std::string_view line, LineSink sink);
  absl::Status Located(const absl::Status& status) const;

  const std::string file_name_;
  Inflater inflater_;
  std::string partial_line_;
  std::uint64_t lines_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_LINE_READER_H_
