#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/connection/connection.h"
#include "services/cli/connection/data_dir.h"
#include "services/cli/connection/exit_code.h"
#include "services/cli/connection/kept_cluster.h"
#include "services/cli/files/output_file.h"
#include "services/cli/text/graph_text.h"
#include "services/cli/text/result_text.h"
#include "services/cli/text/run_text.h"
#include "services/cli/text/text.h"
#include "services/common/errors.h"
#include "services/common/process.h"

namespace lawine::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void AddStep(v1::RunResult& result, std::uint64_t deliveries, std::uint64_t first, std::uint64_t forwards) {
  v1::StepCounts& counts = *result.add_steps();
  counts.set_step(static_cast<std::uint32_t>(result.steps_size() - 1));
  counts.set_deliveries(deliveries);
  counts.set_first_receipts(first);
  counts.set_duplicates(deliveries + (counts.step() == 0 ? first : 0) - first);
  counts.set_forwards(forwards);
  v1::Totals& totals = *result.mutable_totals();
  totals.set_deliveries(totals.deliveries() + deliveries);
  totals.set_reach(totals.reach() + first);
  totals.set_duplicates(totals.duplicates() + counts.duplicates());
  totals.set_forwards(totals.forwards() + forwards);
  totals.set_steps(counts.step());
}

void AddSeed(v1::RunResult& result, const std::string& id, std::uint32_t audience) {
  v1::SeedMember& seed = *result.add_seed_members();
  seed.set_id(id);
  seed.set_audience(audience);
}

v1::RunResult EmptyRun() {
  v1::RunResult result;
  result.set_graph("hyves");
  result.set_graph_members(10'000);
  result.set_graph_links(1'000'000);
  result.mutable_scenario()->mutable_model()->mutable_forward()->set_probability(0.1);
  result.mutable_scenario()->set_replicas(1);
  result.mutable_scenario()->set_run_seed(1);
  result.set_reason_stopped(v1::REASON_STOPPED_NOTHING_PENDING);
  result.set_digest("0123456789abcdef0123456789abcdef");
  result.mutable_timing()->set_processing_seconds(0.5);
  result.mutable_timing()->set_makespan_seconds(1.5);
  result.mutable_manifest()->set_run("runs/7");
  result.mutable_manifest()->set_graph_origin("preset hyves, 10000 members");
  return result;
}

v1::RunResult ArticleRun() {
  v1::RunResult result = EmptyRun();
  AddSeed(result, "4711", 300);
  AddStep(result, 0, 1, 1);
  AddStep(result, 300, 300, 31);
  AddStep(result, 12'000, 8'000, 800);
  AddStep(result, 80'000, 1'200, 0);
  result.set_unreached_without_links(400);
  result.set_unreached_missed(99);
  return result;
}

std::vector<std::string> Lines(const std::string& text) { return absl::StrSplit(text, '\n'); }

TEST(Sentence, IsTheArticlesWithTheCountsOfTheRun) {
  EXPECT_EQ(Sentence(ArticleRun()),
            "One member messaged 300 friends; 31 forwarded it: it entered 31 other personal networks.");
}

TEST(Sentence, SaysWhenNobodyForwards) {
  v1::RunResult result = EmptyRun();
  AddSeed(result, "1", 1);
  AddStep(result, 0, 1, 1);
  AddStep(result, 1, 1, 0);
  EXPECT_EQ(Sentence(result), "One member messaged 1 friend; nobody forwarded it: it died within one hop.");
}

TEST(Sentence, SaysWhenThereIsNobodyToMessage) {
  v1::RunResult result = EmptyRun();
  AddSeed(result, "1", 0);
  AddStep(result, 0, 1, 1);
  EXPECT_EQ(Sentence(result), "One member has no friends: nobody else got the message.");
}

TEST(Sentence, SaysWhenTheRunEndedBeforeForwardsArrived) {
  v1::RunResult result = EmptyRun();
  AddSeed(result, "1", 300);
  result.set_reason_stopped(v1::REASON_STOPPED_MAX_STEPS);
  AddStep(result, 0, 1, 1);
  EXPECT_THAT(Sentence(result), HasSubstr("the run ended (max_steps 0) before anything was delivered"));
  AddStep(result, 300, 300, 31);
  EXPECT_EQ(
      Sentence(result),
      "One member messaged 300 friends; 31 forwarded it; the run ended (max_steps 1) before it entered 31 "
      "other personal networks.");
}

TEST(Sentence, CountsSeveralSeedMembersTogether) {
  v1::RunResult result = EmptyRun();
  AddSeed(result, "1", 200);
  AddSeed(result, "2", 112);
  AddStep(result, 0, 2, 2);
  AddStep(result, 312, 300, 1);
  EXPECT_THAT(Sentence(result), HasSubstr("2 members messaged 312 friends"));
  EXPECT_THAT(Sentence(result), HasSubstr("1 forwarded it: it entered 1 other personal network."));
}

TEST(Sentence, GivesTheMeanOfReplicas) {
  v1::RunResult result = ArticleRun();
  result.mutable_scenario()->set_replicas(2);
  EXPECT_THAT(Sentence(result), HasSubstr("on average over 2 replicas 15.5 forwarded it"));
}

TEST(Sentence, CallsThemFollowersWhereLinksGoOneWay) {
  v1::RunResult result = ArticleRun();
  result.mutable_manifest()->set_graph_origin("preset twitter-nl, 250000 members");
  EXPECT_THAT(Sentence(result), HasSubstr("One member messaged 300 followers"));
}

TEST(Report, HasOneRowAHopAndTheirSum) {
  const std::string report = Report(ArticleRun(), false);
  EXPECT_THAT(report, HasSubstr("  hop  deliveries  new members  already had it  forwards  reached %\n"));
  EXPECT_THAT(report, HasSubstr("    0           0            1               0         1       0.01\n"));
  EXPECT_THAT(report, HasSubstr("    2      12,000        8,000           4,000       800      83.01\n"));
  EXPECT_THAT(report, HasSubstr("total      92,300        9,501          82,800       832      95.01\n"));
}

TEST(Report, AnswersTheQuestionsOfTheArticle) {
  const std::string report = Report(ArticleRun(), false);
  EXPECT_THAT(report, ::testing::ContainsRegex("hops to 50% of all members +2\n"));
  EXPECT_THAT(report, ::testing::ContainsRegex("hops to 90% of all members +3\n"));
  EXPECT_THAT(report, ::testing::ContainsRegex("a reached member got it +9\\.71 times on average\n"));
  EXPECT_THAT(report, ::testing::ContainsRegex("never reached +499 members: 400 no links, 99 missed\n"));
  EXPECT_THAT(report, HasSubstr("This is one realisation of chance (run seed 1).\n"));
  EXPECT_THAT(report, ::testing::ContainsRegex("deliveries/s +184,600\n"));
  EXPECT_THAT(report, HasSubstr("0123456789abcdef0123456789abcdef"));
  EXPECT_THAT(report, HasSubstr("runs/7"));
  EXPECT_THAT(report, HasSubstr("Forwarding rate 10%, seed member 4711, run seed 1."));
}

TEST(Report, SaysNeverWhereAShareIsNotReached) {
  v1::RunResult result = EmptyRun();
  AddSeed(result, "1", 3);
  AddStep(result, 0, 1, 1);
  AddStep(result, 3, 3, 0);
  EXPECT_THAT(Report(result, false), ::testing::ContainsRegex("hops to 50% of all members +never\n"));
}

TEST(Report, FitsOneHundredColumns) {
  v1::RunResult result = ArticleRun();
  result.add_warnings(std::string("words ") + std::string(30, 'w') +
                      " that go on and on, and on, and on, and on, and on");
  AddStep(result, 123'456'789'012, 1, 123'456'789'012);
  for (const std::string& line : Lines(Report(result, false))) EXPECT_LE(line.size(), kTextWidth) << line;
}

TEST(Report, ColoursOnlyWhenAsked) {
  EXPECT_THAT(Report(ArticleRun(), false), Not(HasSubstr("\033")));
  EXPECT_THAT(Report(ArticleRun(), true), HasSubstr("\033[1m"));
}

TEST(Report, ShortensLongTables) {
  v1::RunResult result = EmptyRun();
  AddSeed(result, "1", 1);
  AddStep(result, 0, 1, 1);
  for (int i = 0; i < 1000; ++i) AddStep(result, 1, 1, 1);
  const std::string report = Report(result, false);
  EXPECT_LT(Lines(report).size(), 90u);
  EXPECT_THAT(report, HasSubstr("...\n"));
  EXPECT_THAT(report, HasSubstr(" 1000  "));
}

TEST(Text, SeparatesThousands) {
  EXPECT_EQ(Thousands(0), "0");
  EXPECT_EQ(Thousands(999), "999");
  EXPECT_EQ(Thousands(1'000), "1,000");
  EXPECT_EQ(Thousands(18'446'744'073'709'551'615u), "18,446,744,073,709,551,615");
  EXPECT_EQ(Decimal(1234567.891, 2), "1,234,567.89");
  EXPECT_EQ(Decimal(-123.0, 0), "-123");
}

TEST(Text, DoesNotRoundSomethingToNothing) {
  EXPECT_EQ(PercentCell(1, 6'000'000), "<0.01");
  EXPECT_EQ(PercentCell(0, 6'000'000), "0.00");
  EXPECT_EQ(PercentCell(5'999'999, 6'000'000), ">99.99");
  EXPECT_EQ(PercentCell(5, 5), "100.00");
  EXPECT_EQ(Percent(0.001), "0.1%");
  EXPECT_EQ(Percent(0.1), "10%");
}

TEST(Text, MeasuresColumnsNotBytes) {
  Table table({{"name", Table::Align::kLeft}, {"n", Table::Align::kRight}});
  table.AddRow({"Zoë", "1"});
  table.AddRow({"Anna", "10"});
  EXPECT_EQ(table.Render(false), "name   n\nZoë    1\nAnna  10\n");
}

TEST(CsvField, QuotesWhatNeedsQuotes) {
  EXPECT_EQ(CsvField("17"), "17");
  EXPECT_EQ(CsvField("a,\"b\""), "\"a,\"\"b\"\"\"");
}

TEST(RunText, NamesTheSeedRule) {
  v1::Scenario scenario;
  EXPECT_EQ(SeedRuleText(scenario), "1 member at random");
  scenario.mutable_seed_members()->set_audience(1300);
  EXPECT_EQ(SeedRuleText(scenario), "1 member with audience 1,300");
}

TEST(ExitCode, TellsWhatKindOfTrouble) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("x")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("x")), ExitCode::kNotFound);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("x")), ExitCode::kUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::CancelledError("")), ExitCode::kInterrupted);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("x")), ExitCode::kFailed);
}

TEST(ExitCode, KeepsTheFieldOfARefusal) {
  const absl::Status status = FromCall(ToGrpc(FieldError("replicas", "expected 1 to 10000, found 0")));
  EXPECT_EQ(status.message(), "replicas: expected 1 to 10000, found 0");
}

// Not words that only look like them.
TEST(ExitCode, NamesFlagsAndCommandsWhereTheClusterNamesFieldsAndCalls) {
  EXPECT_EQ(InOwnWords("read as a row: skip it (`header_lines` 1), or use `string_ids`"),
            "read as a row: skip it (--header-lines 1), or use --string-ids");
  const absl::Status status =
      FromCall(ToGrpc(absl::NotFoundError("no run 'x': ListRuns tells which there are")));
  EXPECT_EQ(status.message(), "no run 'x': lawine run list tells which there are");
}

class DataDirTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/lawine-cli-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    data_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(data_); }
  std::string data_;
};

TEST_F(DataDirTest, CountsWorkerDirectories) {
  EXPECT_EQ(WorkerDirsCount(data_), 0u);
  for (const char* name : {"worker-0", "worker-2", "worker-x"})
    std::filesystem::create_directory(data_ + "/" + name);
  EXPECT_EQ(WorkerDirsCount(data_), 3u);
}

TEST_F(DataDirTest, IsNoFileNorInOne) {
  ASSERT_TRUE(WriteFileAtomically(data_ + "/file", "words").ok());
  Interrupt interrupt;
  for (const std::string& data : {data_ + "/file", data_ + "/file/data"}) {
    Session session{GlobalOptions(), interrupt};
    session.options.data = data;
    const absl::Status opened = Connection::Open(session).status();
    EXPECT_EQ(ExitCodeOf(opened), ExitCode::kUsage) << opened;
    EXPECT_THAT(std::string(opened.message()), HasSubstr(data_ + "/file is a file"));
    EXPECT_EQ(ExitCodeOf(DataLock::Take(session).status()), ExitCode::kUsage);
  }
  EXPECT_EQ(CheckDataDir(data_), absl::OkStatus());
  EXPECT_EQ(CheckDataDir(data_ + "/not/yet"), absl::OkStatus());
}

TEST_F(DataDirTest, TellsOnceForWhomItWaits) {
  Interrupt interrupt;
  Session session{GlobalOptions(), interrupt};
  session.options.data = data_;
  const auto held = DataLock::Take(session);
  ASSERT_TRUE(held.ok()) << held.status();
  for (const bool quiet : {false, true}) {
    session.options.quiet = quiet;
    ::testing::internal::CaptureStderr();
    const absl::Status refused = DataLock::Take(session, absl::Seconds(1)).status();
    const std::string said = ::testing::internal::GetCapturedStderr();
    const std::string holder = absl::StrCat("another lawine command (process ", getpid(), ")");
    EXPECT_THAT(std::string(refused.message()), HasSubstr(holder));
    EXPECT_EQ(said, quiet ? "" : absl::StrCat("waiting for ", holder, ", which is using ", data_, "\n"));
  }
}

TEST_F(DataDirTest, ReadsTheRecordItWrote) {
  ASSERT_TRUE(SaveCluster(data_, {{{"coordinator", 12, 345, "127.0.0.1:7"}}}).ok());
  const auto record = LoadCluster(data_);
  ASSERT_TRUE(record.ok()) << record.status();
  ASSERT_EQ(record->processes.size(), 1u);
  EXPECT_EQ(record->processes[0].pid, 12);
  EXPECT_EQ(record->processes[0].start_ticks, 345u);
  EXPECT_EQ(record->processes[0].address, "127.0.0.1:7");
}

TEST_F(DataDirTest, HasNoClusterWithoutARecord) {
  const auto record = LoadCluster(data_);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(StateOf(*record), ClusterState::kNone);
}

TEST_F(DataDirTest, IsNotFooledByAProcessThatInheritedAPid) {
  const ProcessRecord impostor{"coordinator", getpid(), 1, "127.0.0.1:7"};
  EXPECT_FALSE(IsAlive(impostor));
  EXPECT_EQ(StateOf({{impostor}}), ClusterState::kNone);
}

TEST(VerifyTextTest, TellsOfSoundShardsWithoutChecksums) {
  v1::VerifyGraphResponse response;
  response.set_sound(true);
  response.add_shards()->set_file_bytes(4'096);
  EXPECT_THAT(VerifyText(response, false), Not(HasSubstr("CHECKSUMS")));
  response.add_shards()->set_shard(1);
  const std::string text = VerifyText(response, false);
  EXPECT_THAT(text, HasSubstr("sound, no checksums"));
  EXPECT_THAT(text, HasSubstr("shard 1: it has no file CHECKSUMS"));
}

}  // namespace
}  // namespace lawine::cli
