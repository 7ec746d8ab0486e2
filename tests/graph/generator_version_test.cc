// What a preset's version stands for: graphs of the same spec and version are the same in every build, or a
// shard that is made again would not fit the others, and models would ask other members.
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "engine/base/coin.h"
#include "engine/base/thread_pool.h"
#include "engine/graph/generator.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

struct PinnedGraph {
  const char* name;
  GeneratorSpec spec;
  std::uint32_t version;
  std::uint64_t links;
  std::uint64_t kinds;    // of links; 0 where they have none
  std::uint64_t members;  // their profiles, and the in-links that shards are balanced by
};
void PrintTo(const PinnedGraph& pinned, std::ostream* out) { *out << pinned.name; }

class GeneratorVersionTest : public testing::TestWithParam<PinnedGraph> {
 protected:
  GeneratorVersionTest() {
    ThreadPool pool(1);
    auto source = MakeGenerator(GetParam().spec, pool);
    EXPECT_TRUE(source.ok()) << source.status();
    source_ = *std::move(source);
    everybody_ = {MemberId(0), source_->members_count()};
  }

  std::shared_ptr<const LinkSource> source_;
  MemberRange everybody_;
};

// When these differ on purpose, raise the preset's version.
TEST_P(GeneratorVersionTest, LinksOfThisVersionNeverChange) {
  EXPECT_EQ(GeneratorVersion(ResolveSpec(GetParam().spec).value()), GetParam().version);
  std::uint64_t links = 0;
  std::uint64_t kinds = 0;
  for (std::uint32_t c = 0; c < source_->chunks_count(); ++c) {
    FollowerLists lists;
    ASSERT_TRUE(source_->FollowersInside(c, everybody_, lists).ok());
    std::size_t next = 0;
    for (const std::uint32_t count : lists.counts) {
      links = hash::Absorb(links, count);
      for (std::uint32_t i = 0; i < count; ++i) links = hash::Absorb(links, lists.followers[next++]);
    }
    for (const std::uint8_t kind : lists.kinds) kinds = hash::Absorb(kinds, kind);
  }
  EXPECT_EQ(links, GetParam().links) << std::hex << "0x" << links;
  EXPECT_EQ(kinds, GetParam().kinds) << std::hex << "0x" << kinds;
}

TEST_P(GeneratorVersionTest, MembersOfThisVersionNeverChange) {
  MemberColumns members;
  source_->Profiles(everybody_, members);
  ASSERT_EQ(members.size(), everybody_.count);
  std::uint64_t h = 0;
  for (std::uint32_t m = 0; m < everybody_.count; ++m) {
    h = hash::Absorb(h, members.keys[m]);
    h = hash::Absorb(h, members.community[m]);
    h = hash::Absorb(h, members.network[m]);
    h = hash::Absorb(h, members.account_kind[m]);
    if (source_->persons()) h = hash::Absorb(h, members.person[m]);
    h = hash::Absorb(h, source_->InLinksOf(MemberId(m)));
  }
  EXPECT_EQ(h, GetParam().members) << std::hex << "0x" << h;
}

GeneratorSpec Single(const std::string& preset) {
  return {.preset = preset, .members = 10'000, .links_per_member_milli = 20'000, .graph_seed = 7};
}

GeneratorSpec WithPages() {
  return {.preset = "linkedin-nl", .members = 2'100, .graph_seed = 7, .pages = 70, .groups = 3};
}

GeneratorSpec Population(const Overlaps& overlaps) {
  return {.preset = "nl-2009",
          .members = 30'000,
          .links_per_member_milli = 15'000,
          .graph_seed = 7,
          .overlaps = overlaps};
}

Overlaps OtherOverlaps() {
  return {.facebook_ppm = 1'000'000, .linkedin_ppm = 123'456, .twitter_ppm = 0, .active_ppm = 999'999};
}

INSTANTIATE_TEST_SUITE_P(
    All, GeneratorVersionTest,
    testing::Values(
        PinnedGraph{"hyves", Single("hyves"), 1, 0xa38ea282b1713e49, 0, 0xb46a8b78d1f7545a},
        PinnedGraph{"hyves_300", Single("hyves-300"), 1, 0xa38ea282b1713e49, 0, 0xb46a8b78d1f7545a},
        PinnedGraph{"facebook_nl", Single("facebook-nl"), 2, 0x533af7fb5fa239f6, 0, 0x84950a73260dbd3b},
        PinnedGraph{"linkedin_nl", Single("linkedin-nl"), 2, 0x1e5da1263849e5c5, 0, 0x50c39b62df505895},
        PinnedGraph{"twitter_nl", Single("twitter-nl"), 1, 0x251066dbaf2cdd7e, 0, 0xf9d8dd3d59ce9c36},
        PinnedGraph{"pages_and_groups", WithPages(), 2, 0xb1f9423aa2fc7b05, 0, 0x2dbcfdba5ced4372},
        PinnedGraph{"nl_2009", Population({}), 1, 0x8630ed75be8057a8, 0x4b32dc25bfd3323a, 0x4b3871a61d9213b5},
        PinnedGraph{"nl_2009_with_other_overlaps", Population(OtherOverlaps()), 1, 0xaf402c05acf9e0b1,
                    0xc74e3675c96d25dc, 0x928fd8c55cdcfd24}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace lawine
