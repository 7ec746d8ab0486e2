#include "engine/graph/line_splitter.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Columns = std::vector<std::string>;

Columns Row(std::string_view line, std::size_t columns_count = 2) {
  LineSplitter splitter;
  std::vector<std::string_view> columns;
  EXPECT_TRUE(splitter.SplitRow(line, columns_count, columns).ok()) << line;
  return {columns.begin(), columns.end()};
}

std::string RowError(std::string_view line) {
  LineSplitter splitter;
  std::vector<std::string_view> columns;
  const absl::Status status = splitter.SplitRow(line, 2, columns);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << line;
  return std::string(status.message());
}

TEST(SplitRowTest, WhiteSpaceIsOneSeparatorHoweverMuchThereIs) {
  EXPECT_THAT(Row("  3\t\t4  \r"), ElementsAre("3", "4"));
  EXPECT_THAT(Row("1 2 0.5"), ElementsAre("1", "2", "0.5"));
  EXPECT_THAT(Row(" \t\r"), IsEmpty());
}

TEST(SplitRowTest, BetweenCommasAndSemicolonsEmptyColumnsCount) {
  EXPECT_THAT(Row("0,1,Directed,0,,0.5"), ElementsAre("0", "1", "Directed", "0", "", "0.5"));
  EXPECT_THAT(Row("0,1,"), ElementsAre("0", "1", ""));
  EXPECT_THAT(Row(";1"), ElementsAre("", "1"));
  EXPECT_THAT(Row(" 9 ,;\t10 "), ElementsAre("9", "10"));
}

TEST(SplitRowTest, TheFirstSeparatorPartsTheRowAndBlanksStandInNames) {
  EXPECT_THAT(Row("Ann B,Bob"), ElementsAre("Ann B", "Bob"));
  EXPECT_THAT(Row("1;2;a, b"), ElementsAre("1", "2", "a, b"));
}

TEST(SplitRowTest, QuotedColumnsHoldSeparatorsBlanksAndQuotes) {
  EXPECT_THAT(Row(R"("Jansen, A.","say ""hi""")"), ElementsAre("Jansen, A.", "say \"hi\""));
  EXPECT_THAT(Row(R"("a;b,c" ; "d";e)"), ElementsAre("a;b,c", "d", "e"));
}

TEST(SplitRowTest, BetweenTabsColumnsMayBeQuoted) {
  EXPECT_THAT(Row("\"Ann B\"\t\"Bob, C\"\t0.5\r", 3), ElementsAre("Ann B", "Bob, C", "0.5"));
}

TEST(SplitRowTest, BetweenBlanksQuotesArePartsOfNames) {
  EXPECT_THAT(Row("\"ann\" o\"neil"), ElementsAre("\"ann\"", "o\"neil"));
  EXPECT_THAT(Row("\"ann b\""), ElementsAre("\"ann", "b\""));
}

TEST(SplitRowTest, QuotesEndAndNothingFollowsThem) {
  EXPECT_THAT(RowError("\"ann,bob"), HasSubstr("expected a closing quote before the end of the line"));
  EXPECT_THAT(RowError("\"ann\tbob"), HasSubstr("expected a closing quote"));
  EXPECT_THAT(RowError("\"ann\"x,bob"),
              HasSubstr("expected a separator after the closing quote, found 'x,bob'"));
  EXPECT_THAT(RowError("\"ann\"x\tbob"), HasSubstr("expected a separator after the closing quote"));
}

TEST(SplitRowTest, ACommentMayFollowTheColumnsOfWhiteSpace) {
  EXPECT_THAT(Row("1 2 # in, line"), ElementsAre("1", "2"));
  EXPECT_THAT(Row("1\t2\t#x"), ElementsAre("1", "2"));
  EXPECT_THAT(Row("\"a\"\tb # x"), ElementsAre("a", "b"));
  EXPECT_THAT(Row("ann #topic"), ElementsAre("ann", "#topic"));
  EXPECT_THAT(Row("1,2 # no"), ElementsAre("1", "2 # no"));
}

TEST(SplitCsvTest, TrimsBlanksOutsideQuotesAlone) {
  LineSplitter splitter;
  std::vector<std::string_view> values;
  ASSERT_TRUE(splitter.SplitCsv("a , \" b \" ,,c\r", ',', values).ok());
  EXPECT_THAT(values, ElementsAre("a", " b ", "", "c"));
  ASSERT_TRUE(splitter.SplitCsv("x y\t\t\"z\"", '\t', values).ok());
  EXPECT_THAT(values, ElementsAre("x y", "", "z"));
}

TEST(ColumnsBeginTest, IsBehindWhiteSpaceAndSeparators) {
  EXPECT_EQ(ColumnsBegin(" ,\t# x"), 3u);
  EXPECT_EQ(ColumnsBegin(",;\r"), 3u);
  EXPECT_EQ(ColumnsBegin(""), 0u);
}

}  // namespace
}  // namespace lawine
