#include "engine/graph/edge_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/graph/edge_line.h"
#include "engine/graph/key_index.h"
#include "engine/graph/line_reader.h"
#include "engine/graph/line_splitter.h"
#include "engine/graph/link_kind.h"

namespace lawine {
namespace {

constexpr std::size_t kExamplesMax = 3;
constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

struct ColumnWord {
  std::string_view word;
  EdgeColumn column;
};
constexpr std::array<ColumnWord, 8> kColumnWords = {{{"from", EdgeColumn::kFrom},
                                                     {"to", EdgeColumn::kTo},
                                                     {"follower", EdgeColumn::kFollower},
                                                     {"followed", EdgeColumn::kFollowed},
                                                     {"member", EdgeColumn::kMember},
                                                     {"probability", EdgeColumn::kProbability},
                                                     {"kind", EdgeColumn::kKind},
                                                     {"ignore", EdgeColumn::kIgnore}}};

// Where a row has what a link needs.
struct RowShape {
  std::vector<std::size_t> senders, receivers, members, probabilities, kinds;

  explicit RowShape(const std::vector<EdgeColumn>& columns) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const EdgeColumn column = columns[i];
      if (column == EdgeColumn::kFrom || column == EdgeColumn::kFollowed) senders.push_back(i);
      if (column == EdgeColumn::kTo || column == EdgeColumn::kFollower) receivers.push_back(i);
      if (column == EdgeColumn::kMember) members.push_back(i);
      if (column == EdgeColumn::kProbability) probabilities.push_back(i);
      if (column == EdgeColumn::kKind) kinds.push_back(i);
    }
  }
  bool Fits(bool undirected) const {
    const std::size_t directed_ends = undirected ? 0 : 1;
    return senders.size() == directed_ends && receivers.size() == directed_ends &&
           members.size() == (undirected ? 2 : 0) && probabilities.size() <= 1 && kinds.size() <= 1;
  }
  std::size_t from() const { return members.empty() ? senders[0] : members[0]; }
  std::size_t to() const { return members.empty() ? receivers[0] : members[1]; }
  std::size_t probability() const { return probabilities.empty() ? kNoColumn : probabilities[0]; }
  std::size_t kind() const { return kinds.empty() ? kNoColumn : kinds[0]; }
};

// The numbers of members and rows in a first row of two columns are looked for up to so many rows.
constexpr std::uint64_t kClaimedRowsMax = 1'000'000;

// What columns of ends are called where networks are written.
constexpr std::array<std::string_view, 20> kHeaderWords = {
    "source", "target", "from", "to",    "follower", "followed", "followee", "sender", "receiver", "src",
    "dst",    "id",     "node", "node1", "node2",    "node_1",   "node_2",   "member", "user",     "friend"};

bool IsHeaderWord(std::string_view column) {
  const std::string word = absl::AsciiStrToLower({column.data(), column.size()});
  return std::find(kHeaderWords.begin(), kHeaderWords.end(), word) != kHeaderWords.end();
}

bool LooksLikeWord(std::string_view column) {
  if (column.empty()) return false;
  const auto first = static_cast<unsigned char>(column[0]);
  return absl::ascii_isalpha(first) || first == '_' || first == '"' || first == '\'' || first >= 0x80;
}

std::string_view WithoutCarriageReturn(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

LinkColumns ColumnsOf(const EdgeFormat& format) {
  const RowShape shape(format.columns);
  return {.kinds = !shape.kinds.empty(), .weights = !shape.probabilities.empty()};
}

absl::Status OtherColumn(const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(status.message(), ": name the column ignore if it is something else"));
}

const char* ColumnsNoun(std::size_t count) { return count == 1 ? " column" : " columns"; }

}  // namespace

absl::StatusOr<std::vector<EdgeColumn>> ParseEdgeColumns(std::string_view text, bool undirected) {
  std::vector<EdgeColumn> columns;
  for (const std::string_view word : SplitWords(text)) {
    const auto* const known =
        std::find_if(kColumnWords.begin(), kColumnWords.end(),
                     [&](const ColumnWord& candidate) { return candidate.word == word; });
    if (known == kColumnWords.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("`row` does not know the column ", Quoted(word),
                       ": the words are from, to, follower, followed, member, probability, kind, ignore"));
    }
    columns.push_back(known->column);
  }
  const RowShape shape(columns);
  if (shape.Fits(undirected)) return columns;
  const std::string found =
      absl::StrCat(", found ", Quoted(text), ": ", shape.senders.size(), " senders, ", shape.receivers.size(),
                   " receivers, ", shape.members.size(), " members, ", shape.probabilities.size(),
                   " probabilities, ", shape.kinds.size(), " kinds");
  return absl::InvalidArgumentError(
      undirected
          ? absl::StrCat("`row` of undirected links needs two columns called member (as in "
                         "member,member), and at most one probability and kind",
                         found)
          : absl::StrCat("`row` of directed links needs one sender (from or followed) and one receiver "
                         "(to or follower), as in from,to or follower,followed, and at most one "
                         "probability and kind; member is for undirected links",
                         found));
}

class EdgeReader::Impl {
 public:
  Impl(EdgeFormat format, LinkSpool links, LinkColumns columns)
      : format_(std::move(format)), ids_(format_.string_ids) {
    const RowShape shape(format_.columns);
    LAWINE_CHECK(shape.Fits(format_.undirected));
    from_column_ = shape.from();
    to_column_ = shape.to();
    probability_column_ = shape.probability();
    kind_column_ = shape.kind();
    edges_.columns = columns;
    edges_.links = std::move(links);
  }

  void BeginFile(std::string name) {
    LAWINE_CHECK(!file_.has_value());
    file_.emplace(std::move(name));
  }

  absl::Status Append(std::string_view bytes) {
    LAWINE_CHECK(file_.has_value());
    if (failure_.ok()) {
      failure_ = file_->text.Append(bytes, [this](std::string_view line) { return TakeLine(line); });
    }
    return failure_;
  }

  absl::Status EndFile() {
    LAWINE_CHECK(file_.has_value());
    if (failure_.ok()) {
      failure_ = file_->text.Finish([this](std::string_view line) { return TakeLine(line); });
    }
    if (failure_.ok()) CheckClaims();
    file_.reset();
    return failure_;
  }

  const EdgeReport& report() const { return report_; }
  IdTable& ids() { return ids_; }

  EdgeList TakeEdges() {
    edges_.names = ids_.TakeNames();
    return std::move(edges_);
  }

 private:
  // What a header or comment says that the file holds.
  struct LocatedClaim {
    std::string_view says;
    std::uint64_t line = 0;
    EdgeClaim claim;
  };
  // Two numbers where two columns are read: a link, or the numbers of members and rows.
  struct FirstRow {
    FirstRow(std::uint64_t its_line, EdgeClaim its_claim) : line(its_line), claim(its_claim) {}
    std::uint64_t line;
    EdgeClaim claim;
    KeySet others;  // members of the rows after it
  };
  struct File {
    explicit File(std::string name) : text(std::move(name)) {}
    LineReader text;
    std::uint64_t rows = 0;
    bool data_seen = false;
    std::vector<LocatedClaim> claims;
    std::optional<KeySet> members;  // of its rows, where its head says how many there are
    std::optional<FirstRow> first_row;
  };

  absl::Status TakeLine(std::string_view line) {
    ++report_.lines;
    if (file_->text.lines() <= format_.header_lines) return absl::OkStatus();
    const std::size_t begin = ColumnsBegin(line);
    if (begin == line.size()) return absl::OkStatus();
    if (line[begin] == '#' || line[begin] == '%') {
      ++report_.comments;
      if (file_->rows == 0) Claim("comment", ParseClaimComment(line));
      return absl::OkStatus();
    }
    LAWINE_RETURN_IF_ERROR(splitter_.SplitRow(line, format_.columns.size(), columns_));
    const bool is_first = !std::exchange(file_->data_seen, true);
    if (!is_first) return TakeRow();
    LAWINE_ASSIGN_OR_RETURN(const bool is_header, TakeHeader(line));
    return is_header ? absl::OkStatus() : TakeRow();
  }

  // The first of each number counts: comments may go on without end, and every claim may become a warning.
  void Claim(std::string_view says, EdgeClaim claim) {
    for (const LocatedClaim& earlier : file_->claims) {
      if (earlier.says != says) continue;
      if (earlier.claim.members) claim.members.reset();
      if (earlier.claim.links) claim.links.reset();
    }
    if (claim.members && !file_->members) file_->members.emplace();
    if (claim.members || claim.links) file_->claims.push_back({says, file_->text.lines(), claim});
  }

  // Whether the first line with data is names of columns, or "n m", rather than a row.
  absl::StatusOr<bool> TakeHeader(std::string_view line) {
    EdgeClaim claim = {.members = 0, .links = 0};
    if (columns_.size() == 2 && ParseDecimal(columns_[0], *claim.members) &&
        ParseDecimal(columns_[1], *claim.links)) {
      if (format_.columns.size() > 2) {
        Claim("header", claim);
        return true;
      }
      if (!format_.string_ids && *claim.links <= kClaimedRowsMax) {
        file_->first_row.emplace(file_->text.lines(), claim);
      }
      return false;
    }
    if (!NamesColumns()) return false;
    const std::string words = Quoted(WithoutCarriageReturn(line));
    const std::string place = file_->text.At(file_->text.lines());
    // Programs write rows of names with tabs, and without a header.
    if (format_.string_ids && line.find_first_of(",;") == std::string_view::npos) {
      report_.warnings.push_back(absl::StrCat(place, "read as a row: ", words,
                                              ": if it names the columns, skip it (`header_lines` ",
                                              file_->text.lines(), ")"));
      return false;
    }
    for (const std::string_view column : columns_) {
      if (column.empty() || CheckStringId(column).ok()) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("expected integer ids or a header of printable UTF-8, found ", Quoted(column),
                       ": convert the file to UTF-8, or skip the line (`header_lines` 1)"));
    }
    report_.warnings.push_back(absl::StrCat(place, "taken as a header: ", words));
    return true;
  }

  // Letters where integer ids belong; of string ids two words that columns are called by.
  bool NamesColumns() const {
    const auto is = [this](bool (*test)(std::string_view), std::size_t i) {
      return i < columns_.size() && test(columns_[i]);
    };
    if (!format_.string_ids) return is(LooksLikeWord, from_column_) || is(LooksLikeWord, to_column_);
    return format_.header_lines == 0 && is(IsHeaderWord, from_column_) && is(IsHeaderWord, to_column_);
  }

  absl::Status TakeRow() {
    if (columns_.size() != format_.columns.size()) return WrongColumns();
    KeyedLink link;
    LAWINE_ASSIGN_OR_RETURN(link.from, ids_.KeyOf(columns_[from_column_]));
    LAWINE_ASSIGN_OR_RETURN(link.to, ids_.KeyOf(columns_[to_column_]));
    if (edges_.columns.weights) {
      const auto weight = ParseLinkWeight(columns_[probability_column_]);
      if (!weight.ok()) return OtherColumn(weight.status());
      link.weight = *weight;
    }
    if (edges_.columns.kinds) {
      const auto kind = ParseLinkKind(columns_[kind_column_]);
      if (!kind.ok()) return OtherColumn(kind.status());
      link.kind = *kind;
    }
    LAWINE_RETURN_IF_ERROR(edges_.links.Add(link));
    if (file_->members) {
      file_->members->Add(link.from);
      file_->members->Add(link.to);
    }
    ++report_.rows;
    ++file_->rows;
    if (file_->first_row && file_->rows > 1) SetAgainstFirstRow(link);
    if (report_.examples.size() < kExamplesMax) AddExample(link);
    if (!format_.undirected || link.from == link.to) return absl::OkStatus();
    std::swap(link.from, link.to);
    return edges_.links.Add(link);
  }

  // Drops a first row that says less than what follows it.
  void SetAgainstFirstRow(const KeyedLink& link) {
    FirstRow& first = *file_->first_row;
    if (file_->rows - 1 > *first.claim.links) return file_->first_row.reset();
    first.others.Add(link.from);
    first.others.Add(link.to);
  }

  absl::Status WrongColumns() const {
    const std::size_t named = format_.columns.size();
    const char* const ends = format_.undirected ? "member,member" : "from,to";
    std::string names = absl::StrCat(", `row` names ", named, ": ");
    std::string advice = "complete the line, or name only the columns there are";
    if (columns_.size() > named && columns_[named].starts_with('{')) {
      advice = absl::StrCat(
          "what NetworkX's write_edgelist writes after a link is to be ignored where it is {} (`row` ", ends,
          ",ignore), and else left out (data=False)");
    } else if (columns_.size() > named && format_.undirected && named == 2) {
      names = ", `undirected` reads 2: ";
      advice = "name all of them, as in `row` member,member,probability (or kind, or ignore)";
    } else if (columns_.size() > named) {
      advice = "add a name for each (probability, kind or ignore)";
    }
    return absl::InvalidArgumentError(absl::StrCat("line ", file_->text.lines(), " has ", columns_.size(),
                                                   ColumnsNoun(columns_.size()), names, advice));
  }

  void AddExample(const KeyedLink& link) {
    const std::string from(columns_[from_column_]);
    const std::string to(columns_[to_column_]);
    std::string words = format_.undirected ? absl::StrCat(from, " and ", to, " reach each other")
                                           : absl::StrCat(from, " reaches ", to);
    if (edges_.columns.weights) {
      absl::StrAppend(&words, " with probability ",
                      static_cast<double>(link.weight) / static_cast<double>(kLinkWeightOne));
    }
    if (edges_.columns.kinds) {
      absl::StrAppend(&words, ", a link of kind ", LinkKindName(link.kind));
    }
    report_.examples.push_back(std::move(words));
  }

  void CheckClaims() {
    if (file_->rows == 0)
      report_.warnings.push_back(absl::StrCat(file_->text.file_name(), ": the file has no rows"));
    const std::uint64_t members = file_->members ? file_->members->count() : 0;
    for (const LocatedClaim& located : file_->claims) {
      WarnWhenDifferent(located, located.claim.members, " members, the file names ", members, "");
      WarnWhenDifferent(located, located.claim.links, " links, the file has ", file_->rows, " rows");
    }
    if (file_->first_row) WarnOfCounts(*file_->first_row);
  }

  // Whether a first row that was read as a link is the counts of the rest.
  void WarnOfCounts(const FirstRow& first) {
    if (file_->rows < 2 || first.claim.links != file_->rows - 1 ||
        first.claim.members != first.others.count()) {
      return;
    }
    report_.warnings.push_back(absl::StrCat(
        file_->text.At(first.line), "read as a row, but the rest of the file has ",
        WithCommas(*first.claim.members), " members and ", WithCommas(*first.claim.links),
        " rows, as it would say if it were a header: skip it then (`header_lines` ", first.line, ")"));
  }

  void WarnWhenDifferent(const LocatedClaim& located, std::optional<std::uint64_t> claimed, const char* noun,
                         std::uint64_t found, const char* end) {
    if (!claimed || *claimed == found) return;
    report_.warnings.push_back(absl::StrCat(file_->text.At(located.line), std::string(located.says), " says ",
                                            WithCommas(*claimed), noun, WithCommas(found), end));
  }

  const EdgeFormat format_;
  std::size_t from_column_, to_column_, probability_column_, kind_column_;
  absl::Status failure_;  // the first failure: nothing is read after it
  std::optional<File> file_;
  LineSplitter splitter_;
  std::vector<std::string_view> columns_;  // of the line at hand
  IdTable ids_;
  EdgeList edges_;
  EdgeReport report_;
};

EdgeReader::EdgeReader(EdgeFormat format)
    : impl_(std::make_unique<Impl>(format, LinkSpool(), ColumnsOf(format))) {}
EdgeReader::EdgeReader(EdgeFormat format, SpillOptions spill, Executor& executor)
    : impl_(std::make_unique<Impl>(format, LinkSpool(ColumnsOf(format), std::move(spill), executor),
                                   ColumnsOf(format))) {}
EdgeReader::~EdgeReader() = default;
void EdgeReader::BeginFile(std::string file_name) { impl_->BeginFile(std::move(file_name)); }
absl::Status EdgeReader::Append(std::string_view bytes) { return impl_->Append(bytes); }
absl::Status EdgeReader::EndFile() { return impl_->EndFile(); }
const EdgeReport& EdgeReader::report() const { return impl_->report(); }
IdTable& EdgeReader::ids() { return impl_->ids(); }
EdgeList EdgeReader::TakeEdges() { return impl_->TakeEdges(); }

}  // namespace lawine
