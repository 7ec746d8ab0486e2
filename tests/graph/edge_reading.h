// Edge lists read at once, as tests of the reader want them.
#ifndef LAWINE_TESTS_GRAPH_EDGE_READING_H_
#define LAWINE_TESTS_GRAPH_EDGE_READING_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/edge_reader.h"
#include "gtest/gtest.h"

namespace lawine {

using Rows = std::vector<KeyedLink>;

inline constexpr std::uint32_t kHalf = kLinkWeightOne / 2;

inline EdgeFormat Directed(std::string_view row = "from,to") {
  return {.columns = ParseEdgeColumns(row, /*undirected=*/false).value()};
}
inline EdgeFormat Undirected(std::string_view row = "member,member") {
  return {.undirected = true, .columns = ParseEdgeColumns(row, /*undirected=*/true).value()};
}
inline EdgeFormat Strings(EdgeFormat format) {
  format.string_ids = true;
  return format;
}

struct ReadResult {
  absl::Status status;
  EdgeReport report;
  EdgeList edges;

  std::string error() const { return std::string(status.message()); }
};

inline ReadResult Read(const EdgeFormat& format, std::string_view text,
                       std::size_t piece_bytes = std::string::npos) {
  EdgeReader reader(format);
  reader.BeginFile("edges.txt");
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, piece_bytes);
    if (!reader.Append(piece).ok()) break;
    text.remove_prefix(piece.size());
  }
  const absl::Status status = reader.EndFile();
  return {status, reader.report(), reader.TakeEdges()};
}

inline Rows RowsOf(const EdgeFormat& format, std::string_view text) {
  ReadResult result = Read(format, text);
  EXPECT_TRUE(result.status.ok()) << result.status;
  return result.edges.links.unsorted();
}

inline std::string ErrorOf(const EdgeFormat& format, std::string_view text) {
  const ReadResult result = Read(format, text);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kInvalidArgument) << result.status;
  return result.error();
}

}  // namespace lawine

#endif  // LAWINE_TESTS_GRAPH_EDGE_READING_H_
