#include "services/cli/text/stats_text.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StatsTextTest, StatsTellLabels) {
  v1::GetGraphStatsResponse stats;
  stats.mutable_graph()->set_members(1'000);
  const auto add_network = [&](const char* name, std::uint32_t members) {
    v1::NetworkStats& row = *stats.add_networks();
    row.set_network(name);
    row.set_members(members);
  };
  add_network("hyves", 990);
  add_network("", 10);
  v1::AccountKindStats& kind = *stats.add_account_kinds();
  kind.set_account_kind(4);
  kind.set_members(990);
  for (const std::uint32_t more : {5, 6}) {
    stats.add_account_kinds()->set_account_kind(more);
    stats.mutable_account_kinds()->rbegin()->set_members(more);
  }
  EXPECT_THAT(StatsText(stats, false), HasSubstr("communities        none"));
  stats.set_communities(4);
  stats.set_without_community(200);
  v1::CommunityStats& community = *stats.add_largest_communities();
  community.set_community(17);
  community.set_members(500);
  const std::string text = StatsText(stats, false);
  EXPECT_THAT(text, HasSubstr("networks           hyves 990, not known 10"));
  EXPECT_THAT(text, HasSubstr("account kinds      organisation 990; page 5; group 6"));
  EXPECT_THAT(text, HasSubstr("communities        4 of 200.0 members on average; largest: 17 with 500"));
}

TEST(StatsTextTest, TargetsStandBesideWhatIsRealised) {
  v1::GetGraphStatsResponse stats;
  stats.mutable_graph()->set_members(10);
  const auto add = [&](const char* figure, double target, std::optional<double> realised) {
    v1::PresetFigure& row = *stats.add_figures();
    row.set_figure(figure);
    row.set_target(target);
    row.set_measured(target > 1);
    if (realised) row.set_realised(*realised);
  };
  add("mean audience", 130, 129.96);
  add("clustering", 0.14, 0.1512);
  add("growth a day", 0.005, std::nullopt);
  const std::string text = StatsText(stats, false);
  EXPECT_THAT(text, HasSubstr("mean audience     130       130  measured\n"));
  EXPECT_THAT(text, HasSubstr("clustering     0.1400    0.1512  assumed\n"));
  EXPECT_THAT(text, Not(HasSubstr("growth")));
}

}  // namespace
}  // namespace lawine::cli
