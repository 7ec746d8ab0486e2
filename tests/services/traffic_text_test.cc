#include "services/cli/text/traffic_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/process.h"
#include "tests/support/temp_directory.h"

namespace lawine::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Three messages of two hops at most.
v1::TrafficResult Small() {
  v1::TrafficResult result;
  result.set_graph("hyves");
  result.set_graph_members(1'000);
  result.set_run_seed(7);
  result.set_digest("0123456789abcdef");
  result.mutable_traffic()->mutable_forward()->set_probability(0.003);
  v1::TrafficTotals& totals = *result.mutable_totals();
  totals.set_messages(3);
  totals.set_deliveries(1'234);
  totals.set_first_receipts(1'200);
  totals.set_duplicates(34);
  totals.set_forwards(5);
  result.mutable_reach()->set_mean(401);
  result.mutable_reach()->set_max(700);
  const auto bin = [&](std::uint64_t first, std::uint64_t last, std::uint64_t messages) {
    v1::ReachBin& row = *result.mutable_reach()->add_histogram();
    row.set_first(first);
    row.set_last(last);
    row.set_messages(messages);
  };
  bin(256, 511, 2);
  bin(512, 1'023, 1);
  const auto steps = [&](std::uint32_t hops, std::uint64_t messages) {
    v1::StepsBin& row = *result.add_steps();
    row.set_steps(hops);
    row.set_messages(messages);
  };
  steps(1, 2);
  steps(2, 1);
  for (const std::uint32_t hour : {8u, 24u}) {
    v1::HourTraffic& row = *result.add_hours();
    row.set_hour(hour);
    row.set_messages(hour == 8 ? 3 : 0);
    row.set_deliveries(hour == 8 ? 1'234 : 0);
  }
  v1::SenderGroup& group = *result.add_largest_senders();
  group.set_share_of_members(0.01);
  group.set_audience_min(120);
  group.set_members(11);
  group.set_messages(1);
  group.set_deliveries(617);
  group.set_share_of_deliveries(0.5);
  v1::ShardLoad& shard = *result.add_shards();
  shard.set_shard(4);
  shard.set_deliveries(1'234);
  shard.set_share(1);
  result.mutable_timing()->set_makespan_seconds(2);
  result.mutable_timing()->set_processing_seconds(0.5);
  result.mutable_rates()->set_messages_per_second(6);
  result.mutable_rates()->set_deliveries_per_second(2'468);
  return result;
}

TEST(TrafficReportTest, SaysWhatCameOfItInASentenceAndInNumbers) {
  const std::string text = TrafficReport(Small(), false);
  EXPECT_THAT(text, HasSubstr("3 messages were delivered 1,234 times and reached 401 of 1,000 members on"));
  EXPECT_THAT(text, HasSubstr("1,234: 1,200 first receipts, 34 duplicates"));
  EXPECT_THAT(text, HasSubstr("6 messages/s, 2,468 deliveries/s"));
  EXPECT_THAT(text, HasSubstr("0123456789abcdef"));
  EXPECT_THAT(text, Not(HasSubstr("cut off")));
  EXPECT_EQ(text.back(), '\n');
}

TEST(TrafficReportTest, OneOfAThingIsNotSeveral) {
  v1::TrafficResult result = Small();
  result.mutable_totals()->set_messages(1);
  result.mutable_totals()->set_deliveries(1);
  EXPECT_THAT(TrafficReport(result, false), HasSubstr("1 message was delivered 1 time and"));
}

TEST(TrafficReportTest, BarsAreInProportionAndNeverNothingForSome) {
  v1::TrafficResult result = Small();
  result.mutable_reach()->mutable_histogram(0)->set_messages(1'000'000);
  const std::string text = TrafficReport(result, false);
  EXPECT_THAT(text, HasSubstr("1,000,000  " + std::string(48, '#') + "\n"));
  EXPECT_THAT(text, HasSubstr("1  #\n"));
}

TEST(TrafficReportTest, AfterMidnightStandsThereOnlyWhenThereIsSomething) {
  v1::TrafficResult result = Small();
  EXPECT_THAT(TrafficReport(result, false), HasSubstr("8:00"));
  EXPECT_THAT(TrafficReport(result, false), Not(HasSubstr("after midnight")));
  result.mutable_hours(1)->set_deliveries(9);
  EXPECT_THAT(TrafficReport(result, false), HasSubstr("after midnight"));
}

TEST(TrafficReportTest, ManyHopsArePutTogetherInALastRow) {
  v1::TrafficResult result = Small();
  result.clear_steps();
  for (std::uint32_t hops = 1; hops <= 30; ++hops) {
    result.add_steps()->set_steps(hops);
    result.mutable_steps()->rbegin()->set_messages(10);
  }
  result.mutable_totals()->set_messages(300);
  EXPECT_THAT(TrafficReport(result, false), testing::ContainsRegex("more +100 +33"));
}

TEST(TrafficReportTest, WhatWasCutOffAndWarningsAreSaid) {
  v1::TrafficResult result = Small();
  result.mutable_totals()->set_undelivered(2);
  result.mutable_traffic()->set_max_steps(2);
  result.add_warnings("each forwarder passes on to 1.2 others");
  const std::string text = TrafficReport(result, false);
  EXPECT_THAT(text, HasSubstr("2 messages had more to deliver after hop 2"));
  EXPECT_THAT(text, HasSubstr("warning: each forwarder passes on to 1.2 others"));
}

TEST(TrafficReportTest, ShowsGroupsAndShards) {
  const std::string text = TrafficReport(Small(), false);
  EXPECT_THAT(text, testing::ContainsRegex("top 1% +120 +11 +1 +617 +50.00%"));
  EXPECT_THAT(text, testing::ContainsRegex("4 +1,234 +100.00%"));
}

TEST(TrafficProgressTextTest, DividesByNoTime) {
  v1::TrafficProgress progress;
  progress.mutable_totals()->set_messages(1'500);
  progress.mutable_totals()->set_deliveries(30);
  EXPECT_EQ(TrafficProgressText(progress), "1,500 messages, 30,000 deliveries/s");
  progress.set_seconds(2);
  EXPECT_EQ(TrafficProgressText(progress), "1,500 messages, 15 deliveries/s");
}

TEST(TrafficRowsTest, ALineForEachMessageAsCsv) {
  const TempDirectory directory;
  const std::string path = directory.path() / "rows.csv";
  v1::TrafficRows rows;
  rows.set_first_message(40);
  for (const char* const member : {"17", "Jansen, A."}) {
    rows.add_seed_members(member);
    rows.add_start_seconds(60);
    rows.add_reach(5);
    rows.add_deliveries(6);
    rows.add_forwards(1);
    rows.add_steps(2);
  }
  auto file = OutputFile::Create(path);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->Write(kTrafficRowsTitle).ok());
  ASSERT_TRUE(WriteTrafficRows(rows, *file).ok());
  ASSERT_TRUE(file->Finish().ok());
  EXPECT_EQ(ReadFile(path).value(),
            "message,seed_member,start_second,reach,deliveries,forwards,steps\n"
            "40,17,60,5,6,1,2\n"
            "41,\"Jansen, A.\",60,5,6,1,2\n");
  rows.add_steps(3);
  EXPECT_EQ(WriteTrafficRows(rows, *file).code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace lawine::cli
