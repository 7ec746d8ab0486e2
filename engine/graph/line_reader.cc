#include "engine/graph/line_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

}  // namespace

absl::Status LineReader::Append(std::string_view bytes, LineSink sink) {
  return Located(inflater_.Append(bytes, [&](std::string_view text) { return TakeText(text, sink); }));
}

absl::Status LineReader::Finish(LineSink sink) {
  absl::Status status = inflater_.Finish([&](std::string_view text) { return TakeText(text, sink); });
  if (status.ok() && !partial_line_.empty()) status = TakeLine(partial_line_, sink);
  return Located(status);
}

std::string LineReader::At(std::uint64_t line) const { return absl::StrCat(file_name_, ":", line, ": "); }

absl::Status LineReader::Located(const absl::Status& status) const {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(At(std::max<std::uint64_t>(lines_, 1)), status.message()));
}

absl::Status LineReader::TakeText(std::string_view bytes, LineSink sink) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, newline);
    if (partial_line_.size() + piece.size() > kTextLineBytesMax) {
      ++lines_;
      return absl::InvalidArgumentError(
          absl::StrCat("expected a line of at most ", kTextLineBytesMax,
                       " bytes, found a longer one: is this a text file with one row a line?"));
    }
    if (newline == std::string_view::npos) {
      partial_line_.append(piece);
      return absl::OkStatus();
    }
    if (partial_line_.empty()) {
      LAWINE_RETURN_IF_ERROR(TakeLine(piece, sink));
    } else {
      partial_line_.append(piece);
      LAWINE_RETURN_IF_ERROR(TakeLine(partial_line_, sink));
      partial_line_.clear();
    }
    bytes.remove_prefix(newline + 1);
  }
  return absl::OkStatus();
}

absl::Status LineReader::TakeLine(std::string_view line, LineSink sink) {
  if (++lines_ == 1 && line.starts_with(kUtf8Mark)) line.remove_prefix(kUtf8Mark.size());
  return sink(line);
}

}  // namespace lawine
