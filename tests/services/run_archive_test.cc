#include "services/coordinator/runs/run_archive.h"

#include "gtest/gtest.h"
#include "services/coordinator/runs/run_names.h"
#include "tests/services/memory_registry.h"

namespace lawine {
namespace {

internal::v1::RunRecord Record(std::uint64_t run_id, const std::string& request_id) {
  internal::v1::RunRecord record;
  record.set_run_id(run_id);
  record.set_request_id(request_id);
  return record;
}

TEST(RunArchiveTest, ARunAndItsRequestAreKeptTogetherOrNotAtAll) {
  for (const std::string& refused : {RunKey(1), RunRequestKey("once")}) {
    MemoryRegistry registry;
    RunArchive archive(registry);
    registry.before_write = [&](const std::string& key) {
      return key == refused ? absl::ResourceExhaustedError("full") : absl::OkStatus();
    };
    EXPECT_FALSE(archive.Add(Record(1, "once")).ok());
    EXPECT_TRUE(registry.Records().empty()) << refused;
    registry.before_write = [](const std::string&) { return absl::OkStatus(); };
    EXPECT_TRUE(archive.Add(Record(1, "once")).ok());
    EXPECT_EQ(archive.RunOfRequest("once").value(), "runs/1");
  }
}

TEST(RunArchiveTest, ForgettingARunLeavesTheRequestOfAnother) {
  MemoryRegistry registry;
  RunArchive archive(registry);
  ASSERT_TRUE(archive.Add(Record(1, "once")).ok());
  ASSERT_TRUE(archive.Add(Record(2, "once")).ok());
  EXPECT_TRUE(archive.Forget(1, "once", 3).ok());
  EXPECT_EQ(archive.RunOfRequest("once").value(), "runs/2");
  EXPECT_TRUE(archive.Forget(2, "once", 3).ok());
  EXPECT_EQ(archive.RunOfRequest("once").value(), "");
}

TEST(RunArchiveTest, NumbersOfForgottenRunsAreNotUsedAgainWhoeverIsLate) {
  MemoryRegistry registry;
  RunArchive archive(registry);
  for (const std::uint64_t run_id : {1, 12}) ASSERT_TRUE(archive.Add(Record(run_id, "")).ok());
  EXPECT_TRUE(archive.Forget(12, "", 13).ok());
  EXPECT_TRUE(archive.Forget(1, "", 10).ok()) << "asked before the others were made";
  EXPECT_EQ(archive.NextId(), 13u);
  EXPECT_EQ(RunArchive(registry).NextId(), 13u);
}

}  // namespace
}  // namespace lawine
