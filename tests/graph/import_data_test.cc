// Reads real, public edge lists, with all their traps, from the folder that the environment variable
// LAWINE_TEST_DATA names. Expected counts were made from the files by a separate program.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <tuple>

#include "engine/graph/edge_list.h"
#include "engine/graph/edge_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Imported {
  EdgeReport report;
  EdgeListCounts counts;
  std::uint32_t members = 0;
  std::uint64_t links = 0;
  std::uint64_t audience_max = 0;
  std::uint64_t in_links = 0;
  MemberKey last_key = 0;
};

void ReadInto(EdgeReader& reader, const std::filesystem::path& path) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  ASSERT_NE(file, nullptr) << path;
  reader.BeginFile(path.filename().string());
  std::string piece(1 << 16, '\0');
  while (const std::size_t bytes = std::fread(piece.data(), 1, piece.size(), file)) {
    const absl::Status status = reader.Append({piece.data(), bytes});
    ASSERT_TRUE(status.ok()) << status;
  }
  std::fclose(file);
  const absl::Status status = reader.EndFile();
  ASSERT_TRUE(status.ok()) << status;
}

void Count(const LinkSource& source, Imported& imported) {
  imported.members = source.members_count();
  FollowerLists lists;
  for (std::uint32_t c = 0; c < source.chunks_count(); ++c) {
    ASSERT_TRUE(source.FollowersInside(c, {MemberId(0), source.members_count()}, lists).ok());
    imported.links += lists.followers.size();
    for (const std::uint32_t count : lists.counts) {
      imported.audience_max = std::max<std::uint64_t>(imported.audience_max, count);
    }
  }
  for (std::uint32_t m = 0; m < source.members_count(); ++m)
    imported.in_links += source.InLinksOf(MemberId(m));
  MemberColumns last;
  source.Profiles({MemberId(source.members_count() - 1), 1}, last);
  imported.last_key = last.keys[0];
}

class ImportDataTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const folder = std::getenv("LAWINE_TEST_DATA");
    if (folder == nullptr || *folder == '\0') GTEST_SKIP() << "skipped: no data";
    folder_ = folder;
  }

  Imported Import(const std::string& file, bool undirected, std::string_view row,
                  std::uint32_t header_lines = 0) {
    Imported imported;
    EdgeReader reader({.undirected = undirected,
                       .columns = ParseEdgeColumns(row, undirected).value(),
                       .header_lines = header_lines});
    ReadInto(reader, folder_ / file);
    if (HasFatalFailure()) return imported;
    imported.report = reader.report();
    const auto source = MakeEdgeListSource(reader.TakeEdges(), imported.counts);
    EXPECT_TRUE(source.ok()) << source.status();
    if (source.ok()) Count(**source, imported);
    EXPECT_EQ(imported.in_links, imported.links);
    return imported;
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(ImportDataTest, FacebookIsUndirectedOneRowAPair) {
  const Imported got = Import("facebook_combined.txt.gz", true, "member,member");
  EXPECT_EQ(got.members, 4'039u);
  EXPECT_EQ(got.report.rows, 88'234u);
  EXPECT_EQ(got.links, 2 * 88'234u);
  EXPECT_EQ(got.audience_max, 1'045u);
  EXPECT_EQ(got.counts.self_links_dropped + got.counts.duplicates_dropped, 0u);
  EXPECT_THAT(got.report.examples, ElementsAre("0 and 1 reach each other", "0 and 2 reach each other",
                                               "0 and 3 reach each other"));
  EXPECT_THAT(got.report.warnings, IsEmpty());
}

TEST_F(ImportDataTest, SlashdotHasCarriageReturnsCommentsAndSelfLoops) {
  const Imported got = Import("soc-Slashdot0902.txt.gz", false, "from,to");
  EXPECT_EQ(got.members, 82'168u);
  EXPECT_EQ(got.report.comments, 4u);
  EXPECT_EQ(got.report.rows, 948'464u);
  EXPECT_EQ(got.counts.self_links_dropped, 78'303u);
  EXPECT_EQ(got.counts.duplicates_dropped, 0u);
  EXPECT_EQ(got.links, 870'161u);
  EXPECT_THAT(got.report.warnings, IsEmpty());
}

TEST_F(ImportDataTest, SlashdotAsFriendshipsDropsWhatIsSaidTwice) {
  const Imported got = Import("soc-Slashdot0902.txt.gz", true, "member,member");
  EXPECT_EQ(got.members, 82'168u);
  EXPECT_EQ(got.links, 2 * 504'230u);
  EXPECT_EQ(got.audience_max, 2'552u);
  EXPECT_EQ(got.counts.duplicates_dropped, 2 * (870'161u - 504'230u));
}

TEST_F(ImportDataTest, WikiVoteHasSparseIds) {
  const Imported got = Import("Wiki-Vote.txt.gz", false, "follower,followed");
  EXPECT_EQ(got.members, 7'115u);
  EXPECT_EQ(got.last_key, 8'297u);
  EXPECT_EQ(got.links, 103'689u);
  EXPECT_THAT(got.report.examples, ElementsAre("1412 reaches 30", "3352 reaches 30", "5254 reaches 30"));
}

TEST_F(ImportDataTest, EmailHasSelfLoops) {
  const Imported got = Import("email-Eu-core.txt.gz", false, "from,to");
  EXPECT_EQ(got.members, 1'005u);
  EXPECT_EQ(got.report.rows, 25'571u);
  EXPECT_EQ(got.counts.self_links_dropped, 642u);
  EXPECT_EQ(got.links, 24'929u);
}

TEST_F(ImportDataTest, KarateNeedsItsHeaderSkipped) {
  const Imported got = Import("karate.txt", true, "member,member", /*header_lines=*/1);
  EXPECT_EQ(got.members, 34u);
  EXPECT_EQ(got.report.rows, 78u);
  EXPECT_EQ(got.links, 2 * 78u);
}

TEST_F(ImportDataTest, DeezerHasNamesOfColumns) {
  for (const auto& [file, members, pairs] : {std::tuple("deezer_HU_edges.csv.gz", 47'538u, 222'887u),
                                             std::tuple("deezer_RO_edges.csv.gz", 41'773u, 125'826u)}) {
    const Imported got = Import(file, true, "member,member");
    EXPECT_EQ(got.members, members);
    EXPECT_EQ(got.report.rows, pairs);
    EXPECT_EQ(got.links, 2 * pairs);
    EXPECT_THAT(got.report.warnings,
                ElementsAre(std::string(file) + ":1: taken as a header: 'node_1,node_2'"));
  }
}

TEST_F(ImportDataTest, HiggsRetweetersFollowAuthors) {
  const Imported got = Import("higgs-retweet_network.edgelist.gz", false, "follower,followed,ignore");
  EXPECT_EQ(got.members, 256'491u);
  EXPECT_EQ(got.links, 328'132u);
  EXPECT_EQ(got.audience_max, 14'060u);
  EXPECT_THAT(got.report.warnings, IsEmpty());
}

TEST_F(ImportDataTest, NetHeptLiesInItsHeader) {
  const Imported got = Import("nethept_ic_0.1.inf.gz", false, "from,to,probability");
  EXPECT_EQ(got.members, 15'233u);
  EXPECT_EQ(got.report.rows, 62'796u);
  EXPECT_EQ(got.counts.self_links_dropped, 44u);
  EXPECT_EQ(got.counts.duplicates_dropped, 0u);
  EXPECT_EQ(got.links, 62'752u);
  EXPECT_THAT(got.report.warnings,
              ElementsAre("nethept_ic_0.1.inf.gz:1: header says 31,398 links, the file has 62,796 rows"));
}

TEST_F(ImportDataTest, SamplesHaveHonestHeadersAndNoLastLineEnd) {
  for (const auto& [file, members, rows] :
       {std::tuple("sample0.txt", 5u, 4u), std::tuple("sample1.txt", 4u, 5u),
        std::tuple("sample_celfpp.txt", 9u, 8u)}) {
    const Imported got = Import(file, false, "from,to,probability");
    EXPECT_EQ(got.members, members) << file;
    EXPECT_EQ(got.report.rows, rows) << file;
    EXPECT_EQ(got.links, rows) << file;
    EXPECT_THAT(got.report.warnings, IsEmpty()) << file;
  }
}

}  // namespace
}  // namespace lawine
