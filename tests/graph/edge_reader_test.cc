#include "engine/graph/edge_reader.h"

#include <zstd.h>

#include <algorithm>

#include "engine/graph/follower_block.h"
#include "engine/graph/line_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/graph/edge_reading.h"
#include "tests/support/gzip.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
  return out;
}

// A few hundred kilobytes: more than a decoder hands out at once.
std::string ManyRows() {
  TestRandom random(1);
  std::string text = "# random rows\r\n\n";
  for (int i = 0; i < 20'000; ++i) {
    text += std::to_string(random.Below(100'000)) + "\t" + std::to_string(random.Next()) + "\r\n";
  }
  return text;
}

TEST(EdgeColumnsTest, KnowsTheWordsOfBothKinds) {
  EXPECT_THAT(ParseEdgeColumns("follower,followed", false).value(),
              ElementsAre(EdgeColumn::kFollower, EdgeColumn::kFollowed));
  EXPECT_THAT(ParseEdgeColumns("ignore, to, from, probability", false).value(),
              ElementsAre(EdgeColumn::kIgnore, EdgeColumn::kTo, EdgeColumn::kFrom, EdgeColumn::kProbability));
  EXPECT_THAT(ParseEdgeColumns("member,member,ignore", true).value(),
              ElementsAre(EdgeColumn::kMember, EdgeColumn::kMember, EdgeColumn::kIgnore));
}

TEST(EdgeColumnsTest, RefusesWhatDoesNotMakeALink) {
  EXPECT_THAT(
      std::string(ParseEdgeColumns("from,too", false).status().message()),
      HasSubstr("does not know the column 'too': the words are from, to, follower, followed, member"));
  for (const char* row : {"", "from", "from,from", "from,follower,to", "member,member", "from,followed",
                          "from,to,probability,probability"}) {
    EXPECT_THAT(std::string(ParseEdgeColumns(row, false).status().message()),
                HasSubstr("needs one sender (from or followed) and one receiver (to or follower)"))
        << row;
  }
  for (const char* row : {"", "member", "from,to", "member,member,member", "member,member,from"}) {
    EXPECT_THAT(std::string(ParseEdgeColumns(row, true).status().message()),
                HasSubstr("two columns called member"))
        << row;
  }
}

TEST(EdgeReaderTest, ReadsRowsInTheMeaningTheyAreGiven) {
  EXPECT_EQ(RowsOf(Directed("from,to"), "17 42\n"), (Rows{{17, 42}}));
  EXPECT_EQ(RowsOf(Directed("follower,followed"), "17 42\n"), (Rows{{42, 17}}));
  EXPECT_EQ(RowsOf(Directed("ignore,to,ignore,from"), "x 17 -1.5 42\n"), (Rows{{42, 17}}));
  EXPECT_EQ(RowsOf(Undirected(), "17 42\n"), (Rows{{17, 42}, {42, 17}}));
}

TEST(EdgeReaderTest, TakesAnySeparatorsCommentsBlankLinesAndLineEnds) {
  const std::string_view text = "\xEF\xBB\xBF# one\r\n1 2\r\n\r\n  3\t\t4  \n5,6\n7; 8\n% two\n\n 9 ,;\t10";
  const ReadResult result = Read(Directed(), text);
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.edges.links.unsorted(), (Rows{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}}));
  EXPECT_EQ(result.report.lines, 9u);
  EXPECT_EQ(result.report.comments, 2u);
  EXPECT_EQ(result.report.rows, 5u);
  EXPECT_THAT(result.report.warnings, IsEmpty());
}

TEST(EdgeReaderTest, IdsAreAllOf64Bits) {
  EXPECT_EQ(RowsOf(Directed(), "0 18446744073709551615\n00000000000000000000000007 1\n"),
            (Rows{{0, ~MemberKey{0}}, {7, 1}}));
}

TEST(EdgeReaderTest, BadIdsAreReportedWithFileAndLine) {
  const std::string expected = "edges.txt:3: expected an integer id, 0 to 18446744073709551615, found ";
  const std::string advice = ": use `string_ids` if members have names";
  EXPECT_EQ(ErrorOf(Directed(), "1 2\n\n3 -4\n"), expected + "'-4', which is negative" + advice);
  EXPECT_EQ(ErrorOf(Directed(), "# c\n1 2\n18446744073709551616 4"),
            expected + "'18446744073709551616', which is too large" + advice);
  EXPECT_EQ(ErrorOf(Directed(), "1 2\r\n1 2\r\n1.5 4\r\n"),
            expected + "'1.5', which is not a plain whole number" + advice);
  EXPECT_EQ(ErrorOf(Directed(), "1 2\n1 2\n3 ann\n"), expected + "'ann', which is not a number" + advice);
  EXPECT_EQ(ErrorOf(Directed(), "1 2\n1 2\n3 4\xFF\n"),
            expected + "'4\\xff', which is not a number" + advice);
}

TEST(EdgeReaderTest, EveryColumnNeedsAName) {
  EXPECT_EQ(
      ErrorOf(Directed(), "\n\n\n\n\n\n1 2 3\n"),
      "edges.txt:7: line 7 has 3 columns, `row` names 2: add a name for each (probability, kind or ignore)");
  EXPECT_EQ(ErrorOf(Directed("from,to,probability"), "1 2 0.5\n1\n"),
            "edges.txt:2: line 2 has 1 column, `row` names 3: complete the line, or name only the columns "
            "there are");
}

TEST(EdgeReaderTest, SaysHowToNameTheColumnsOfFriendships) {
  EXPECT_EQ(ErrorOf(Undirected(), "1 2 0.5\n"),
            "edges.txt:1: line 1 has 3 columns, `undirected` reads 2: name all of them, as in `row` "
            "member,member,probability (or kind, or ignore)");
}

TEST(EdgeReaderTest, KnowsWhatNetworkXWritesAfterALink) {
  EXPECT_THAT(ErrorOf(Directed(), "0 1 {}\n"),
              HasSubstr("`row` names 2: what NetworkX's write_edgelist writes after a link is to be ignored "
                        "where it is {} (`row` from,to,ignore), and else left out (data=False)"));
  EXPECT_THAT(ErrorOf(Undirected(), "0 1 {'weight': 3}\n"), HasSubstr("`row` member,member,ignore"));
  EXPECT_EQ(RowsOf(Directed("from,to,ignore"), "0 1 {}\n"), (Rows{{0, 1}}));
}

TEST(EdgeReaderTest, CommentsMayFollowARow) {
  EXPECT_EQ(RowsOf(Directed(), "1 2 # as, of 2008\n3 4\n"), (Rows{{1, 2}, {3, 4}}));
  EXPECT_EQ(RowsOf(Directed("from,to,probability"), "1 2 1 #\n"), (Rows{{1, 2, kLinkWeightOne}}));
}

TEST(EdgeReaderTest, EmptyColumnsCountBetweenCommas) {
  EXPECT_EQ(RowsOf(Directed("from,to,ignore,ignore,ignore,probability"), "0,1,Directed,0,,0.5\n"),
            (Rows{{0, 1, kHalf}}));
  EXPECT_THAT(ErrorOf(Directed("from,to,probability"), "0,1,\n0,2,0.5\n"),
              HasSubstr("edges.txt:1: expected a probability, a decimal number from 0 to 1, found ''"));
  EXPECT_EQ(RowsOf(Directed(), "1,2\n,\n"), (Rows{{1, 2}})) << "a row of nothing is none";
}

TEST(EdgeReaderTest, ProbabilitiesBecomeTheNearestWeight) {
  const EdgeFormat format = Directed("from,to,probability");
  const ReadResult result = Read(format, "1 2 0\n1 3 1\n1 4 0.5\n1 5 0.1\n1 6 1e-1\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_TRUE(result.edges.columns.weights);
  EXPECT_EQ(result.edges.links.unsorted(),
            (Rows{{1, 2, 0}, {1, 3, kLinkWeightOne}, {1, 4, kHalf}, {1, 5, 214748365}, {1, 6, 214748365}}));
  EXPECT_THAT(result.report.examples,
              ElementsAre("1 reaches 2 with probability 0", "1 reaches 3 with probability 1",
                          "1 reaches 4 with probability 0.5"));
  for (const char* bad : {"1.1", "-0.1", "nan", "inf", "0x1", "0.5p", "half"}) {
    EXPECT_EQ(ErrorOf(format, std::string("1 2 ") + bad),
              std::string("edges.txt:1: expected a probability, a decimal number from 0 to 1, found '") +
                  bad + "': name the column ignore if it is something else");
  }
}

TEST(EdgeReaderTest, SaysTheFirstThreeRowsInWords) {
  EXPECT_THAT(Read(Directed(), "17 42\n1 2\n3 4\n5 6\n").report.examples,
              ElementsAre("17 reaches 42", "1 reaches 2", "3 reaches 4"));
  EXPECT_THAT(Read(Directed("follower,followed"), "17 42\n").report.examples, ElementsAre("42 reaches 17"));
  EXPECT_THAT(Read(Undirected("member,member,probability"), "17 42 0.1\n").report.examples,
              ElementsAre("17 and 42 reach each other with probability 0.1"));
}

TEST(EdgeReaderTest, UndirectedRowsCountTheirSelfLinksOnceAndTheirDuplicatesInLinks) {
  ReadResult result = Read(Undirected(), "1 2\n2 1\n3 3\n1 2\n");
  ASSERT_TRUE(result.status.ok());
  EXPECT_EQ(result.report.rows, 4u);
  EdgeListCounts counts;
  const auto source = MakeEdgeListSource(std::move(result.edges), counts);
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->members_count(), 3u);
  EXPECT_EQ(counts.self_links_dropped, 1u);
  EXPECT_EQ(counts.duplicates_dropped, 4u);
}

TEST(EdgeReaderStreamTest, AnyChunkingGivesTheSame) {
  const std::string text = "# Nodes: 9 Edges: 9\r\n10 200\r\n\n3000,4\n5 6";
  for (const std::string& bytes : {text, Gzip(text), Zstd(text)}) {
    const ReadResult whole = Read(Directed(), bytes);
    ASSERT_TRUE(whole.status.ok()) << whole.status;
    EXPECT_EQ(whole.edges.links.unsorted(), (Rows{{10, 200}, {3000, 4}, {5, 6}}));
    for (std::size_t piece_bytes = 1; piece_bytes < bytes.size(); ++piece_bytes) {
      const ReadResult pieces = Read(Directed(), bytes, piece_bytes);
      EXPECT_TRUE(pieces.status.ok()) << pieces.status;
      EXPECT_EQ(pieces.edges.links.unsorted(), whole.edges.links.unsorted());
      EXPECT_EQ(pieces.report.lines, whole.report.lines);
      EXPECT_EQ(pieces.report.warnings, whole.report.warnings);
    }
  }
}

TEST(EdgeReaderStreamTest, CompressedAndPlainFilesGiveTheSame) {
  const std::string text = ManyRows();
  const Rows expected = RowsOf(Directed(), text);
  EXPECT_EQ(expected.size(), 20'000u);
  EXPECT_EQ(RowsOf(Directed(), Gzip(text)), expected);
  EXPECT_EQ(RowsOf(Directed(), Zstd(text)), expected);
  const std::size_t half = text.size() / 2;
  EXPECT_EQ(RowsOf(Directed(), Gzip(text.substr(0, half)) + Gzip("") + Gzip(text.substr(half))), expected);
  EXPECT_EQ(RowsOf(Directed(), Zstd(text.substr(0, half)) + Zstd(text.substr(half))), expected);
}

// Highly compressible and a multiple of what a decoder hands out at once: output fills up exactly.
TEST(EdgeReaderStreamTest, OutputThatFillsTheBufferExactlyIsComplete) {
  const std::string text(std::size_t{4} << 17, '\n');
  for (const std::string& bytes : {Gzip(text), Zstd(text)}) {
    const ReadResult result = Read(Directed(), bytes, 7);
    EXPECT_TRUE(result.status.ok()) << result.status;
    EXPECT_EQ(result.report.lines, text.size());
  }
}

void ExpectCutOff(std::string_view bytes) {
  const ReadResult result = Read(Directed(), bytes);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kDataLoss) << bytes.size() << " bytes: " << result.status;
  EXPECT_THAT(result.error(), HasSubstr("edges.txt:"));
  EXPECT_THAT(result.error(), HasSubstr("the compressed data ends early"));
}

TEST(EdgeReaderStreamTest, CutOffCompressedFilesAreDataLoss) {
  for (const std::string& bytes : {Gzip("1 2\n3 4\n"), Zstd("1 2\n3 4\n")}) {
    constexpr std::size_t kMagicBytes = 4;
    for (std::size_t kept = kMagicBytes; kept < bytes.size(); ++kept) {
      ExpectCutOff(bytes.substr(0, kept));
      ExpectCutOff(bytes + bytes.substr(0, kept));
    }
  }
  ExpectCutOff("\x1f\x8b");
}

TEST(EdgeReaderStreamTest, DamagedCompressedFilesAreDataLoss) {
  std::string gzip = Gzip("1 2\n3 4\n");
  gzip[gzip.size() - 6] ^= 1;  // in the checksum
  EXPECT_EQ(Read(Directed(), gzip).status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Read(Directed(), Gzip("1 2\n") + "3 4\n").status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Read(Directed(), Zstd("1 2\n") + "3 4\n").status.code(), absl::StatusCode::kDataLoss);
}

TEST(EdgeReaderStreamTest, LinesHaveALimit) {
  const std::string longest = "1 2" + std::string(kTextLineBytesMax - 3, ' ');
  EXPECT_EQ(RowsOf(Directed(), longest + "\n" + longest), (Rows{{1, 2}, {1, 2}}));
  for (const std::size_t piece_bytes : {std::size_t{1}, std::size_t{5000}, std::string::npos}) {
    const ReadResult result = Read(Directed(), "1 2\n" + longest + " ", piece_bytes);
    EXPECT_EQ(result.status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(result.error(), HasSubstr("edges.txt:2: expected a line of at most 65536 bytes"));
  }
}

TEST(EdgeReaderStreamTest, NothingIsReadAfterAnError) {
  EdgeReader reader(Directed());
  reader.BeginFile("a");
  const absl::Status error = reader.Append("1 2\n-1 2\n3 4\n");
  EXPECT_FALSE(error.ok());
  EXPECT_EQ(reader.Append("5 6\n"), error);
  EXPECT_EQ(reader.EndFile(), error);
  reader.BeginFile("b");
  EXPECT_EQ(reader.EndFile(), error);
  EXPECT_EQ(reader.report().rows, 1u);
}

TEST(EdgeReaderTest, KindsAreReadByNameAndNumber) {
  const ReadResult result =
      Read(Directed("from,to,kind,probability"), "1 2 group .5\n1 2 same_person 1\n2 3 0 0\n2 3 255 .25\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.edges.columns, (LinkColumns{.kinds = true, .weights = true}));
  EXPECT_EQ(result.edges.links.unsorted(),
            (Rows{{1, 2, kHalf, 2}, {1, 2, kLinkWeightOne, 1}, {2, 3, 0, 0}, {2, 3, kHalf / 2, 255}}));
  EXPECT_EQ(result.report.examples[0], "1 reaches 2 with probability 0.5, a link of kind group");
  EXPECT_EQ(RowsOf(Undirected("member,member,kind,probability"), "1 2 3 .5\n"),
            (Rows{{1, 2, kHalf, 3}, {2, 1, kHalf, 3}}));
}

TEST(EdgeReaderTest, RefusesKindsThatAreNone) {
  for (const char* const kind : {"256", "-1", "friend", "1.0"}) {
    EXPECT_THAT(ErrorOf(Directed("from,to,kind"), std::string("1 2 0\n1 2 ") + kind + "\n"),
                HasSubstr("edges.txt:2: expected a link kind"));
  }
}

}  // namespace
}  // namespace lawine
