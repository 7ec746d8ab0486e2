#include "engine/graph/member_reader.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/graph/edge_line.h"

namespace lawine {
namespace {

struct ColumnWord {
  std::string_view word;
  MemberColumn column;
};
constexpr std::array<ColumnWord, 5> kColumnWords = {{{"id", MemberColumn::kId},
                                                     {"network", MemberColumn::kNetwork},
                                                     {"community", MemberColumn::kCommunity},
                                                     {"account_kind", MemberColumn::kAccountKind},
                                                     {"name", MemberColumn::kIgnore}}};
constexpr const char* kKnownColumns = "id, network, community, account_kind, and name, which is ignored";

// The separator that `header` has first; a comma when there is none.
char SeparatorOf(std::string_view header) {
  const std::size_t at = header.find_first_of(",;\t");
  return at == std::string_view::npos ? ',' : header[at];
}

absl::StatusOr<std::uint32_t> ParseCommunity(std::string_view text) {
  std::uint64_t number = 0;
  if (ParseDecimal(text, number) && number <= std::numeric_limits<std::uint32_t>::max()) {
    return static_cast<std::uint32_t>(number);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "expected the number of a community, 1 to 4294967295 (0 or nothing: none), found ", Quoted(text)));
}

}  // namespace

void MemberReader::BeginFile(std::string file_name) {
  LAWINE_CHECK(!file_.has_value());
  file_names_.push_back(file_name);
  file_.emplace(std::move(file_name));
  columns_.clear();
}

absl::Status MemberReader::Append(std::string_view bytes) {
  LAWINE_CHECK(file_.has_value());
  if (failure_.ok()) {
    failure_ = file_->Append(bytes, [this](std::string_view line) { return TakeLine(line); });
  }
  return failure_;
}

absl::Status MemberReader::EndFile() {
  LAWINE_CHECK(file_.has_value());
  if (failure_.ok()) failure_ = file_->Finish([this](std::string_view line) { return TakeLine(line); });
  if (failure_.ok() && columns_.empty()) {
    failure_ = absl::InvalidArgumentError(absl::StrCat(file_->At(1),
                                                       "expected a first line that names the columns (",
                                                       kKnownColumns, "), found an empty file"));
  }
  file_.reset();
  return failure_;
}

absl::Status MemberReader::TakeLine(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return absl::OkStatus();
  return columns_.empty() ? TakeHeader(line) : TakeMember(line);
}

absl::Status MemberReader::TakeHeader(std::string_view line) {
  separator_ = SeparatorOf(line);
  LAWINE_RETURN_IF_ERROR(splitter_.SplitCsv(line, separator_, values_));
  std::vector<MemberColumn> columns;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const auto* const known = std::find_if(kColumnWords.begin(), kColumnWords.end(),
                                           [&](const ColumnWord& word) { return word.word == values_[i]; });
    if (known == kColumnWords.end()) {
      return absl::InvalidArgumentError(absl::StrCat("expected columns named ", kKnownColumns, "; found ",
                                                     Quoted(values_[i]), ": rename or remove it"));
    }
    if (std::find(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(i), values_[i]) !=
        values_.begin() + static_cast<std::ptrdiff_t>(i)) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected each column once, found two named ", Quoted(values_[i])));
    }
    columns.push_back(known->column);
  }
  if (std::find(columns.begin(), columns.end(), MemberColumn::kId) == columns.end()) {
    return absl::InvalidArgumentError(absl::StrCat("expected a column named id, found ", Quoted(line),
                                                   ": name the columns in the first line"));
  }
  columns_ = std::move(columns);
  return absl::OkStatus();
}

absl::Status MemberReader::TakeMember(std::string_view line) {
  LAWINE_RETURN_IF_ERROR(splitter_.SplitCsv(line, separator_, values_));
  if (values_.size() != columns_.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected ", columns_.size(), " values, one a column, found ", values_.size(), " in ", Quoted(line)));
  }
  KeyedProfile profile;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i] == MemberColumn::kId) {
      LAWINE_ASSIGN_OR_RETURN(profile.key, ids_.KeyOf(values_[i]));
    } else if (!values_[i].empty()) {
      LAWINE_RETURN_IF_ERROR(SetValue(columns_[i], values_[i], profile));
    }
  }
  const auto [entry, is_new] =
      seen_.try_emplace(profile.key, Place{.file = file_names_.size() - 1, .line = file_->lines()});
  if (!is_new) {
    return absl::InvalidArgumentError(absl::StrCat("expected each member once, found the one of ",
                                                   file_names_[entry->second.file], ":", entry->second.line,
                                                   " again: keep one of the lines"));
  }
  profiles_.push_back(profile);
  return absl::OkStatus();
}

absl::Status MemberReader::SetValue(MemberColumn column, std::string_view value, KeyedProfile& profile) {
  if (column == MemberColumn::kNetwork) {
    LAWINE_ASSIGN_OR_RETURN(profile.network, ParseNetwork(value));
  } else if (column == MemberColumn::kCommunity) {
    LAWINE_ASSIGN_OR_RETURN(profile.community, ParseCommunity(value));
  } else if (column == MemberColumn::kAccountKind) {
    LAWINE_ASSIGN_OR_RETURN(profile.account_kind, ParseAccountKind(value));
  }
  return absl::OkStatus();
}

}  // namespace lawine
