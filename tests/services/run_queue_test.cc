// Who is let into the queue, and who comes next.
#include "services/coordinator/runs/run_queue.h"

#include <memory>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

RunQueue::Entry MakeRun(const std::string& owner = "", std::uint64_t bytes = 1) {
  const auto entry = std::make_shared<RunEntry>();
  entry->owner = owner;
  entry->scenario_bytes = bytes;
  return entry;
}

// Whether there is room for one more; it does not come.
absl::Status Room(RunQueue& queue, const RunQueue::Entry& entry, const PausedRuns& paused) {
  const absl::Status room = queue.Reserve(entry, paused);
  queue.GiveUp(entry);
  return room;
}

TEST(RunQueueTest, WhoIsAboutToComeHasRoomAlready) {
  RunsOptions options;
  options.queued_bytes_max = 100;
  RunQueue queue(options);
  const RunQueue::Entry first = MakeRun("", 60), second = MakeRun("", 40), third = MakeRun("", 1);
  EXPECT_TRUE(queue.Reserve(first, {}).ok());
  EXPECT_TRUE(queue.Reserve(second, {}).ok());
  EXPECT_FALSE(queue.Reserve(third, {}).ok());
  queue.Add(first);
  EXPECT_FALSE(queue.Reserve(third, {}).ok()) << "no second room for who has come";
  queue.GiveUp(second);
  EXPECT_TRUE(queue.Reserve(third, {}).ok());
}

// Workers must not forget checkpoints of runs that are not listed yet.
TEST(RunQueueTest, TheFirstOfThoseThatAreAboutToComeIsKnown) {
  const RunsOptions options;
  RunQueue queue(options);
  EXPECT_EQ(queue.FirstComing(), std::nullopt);
  const RunQueue::Entry first = MakeRun(), second = MakeRun();
  for (const RunQueue::Entry& entry : {second, first}) ASSERT_TRUE(queue.Reserve(entry, {}).ok());
  first->run_id = 7;
  second->run_id = 8;
  EXPECT_EQ(queue.FirstComing(), 7u);
  queue.Add(first);
  EXPECT_EQ(queue.FirstComing(), 8u);
  queue.GiveUp(second);
  EXPECT_EQ(queue.FirstComing(), std::nullopt);
}

TEST(RunQueueTest, ScenariosThatWaitHaveAShareOfMemory) {
  RunsOptions options;
  options.queued_bytes_max = 100;
  RunQueue queue(options);
  EXPECT_TRUE(Room(queue, MakeRun("", 1'000), {}).ok()) << "one may always wait";
  queue.Add(MakeRun("", 60));
  EXPECT_TRUE(Room(queue, MakeRun("", 40), {}).ok());
  const absl::Status status = Room(queue, MakeRun("", 41), {});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
  queue.TakeNext();
  EXPECT_TRUE(Room(queue, MakeRun("", 41), {}).ok());
}

TEST(RunQueueTest, RunsThatArePausedTakeRoomToo) {
  RunsOptions options;
  options.queued_bytes_max = 100;
  RunQueue queue(options);
  EXPECT_TRUE(Room(queue, MakeRun("", 40), {.runs = 1, .scenario_bytes = 60}).ok());
  EXPECT_EQ(ReasonOf(Room(queue, MakeRun("", 41), {.runs = 1, .scenario_bytes = 60})), "QUEUE_FULL");
  EXPECT_EQ(ReasonOf(Room(queue, MakeRun(), {.runs = RunQueue::kRunsMax})), "QUEUE_FULL");
}

TEST(RunQueueTest, OnlyThoseWhoseTurnIsNearKeepTheirPlans) {
  RunsOptions options;
  options.at_once_max = 2;
  RunQueue queue(options);
  for (int i = 0; i < 4; ++i) {
    const RunQueue::Entry entry = MakeRun();
    entry->plan.emplace();
    queue.Add(entry);
    EXPECT_EQ(entry->plan.has_value(), i < 2) << i;
    EXPECT_EQ(queue.PlaceOf(*entry), static_cast<std::uint32_t>(i) + 1);
  }
}

TEST(RunQueueTest, WhoHasEnoughGoingOnIsPassed) {
  RunsOptions options;
  options.limits_of = [](const std::string& owner) {
    return owner == "few" ? OwnerLimits{.runs_at_once = 1, .runs_queued = 2} : OwnerLimits();
  };
  RunQueue queue(options);
  const RunQueue::Entry few[] = {MakeRun("few"), MakeRun("few")}, other = MakeRun("other");
  for (const auto& entry : {few[0], few[1], other}) queue.Add(entry);
  EXPECT_EQ(ReasonOf(Room(queue, MakeRun("few"), {})), "RUN_QUOTA");
  EXPECT_TRUE(Room(queue, MakeRun("other"), {}).ok());
  EXPECT_TRUE(Room(queue, MakeRun("other"), {.runs = 1, .of_owner = 1}).ok());
  EXPECT_EQ(queue.TakeNext(), few[0]);
  EXPECT_TRUE(Room(queue, MakeRun("few"), {}).ok());
  const absl::Status status = Room(queue, MakeRun("few"), {.runs = 1, .of_owner = 1});
  EXPECT_EQ(ReasonOf(status), "RUN_QUOTA");
  EXPECT_EQ(status.message(),
            "token 'few' has 1 runs queued and 1 paused, as many as it may: wait until some have begun, or "
            "cancel one");
  EXPECT_EQ(queue.TakeNext(), other);
  EXPECT_EQ(queue.TakeNext(), RunQueue::Entry());
  queue.Over(*few[0]);
  EXPECT_EQ(queue.TakeNext(), few[1]);
  EXPECT_FALSE(queue.Remove(few[1]));
}

}  // namespace
}  // namespace lawine
