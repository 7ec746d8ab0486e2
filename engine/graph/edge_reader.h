// Reads SNAP-style edge lists: text, gzip or zstd; '#' or '%' comments; white space, or a comma or semicolon,
// between columns (LineSplitter::SplitRow); integer or string ids.
#ifndef LAWINE_ENGINE_GRAPH_EDGE_READER_H_
#define LAWINE_ENGINE_GRAPH_EDGE_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/graph/edge_list.h"
#include "engine/graph/id_table.h"

namespace lawine {

// What a column of a row means.
enum class EdgeColumn : std::uint8_t {
  kFrom,  // messages of this member reach the other
  kTo,
  kFollower,     // same as kTo, in the words of follower networks
  kFollowed,     // same as kFrom
  kMember,       // undirected: a friend
  kProbability,  // the link's probability, 0 to 1
  kKind,         // the link's kind, see link_kind.h
  kIgnore,
};

struct EdgeFormat {
  // Both directions of every row. Columns are then kMember, kMember and optional others.
  bool undirected = false;
  std::vector<EdgeColumn> columns = {};
  bool string_ids = false;
  std::uint32_t header_lines = 0;  // lines to skip at the start of each file, whatever they hold
};

// Parses "follower,followed", "from,to,probability,kind", "member,member,ignore". INVALID_ARGUMENT says which
// words are known and that exactly one sender and one receiver (or, undirected, two members) are needed.
absl::StatusOr<std::vector<EdgeColumn>> ParseEdgeColumns(std::string_view text, bool undirected);

struct EdgeReport {
  std::uint64_t lines = 0;  // of all files, with comments, headers and blank lines
  std::uint64_t comments = 0;
  std::uint64_t rows = 0;
  std::vector<std::string> examples;  // up to three rows in words: "17 reaches 42"
  std::vector<std::string> warnings;  // e.g. a header whose counts are not the file's
};

// Push parser: BeginFile, then the bytes of the file as they arrive, in pieces of any size, compressed or
// not (recognised by their first bytes), then EndFile. Files may follow each other; all rows go to one
// EdgeList. After an error nothing more is read, and every call returns that error. Not thread-safe.
//
// The first line with data may be a header. Names of columns (letters where integer ids belong, printable
// UTF-8; of string ids, where no header_lines were skipped, two words such as source and target with a comma
// or semicolon between them) are skipped with a warning; parted by white space, such words are read, with
// one. Two integers where `row` names more columns are the numbers of members and rows: they are compared
// with the file's at its end, and so are those that SNAP comments above the first row say first, as in
// "# Nodes: 5 Edges: 4". Where `row` names two columns, such a line looks like any row: it is read as one,
// with a warning where the rest of the file (of at most a million rows) has exactly these numbers;
// header_lines skips it.
class EdgeReader {
 public:
  // Keeps all rows in memory. REQUIRES: format.columns as ParseEdgeColumns returns them for
  // format.undirected.
  explicit EdgeReader(EdgeFormat format);
  // Keeps rows where `spill` says, see link_spool.h; `executor` outlives the reader and its edges.
  EdgeReader(EdgeFormat format, SpillOptions spill, Executor& executor);
  ~EdgeReader();
  EdgeReader(const EdgeReader&) = delete;
  EdgeReader& operator=(const EdgeReader&) = delete;

  // `file_name` is used in messages; bytes that are not compressed must not be named .gz or .zst.
  void BeginFile(std::string file_name);
  // INVALID_ARGUMENT names file and line, what was expected, what was found, what to do; RESOURCE_EXHAUSTED:
  // the disk is full.
  absl::Status Append(std::string_view bytes);
  // DATA_LOSS when the compressed data ends early (and from Append when it is damaged: the line named is
  // then the last one read).
  absl::Status EndFile();

  const EdgeReport& report() const;
  // Ids read so far, for readers of other files about the same members.
  IdTable& ids();
  // All rows read so far, and the names of all ids. Call once, last.
  EdgeList TakeEdges();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_EDGE_READER_H_
