#include "engine/store/shard_manifest.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "engine/base/crc32c.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"

namespace lawine {
namespace {

using testing::HasSubstr;

ShardManifest Example() {
  ShardManifest m;
  m.graph.name = "hyves-2009";
  m.graph.graph_version = 3;
  m.graph.links = 600;
  m.graph.digest = {.high = 0xFEDCBA9876543210, .low = 7};
  m.graph.columns = {.kinds = true, .weights = false};
  m.graph.named_members = true;
  m.graph.origin = "import of friends.txt.gz, 2 files; crc32c of nothing";
  const std::uint32_t firsts[] = {0, 10'000, 10'000, 40'000};
  m.graph.partition = PartitionMap::FromBoundaries(firsts).value();
  m.shard = ShardIndex(2);
  m.links = 500;
  m.digest = {.high = 1, .low = 0x8000000000000000};
  m.without_followees = 17;
  m.keys_listed = true;
  m.links_before = {0, 200, 200, 500};
  return m;
}

// With every line that a manifest may have.
ShardManifest ChangedPopulation() {
  ShardManifest m = Example();
  m.graph.persons = true;
  m.graph.added_members = 123;
  m.graph.made_digest = Digest{.high = 0x0123456789ABCDEF, .low = 0xFFFFFFFFFFFFFFFF};
  return m;
}

// `text` with one line changed and a good checksum again.
std::string Changed(std::string_view from, std::string_view to) {
  std::string text = EncodeManifest(Example());
  text.resize(text.rfind("crc32c "));
  const std::string changed = absl::StrReplaceAll(
      text, {{absl::string_view(from.data(), from.size()), absl::string_view(to.data(), to.size())}});
  EXPECT_NE(changed, text) << from;
  return absl::StrCat(changed, absl::StrFormat("crc32c %08x\n", Crc32c(changed)));
}

void ExpectRefused(std::string_view from, std::string_view to,
                   absl::StatusCode code = absl::StatusCode::kDataLoss) {
  const auto decoded = DecodeManifest(Changed(from, to));
  EXPECT_EQ(decoded.status().code(), code) << "'" << from << "' as '" << to << "': " << decoded.status();
}

TEST(ShardManifestTest, WhatIsEncodedIsDecoded) {
  const auto decoded = DecodeManifest(EncodeManifest(Example()));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, Example());
  EXPECT_EQ(decoded->range(), (MemberRange{.first = MemberId(10'000), .count = 30'000}));
  const auto changed = DecodeManifest(EncodeManifest(ChangedPopulation()));
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(*changed, ChangedPopulation());
}

// The lines in the order in which they are written.
TEST(ShardManifestTest, HasTheLinesOfItsFormat) {
  std::vector<std::string> names;
  for (const absl::string_view line :
       absl::StrSplit(EncodeManifest(ChangedPopulation()), '\n', absl::SkipEmpty())) {
    names.emplace_back(line.substr(0, line.find(' ')));
  }
  EXPECT_THAT(names,
              testing::ElementsAre("lawine-shard", "name", "graph_version", "graph_links", "graph_digest",
                                   "link_kinds", "link_weights", "named_members", "persons", "added_members",
                                   "made_digest", "origin", "epoch", "boundaries", "shard", "links", "digest",
                                   "without_followees", "keys_listed", "links_before", "crc32c"));
}

TEST(ShardManifestTest, AnEmptyShardHasAManifestToo) {
  ShardManifest m;
  m.graph.name = "empty";
  m.graph.partition = PartitionMap::Even(0, 1);
  m.links_before = {0};
  const auto decoded = DecodeManifest(EncodeManifest(m));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, m);
}

TEST(ShardManifestTest, EveryTruncationAndChangedBitIsRefused) {
  const std::string text = EncodeManifest(ChangedPopulation());
  const auto refused = [](std::string_view damaged) {
    EXPECT_FALSE(DecodeManifest(damaged).ok()) << damaged;
  };
  ForEachTruncation(text, refused);
  ForEachBitFlip(text, refused);
  refused(absl::StrCat(text, "\n"));
  refused(absl::StrCat(text, text));
}

TEST(ShardManifestTest, OtherFormatsAreNamed) {
  ExpectRefused("lawine-shard 1", "lawine-shard 2", absl::StatusCode::kFailedPrecondition);
  ExpectRefused("lawine-shard 1", "other", absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(DecodeManifest(Changed("lawine-shard 1", "lawine-shard 2")).status().message()),
              HasSubstr("found 'lawine-shard 2'"));
}

TEST(ShardManifestTest, MissingOrUnreadableFieldsAreRefused) {
  for (const char* name : {"name", "graph_version", "graph_links", "graph_digest", "link_kinds",
                           "link_weights", "named_members", "origin", "epoch", "boundaries", "shard", "links",
                           "digest", "without_followees", "keys_listed", "links_before"}) {
    ExpectRefused(absl::StrCat("\n", name, " "), "\nunknown ");
  }
  ExpectRefused("shard 2\n", "shard two\n");
  ExpectRefused("shard 2\n", "shard -1\n");
  ExpectRefused("links 500\n", "links 500x\n");
  ExpectRefused("10000,40000", "10000,,40000");
  ExpectRefused("8000000000000000", "800000000000000g");
}

TEST(ShardManifestTest, NumbersThatDoNotFitAreRefused) {
  ExpectRefused("shard 2\n", "shard 4294967298\n");
  ExpectRefused("without_followees 17\n", "without_followees 4294967296\n");
  ExpectRefused("0,10000,10000,40000", "0,10000,10000,4295007296");
  ExpectRefused("links 500\n", "links 99999999999999999999\n");
}

TEST(ShardManifestTest, ContradictionsAreRefused) {
  ExpectRefused("shard 2\n", "shard 3\n");
  ExpectRefused("\nlinks 500\n", "\nlinks 501\n");
  ExpectRefused("links_before 0,200,200,500", "links_before 0,300,200,500");
  ExpectRefused("links_before 0,200,200,500", "links_before 0,200,500");
  ExpectRefused("links_before 0,200,200,500", "links_before 1,200,200,500");
  ExpectRefused("without_followees 17\n", "without_followees 30001\n");
  ExpectRefused("epoch 1\n", "epoch 2\n");
  ExpectRefused("\nlinks 500\n", "\nlinks 4294967295\n");
  ExpectRefused("0,10000,10000,40000", "0,20000,10000,40000");
  ExpectRefused("0,10000,10000,40000", "5,10000,10000,40000");
  ExpectRefused("name hyves-2009", "name ../hyves");
  ExpectRefused("link_kinds 1\nlink_weights 0\nnamed_members 1\n",
                "link_kinds 0\nlink_weights 0\nnamed_members 1\npersons 1\n");
  // Members that came later are among those of the last shard, which has 30,000.
  const auto with_added = [](const char* count) {
    return DecodeManifest(Changed("\norigin ", absl::StrCat("\nadded_members ", count, "\norigin ")));
  };
  EXPECT_EQ(with_added("30000").value().graph.added_members, 30'000u);
  for (const char* count : {"30001", "40001", "4294967296"}) {
    EXPECT_EQ(with_added(count).status().code(), absl::StatusCode::kDataLoss) << count;
  }
}

TEST(ShardManifestTest, UnreadableFieldsThatMayBeMissingAreRefusedToo) {
  for (const char* line : {"persons 2", "persons x", "added_members -1", "made_digest 12"}) {
    ExpectRefused("\norigin ", absl::StrCat("\n", line, "\norigin "));
  }
}

TEST(ShardManifestTest, AnOriginCannotForgeFields) {
  ShardManifest m = Example();
  m.graph.origin = "import of a\nshard 0";
  const auto decoded = DecodeManifest(EncodeManifest(m));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->shard, ShardIndex(2));
  EXPECT_EQ(decoded->graph.origin, "import of a shard 0");
}

TEST(GraphNameTest, NamesAreDirectories) {
  for (const char* name : {"a", "hyves-300", "a0-"}) EXPECT_TRUE(CheckGraphName(name).ok()) << name;
  EXPECT_TRUE(CheckGraphName(std::string(63, 'a')).ok());
  for (const char* name : {"", "A", "0a", "-a", "a/b", "..", "a.b", "a b", "\xC3\xA9"}) {
    EXPECT_EQ(CheckGraphName(name).code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_FALSE(CheckGraphName(std::string(64, 'a')).ok());
}

}  // namespace
}  // namespace lawine
