// Lines of text files parted into columns: rows of edge lists, and lines of comma-separated files (RFC 4180).
#ifndef LAWINE_ENGINE_GRAPH_LINE_SPLITTER_H_
#define LAWINE_ENGINE_GRAPH_LINE_SPLITTER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace lawine {

// Where the first column of an edge list's line begins; the line's size when there is none.
std::size_t ColumnsBegin(std::string_view line);

// Values in double quotes may hold separators and blanks, and two quotes for one; they end in their line.
// What is returned are views into the line or into the splitter, good until the next call. INVALID_ARGUMENT
// when a quoted value does not end, or when something follows its end. Not thread-safe.
class LineSplitter {
 public:
  // Replaces `values` by what stands between separators, without the blanks around it.
  absl::Status SplitCsv(std::string_view line, char separator, std::vector<std::string_view>& values);

  // Replaces `columns` by the columns of an edge list's row. Where a comma or semicolon stands outside
  // quotes, the first one parts the row as in SplitCsv, and empty columns count. Otherwise columns are parted
  // by white space, as much as there is: values may be quoted where some of it is a tab, quotes are part of
  // names where there are none but blanks, and what follows `columns_count` columns from '#' on is a comment
  // (as NetworkX has it).
  absl::Status SplitRow(std::string_view line, std::size_t columns_count,
                        std::vector<std::string_view>& columns);

 private:
  absl::Status SplitSeparated(std::string_view line, std::size_t columns_count,
                              std::vector<std::string_view>& columns);
  absl::Status SplitCells(std::string_view line, char separator, std::string_view around,
                          std::vector<std::string_view>& values);
  absl::Status SplitBlanks(std::string_view line, std::size_t columns_count, bool quotes,
                           std::vector<std::string_view>& columns);
  absl::Status TakeQuoted(std::string_view& rest, std::vector<std::string_view>& values);

  // Quoted values of the line at hand, one after the other. As large as the line from the start: views stay.
  std::string unquoted_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_LINE_SPLITTER_H_
