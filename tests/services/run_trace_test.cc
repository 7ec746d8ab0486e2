#include "services/cli/text/run_trace.h"

#include <google/protobuf/util/time_util.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine::cli {
namespace {

using ::google::protobuf::util::TimeUtil;
using ::testing::HasSubstr;

v1::WorkerTrace Worker(const std::string& name, std::int64_t start_us) {
  v1::WorkerTrace trace;
  trace.set_worker(name);
  *trace.mutable_start_time() = TimeUtil::MicrosecondsToTimestamp(start_us);
  return trace;
}

void AddTurn(v1::WorkerTrace& trace, std::uint32_t steps_closed, std::uint64_t begin_us,
             std::uint64_t took_us, std::uint64_t sent_bytes) {
  v1::TraceTurn& turn = *trace.add_turns();
  turn.set_steps_closed(steps_closed);
  turn.set_begin_us(begin_us);
  turn.set_took_us(took_us);
  turn.set_sent_bytes(sent_bytes);
  trace.set_worked_us(trace.worked_us() + took_us);
}

v1::GetRunTraceResponse TwoWorkers() {
  v1::GetRunTraceResponse response;
  v1::WorkerTrace& late = *response.add_workers();
  late = Worker("late", 1'000'500);
  AddTurn(late, 1, 0, 3'000, 64);
  AddTurn(late, 2, 4'000, 6'000, 36);
  late.set_waited_us(1'000);
  v1::WorkerTrace& first = *response.add_workers();
  first = Worker("first", 1'000'000);
  AddTurn(first, 1, 0, 1'000, 10);
  first.set_waited_us(3'000);
  first.set_turns_left_out(5);
  return response;
}

TEST(RunTraceTest, IsInMicrosecondsFromTheFirstStart) {
  const Json trace = ChromeTrace("runs/7", TwoWorkers());
  const Json& events = trace["traceEvents"];
  ASSERT_EQ(events.size(), 7u) << events.dump(1);
  EXPECT_EQ(events[0]["args"]["name"], "runs/7");
  EXPECT_EQ(events[1]["args"]["name"], "worker late");
  EXPECT_EQ(events[2].dump(), R"({"name":"step 1","cat":"work","ph":"X","pid":1,"tid":1,"ts":500,"dur":3000,)"
                              R"("args":{"sent_bytes":64}})");
  EXPECT_EQ(events[3].dump(),
            R"({"name":"wait","cat":"wait","ph":"X","pid":1,"tid":1,"ts":3500,"dur":1000})");
  EXPECT_EQ(events[4]["ts"], 4'500);
  EXPECT_EQ(events[5]["args"]["name"], "worker first");
  EXPECT_EQ(events[6]["tid"], 2);
  EXPECT_EQ(events[6]["ts"], 0);
}

TEST(RunTraceTest, BlocksOfAWorkerShareItsRow) {
  v1::GetRunTraceResponse response = TwoWorkers();
  v1::WorkerTrace& more = *response.add_workers();
  more = Worker("late", 1'020'000);
  AddTurn(more, 0, 0, 1'000, 0);
  more.mutable_turns(0)->set_replicas_done(8);
  const Json events = ChromeTrace("runs/7", response)["traceEvents"];
  ASSERT_EQ(events.size(), 8u) << events.dump(1);
  EXPECT_EQ(events[5]["name"], "8 replicas over");
  EXPECT_EQ(events[5]["tid"], 1);
  EXPECT_EQ(events[5]["ts"], 20'000);
  EXPECT_THAT(TraceText("runs/7", response, false), HasSubstr("late        3  0.010 s  0.001 s      90.91"));
}

TEST(RunTraceTest, TableHasARowForEachWorker) {
  EXPECT_EQ(TraceText("runs/7", TwoWorkers(), false),
            "worker  turns   worked   waited  working %  longest turn   sent\n"
            "late        2  0.009 s  0.001 s      90.00       0.006 s  100 B\n"
            "first       6  0.001 s  0.003 s      25.00       0.001 s   10 B\n");
  EXPECT_THAT(TraceText("runs/7", {}, false), HasSubstr("no trace"));
}

}  // namespace
}  // namespace lawine::cli
