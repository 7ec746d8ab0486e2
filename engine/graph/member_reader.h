// Reads member attributes: comma-separated files whose first line names the columns.
//
//   id,network,community,account_kind,name
//   17,hyves,4,ambassador,"Jansen, A."
//
// `id` is needed, the others may be left out or left empty; `name` is ignored. Networks and account kinds
// are written as in profile.h, communities as numbers from 1. Columns may be parted by ',', ';' or tabs
// (whichever the first line has), values may stand in double quotes, plain or compressed files as for edge
// lists.
#ifndef LAWINE_ENGINE_GRAPH_MEMBER_READER_H_
#define LAWINE_ENGINE_GRAPH_MEMBER_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "engine/graph/edge_list.h"
#include "engine/graph/id_table.h"
#include "engine/graph/line_reader.h"
#include "engine/graph/line_splitter.h"

namespace lawine {

enum class MemberColumn : std::uint8_t { kId, kNetwork, kCommunity, kAccountKind, kIgnore };

// Push parser, like EdgeReader: BeginFile, Append, EndFile; several files may follow each other. After an
// error nothing more is read, and every call returns that error. Not thread-safe.
class MemberReader {
 public:
  // `ids` outlives the reader.
  explicit MemberReader(IdTable& ids) : ids_(ids) {}

  // `file_name` as for edge lists.
  void BeginFile(std::string file_name);
  // INVALID_ARGUMENT names file and line: unknown, repeated or missing columns, lines with more or fewer
  // values than there are columns, values that are none, a member for the second time.
  absl::Status Append(std::string_view bytes);
  absl::Status EndFile();

  std::uint64_t members_count() const { return profiles_.size(); }
  // In the order of lines. Call once, last.
  std::vector<KeyedProfile> TakeProfiles() { return std::move(profiles_); }

 private:
  absl::Status TakeLine(std::string_view line);
  absl::Status TakeHeader(std::string_view line);
  absl::Status TakeMember(std::string_view line);
  static absl::Status SetValue(MemberColumn column, std::string_view value, KeyedProfile& profile);

  IdTable& ids_;
  absl::Status failure_;  // the first failure: nothing is read after it
  std::optional<LineReader> file_;
  char separator_ = ',';
  std::vector<MemberColumn> columns_;  // of the file at hand; empty before its first line
  LineSplitter splitter_;
  std::vector<std::string_view> values_;  // of the line at hand
  struct Place {
    std::size_t file = 0;
    std::uint64_t line = 0;
  };
  std::vector<std::string> file_names_;
  absl::flat_hash_map<MemberKey, Place> seen_;
  std::vector<KeyedProfile> profiles_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_MEMBER_READER_H_
