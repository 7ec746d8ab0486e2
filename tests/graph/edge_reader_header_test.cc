// First rows that are more than rows, and ids that are words.
#include <algorithm>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/graph/edge_reading.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(EdgeReaderHeaderTest, NamesOfColumnsAreSkippedWithAWarning) {
  const ReadResult result = Read(Directed(), "# made by hand\nnode_1,node_2\r\n1,2\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.edges.links.unsorted(), (Rows{{1, 2}}));
  EXPECT_THAT(result.report.warnings, ElementsAre("edges.txt:2: taken as a header: 'node_1,node_2'"));
}

// As pandas writes an index.
TEST(EdgeReaderHeaderTest, AColumnMayHaveNoName) {
  EXPECT_EQ(RowsOf(Directed("ignore,from,to"), ",source,target\n0,1,2\n"), (Rows{{1, 2}}));
}

TEST(EdgeReaderHeaderTest, OnlyTheFirstLineWithDataIsAHeader) {
  EXPECT_THAT(ErrorOf(Directed(), "1 2\nnode_1,node_2\n"), HasSubstr("edges.txt:2: "));
  EXPECT_THAT(ErrorOf(Directed(), "a b\nnode_1,node_2\n"), HasSubstr("edges.txt:2: "));
}

TEST(EdgeReaderHeaderTest, WhatIsNoTextIsNoHeader) {
  EXPECT_EQ(RowsOf(Directed(), "suiveur,abonn\xC3\xA9\n1,2\n"), (Rows{{1, 2}}));
  for (const char* text : {"suiveur,abonn\xE9\n1,2\n", "\xE9\x81,\xFF\x80", "a,\x01\n"}) {
    EXPECT_THAT(ErrorOf(Directed(), text),
                HasSubstr("edges.txt:1: expected integer ids or a header of printable UTF-8, found '"));
  }
}

TEST(EdgeReaderHeaderTest, LettersInOtherColumnsAreNoHeader) {
  EXPECT_EQ(RowsOf(Directed("from,to,ignore"), "1 2 friend\n"), (Rows{{1, 2}}));
  EXPECT_EQ(RowsOf(Strings(Directed()), "ann bob\n").size(), 1u);
}

TEST(EdgeReaderHeaderTest, AnHonestCountIsSkippedSilently) {
  const ReadResult result = Read(Directed("from,to,probability"), "3 2\n0 1 0.5\n1 2 0.5\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.edges.links.unsorted(), (Rows{{0, 1, kHalf}, {1, 2, kHalf}}));
  EXPECT_THAT(result.report.warnings, IsEmpty());
}

TEST(EdgeReaderHeaderTest, ALyingCountIsReported) {
  const ReadResult result = Read(Directed("from,to,probability"), "4 31398\n0 1 0.5\n1 2 0.5\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.report.warnings,
              ElementsAre("edges.txt:1: header says 4 members, the file names 3",
                          "edges.txt:1: header says 31,398 links, the file has 2 rows"));
}

TEST(EdgeReaderHeaderTest, SnapCommentsAreComparedWithTheirOwnFile) {
  EdgeReader reader(Directed());
  reader.BeginFile("a");
  ASSERT_TRUE(reader.Append("# Nodes: 3 Edges: 2\n1 2\n1 9\n").ok());
  ASSERT_TRUE(reader.EndFile().ok());
  reader.BeginFile("b");
  ASSERT_TRUE(reader.Append("# x\n# Nodes: 3 Edges: 948464\n1 1\n").ok());
  ASSERT_TRUE(reader.EndFile().ok());
  EXPECT_THAT(reader.report().warnings, ElementsAre("b:2: comment says 3 members, the file names 1",
                                                    "b:2: comment says 948,464 links, the file has 1 rows"));
  EXPECT_EQ(reader.TakeEdges().links.unsorted(), (Rows{{1, 2}, {1, 9}, {1, 1}}));
}

// A file may have any number of comments; each would be kept, and told.
TEST(EdgeReaderHeaderTest, OfManyCommentsTheFirstOfEachNumberCounts) {
  std::string text = "# Edges: 5\n";
  for (int i = 0; i < 1'000; ++i) text += "# Nodes: 7 Edges: 8\n";
  const ReadResult result = Read(Directed(), text + "1 2\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.report.comments, 1'001u);
  EXPECT_THAT(result.report.warnings, ElementsAre("edges.txt:1: comment says 5 links, the file has 1 rows",
                                                  "edges.txt:2: comment says 7 members, the file names 2"));
  const std::string header = "# Nodes: 2 Edges: 1\n3 1\n1 2 0.5\n";
  EXPECT_THAT(Read(Directed("from,to,probability"), header).report.warnings,
              ElementsAre("edges.txt:2: header says 3 members, the file names 2"))
      << "what the header says is another claim";
}

TEST(EdgeReaderHeaderTest, HeaderLinesAreSkippedWhateverTheyHold) {
  EdgeFormat format = Directed();
  format.header_lines = 2;
  const ReadResult result = Read(format, "34 78\nthis is, no row at all\n0 1\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.edges.links.unsorted(), (Rows{{0, 1}}));
  EXPECT_THAT(result.report.warnings, IsEmpty());
}

TEST(EdgeReaderHeaderTest, ARowThatIsTheCountsOfTheOthersIsReported) {
  const std::string warning =
      "edges.txt:2: read as a row, but the rest of the file has 3 members and 2 rows, as it would say if it "
      "were a header: skip it then (`header_lines` 2)";
  for (const EdgeFormat& format : {Directed(), Undirected()}) {
    const ReadResult result = Read(format, "# by hand\n3 2\n0 1\n1 2\n");
    ASSERT_TRUE(result.status.ok()) << result.status;
    EXPECT_EQ(result.report.rows, 3u) << "it may be a row";
    EXPECT_THAT(result.report.warnings, ElementsAre(warning));
  }
  for (const char* text :
       {"4 2\n0 1\n1 2\n", "3 2\n0 1\n1 2\n2 3\n", "3 3\n0 1\n1 2\n", "0 0\n", "1 2\n2 3\n3 1\n"}) {
    EXPECT_THAT(Read(Directed(), text).report.warnings, IsEmpty()) << text;
  }
}

TEST(EdgeReaderHeaderTest, AFileWithoutRowsIsReported) {
  for (const char* text : {"", "# nothing\n", "\n\n"}) {
    EXPECT_THAT(Read(Directed(), text).report.warnings, ElementsAre("edges.txt: the file has no rows"));
  }
}

TEST(EdgeReaderStringIdTest, KeysAreHashesAndNamesAreKept) {
  const ReadResult result = Read(Strings(Undirected()), "ann,Zo\xC3\xAB\nZo\xC3\xAB 17\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  ASSERT_EQ(result.edges.names.size(), 3u);
  EXPECT_TRUE(std::is_sorted(result.edges.names.begin(), result.edges.names.end()));
  EXPECT_THAT(result.edges.names,
              testing::Contains(std::pair<MemberKey, std::string>(0x0B41BEBA40346EBE, "ann")));
  EXPECT_THAT(result.report.examples,
              ElementsAre("ann and Zo\xC3\xAB reach each other", "Zo\xC3\xAB and 17 reach each other"));
}

TEST(EdgeReaderStringIdTest, WordsForColumnsAreAHeaderAndOtherWordsMembers) {
  const ReadResult result = Read(Strings(Directed()), "Source,TARGET\nalice,bob\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.edges.names.size(), 2u);
  EXPECT_THAT(result.report.warnings, ElementsAre("edges.txt:1: taken as a header: 'Source,TARGET'"));
  const ReadResult tabs = Read(Strings(Directed()), "source\ttarget\nalice\tbob\n");
  EXPECT_EQ(tabs.report.rows, 2u);
  EXPECT_THAT(tabs.report.warnings,
              ElementsAre("edges.txt:1: read as a row: 'source\\ttarget': if it names the columns, skip it "
                          "(`header_lines` 1)"));
  EXPECT_EQ(RowsOf(Strings(Directed()), "source,alice\nalice,to\n").size(), 2u);
  EXPECT_EQ(RowsOf(Strings(Directed()), "alice,bob\nsource,target\n").size(), 2u);
  EdgeFormat skipped = Strings(Directed());
  skipped.header_lines = 1;
  EXPECT_EQ(RowsOf(skipped, "a,b\nsource,target\n").size(), 1u);
}

TEST(EdgeReaderStringIdTest, QuotesAreNoPartOfNamesBetweenCommas) {
  const ReadResult result = Read(Strings(Directed()), "\"Jansen, A.\",bob\n\"bob\",\"the \"\"boss\"\"\"\r\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.report.examples, ElementsAre("Jansen, A. reaches bob", "bob reaches the \"boss\""));
  EXPECT_EQ(RowsOf(Directed(), "\"1\",\"2\"\n"), (Rows{{1, 2}})) << "not a header";
  EXPECT_THAT(ErrorOf(Strings(Directed()), "\"ann,bob\n"),
              HasSubstr("edges.txt:1: expected a closing quote"));
}

TEST(EdgeReaderStringIdTest, RefusesNamesThatAreTooLongOrNotPrintable) {
  EXPECT_EQ(RowsOf(Strings(Directed()), std::string(256, 'x') + " b").size(), 1u);
  EXPECT_THAT(ErrorOf(Strings(Directed()), "a b\n" + std::string(257, 'x') + " b"),
              HasSubstr("edges.txt:2: expected an id of 1 to 256 bytes, found 257 bytes: 'xxx"));
  for (const char* bad :
       {"\x01", "an\x7Fn", "\xE9", "\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_THAT(ErrorOf(Strings(Directed()), std::string("a ") + bad),
                HasSubstr("edges.txt:1: expected an id of printable UTF-8"));
  }
}

// Two strings made to have the same XXH64: undoing its last round is easy.
TEST(EdgeReaderStringIdTest, RefusesTwoNamesWithOneKey) {
  EXPECT_THAT(
      ErrorOf(Strings(Directed()), "ann ghmdfipqiwrukkyi\nxkejjntk69Y5X4J6 ann\n"),
      HasSubstr("edges.txt:2: the ids 'ghmdfipqiwrukkyi' and 'xkejjntk69Y5X4J6' have the same 64-bit key"));
}

}  // namespace
}  // namespace lawine
