#include "engine/graph/member_reader.h"

#include "engine/graph/edge_line.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct ReadResult {
  absl::Status status;
  std::vector<KeyedProfile> profiles;
};

ReadResult Read(std::string_view text, bool string_ids = false, std::size_t piece_bytes = std::string::npos) {
  IdTable ids(string_ids);
  MemberReader reader(ids);
  reader.BeginFile("m.csv");
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, piece_bytes);
    if (!reader.Append(piece).ok()) break;
    text.remove_prefix(piece.size());
  }
  const absl::Status status = reader.EndFile();
  return {status, reader.TakeProfiles()};
}

std::string ErrorOf(std::string_view text) {
  const ReadResult result = Read(text);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(result.status.message());
}

constexpr KeyedProfile kAmbassador{
    .key = 17, .community = 4, .network = kNetworkHyves, .account_kind = kAccountAmbassador};

TEST(MemberReaderTest, ColumnsMayStandInAnyOrder) {
  EXPECT_THAT(Read("id,network,community,account_kind\n17,hyves,4,2\n").profiles, ElementsAre(kAmbassador));
  EXPECT_THAT(Read("account_kind,name,id,community,network\nambassador,Ann,17,4,1\n").profiles,
              ElementsAre(kAmbassador));
}

TEST(MemberReaderTest, ColumnsAndValuesMayBeLeftOut) {
  EXPECT_THAT(Read("id\n3\n2\n").profiles, ElementsAre(KeyedProfile{.key = 3}, KeyedProfile{.key = 2}));
  EXPECT_THAT(Read("id,network,community,account_kind\n3,,,\n").profiles,
              ElementsAre(KeyedProfile{.key = 3}));
}

TEST(MemberReaderTest, SeparatorsQuotesLineEndsAndPiecesMakeNoDifference) {
  for (const std::string text :
       {"id;name;network;community;account_kind\n17;Jansen, A.;hyves;4;2\n",
        "id\tname\tnetwork\tcommunity\taccount_kind\r\n17\tx y\thyves\t4\t2\r\n",
        "\xEF\xBB\xBFid,name,network,community,account_kind\n\n17,\"Jansen, \"\"A\"\"\",hyves,4,2",
        "\"id\",name,network , community,account_kind\n \n17,,\"hyves\", 4 ,2\n\n"}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::string::npos}) {
      const ReadResult result = Read(text, false, piece);
      EXPECT_TRUE(result.status.ok()) << result.status;
      EXPECT_THAT(result.profiles, ElementsAre(kAmbassador)) << text;
    }
  }
}

TEST(MemberReaderTest, StringIdsHaveTheKeysOfTheirLinks) {
  IdTable ids(true);
  MemberReader reader(ids);
  reader.BeginFile("m.csv");
  ASSERT_TRUE(reader.Append("id,community\n\"Ann B\",1\nbob,2\n").ok());
  ASSERT_TRUE(reader.EndFile().ok());
  EXPECT_THAT(reader.TakeProfiles(), ElementsAre(KeyedProfile{.key = KeyOfStringId("Ann B"), .community = 1},
                                                 KeyedProfile{.key = KeyOfStringId("bob"), .community = 2}));
  EXPECT_EQ(ids.TakeNames().size(), 2u);
}

TEST(MemberReaderTest, ColumnsAreRefusedByName) {
  EXPECT_THAT(ErrorOf("id,age\n1,30\n"), HasSubstr("m.csv:1: expected columns named id, network"));
  EXPECT_THAT(ErrorOf("id,age\n1,30\n"), HasSubstr("found 'age'"));
  EXPECT_THAT(ErrorOf("network,community\nhyves,1\n"), HasSubstr("m.csv:1: expected a column named id"));
  EXPECT_THAT(ErrorOf("id,network,id\n1,hyves,1\n"), HasSubstr("found two named 'id'"));
  EXPECT_THAT(ErrorOf("17,hyves\n"), HasSubstr("found '17'"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("m.csv:1: expected a first line that names the columns"));
}

TEST(MemberReaderTest, BadLinesAreNamedByFileAndLine) {
  const std::string good = "id,network,community,account_kind\n1,hyves,1,1\n";
  EXPECT_THAT(ErrorOf(good + "2,hyves,1\n"), HasSubstr("m.csv:3: expected 4 values, one a column, found 3"));
  EXPECT_THAT(ErrorOf(good + "2,hyves,1,1,\n"),
              HasSubstr("m.csv:3: expected 4 values, one a column, found 5"));
  EXPECT_THAT(ErrorOf(good + "x,hyves,1,1\n"), HasSubstr("m.csv:3: expected an integer id"));
  EXPECT_THAT(ErrorOf(good + ",hyves,1,1\n"), HasSubstr("m.csv:3: expected an integer id"));
  EXPECT_THAT(ErrorOf(good + "2,myspace,1,1\n"), HasSubstr("m.csv:3: expected a network"));
  EXPECT_THAT(ErrorOf(good + "2,hyves,4294967296,1\n"),
              HasSubstr("m.csv:3: expected the number of a community"));
  EXPECT_THAT(ErrorOf(good + "2,hyves,1,7\n"), HasSubstr("m.csv:3: expected an account kind"));
  EXPECT_THAT(ErrorOf(good + "2,\"hyves,1,1\n"), HasSubstr("m.csv:3: expected a closing quote"));
  EXPECT_THAT(ErrorOf(good + "2,\"hyves\"x,1,1\n"), HasSubstr("m.csv:3: expected a separator"));
  EXPECT_THAT(ErrorOf(good + "\n1,,,\n"),
              HasSubstr("m.csv:4: expected each member once, found the one of m.csv:2"));
}

TEST(MemberReaderTest, NothingIsReadAfterAnError) {
  IdTable ids(false);
  MemberReader reader(ids);
  reader.BeginFile("m.csv");
  EXPECT_FALSE(reader.Append("id\nx\n").ok());
  EXPECT_FALSE(reader.Append("1\n").ok());
  EXPECT_FALSE(reader.EndFile().ok());
  EXPECT_THAT(reader.TakeProfiles(), IsEmpty());
}

TEST(MemberReaderTest, EachFileHasColumnsOfItsOwnAndMembersAreOneAcrossFiles) {
  IdTable ids(false);
  MemberReader reader(ids);
  reader.BeginFile("a.csv");
  EXPECT_TRUE(reader.Append("id,community\n1,5\n").ok());
  EXPECT_TRUE(reader.EndFile().ok());
  reader.BeginFile("b.csv");
  const absl::Status status = reader.Append("community;id\n6;2\n7;1\n");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("b.csv:3: expected each member once, found the one of a.csv:2"));
  EXPECT_EQ(reader.members_count(), 2u);
}

}  // namespace
}  // namespace lawine
