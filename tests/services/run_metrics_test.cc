#include "services/coordinator/runs/run_metrics.h"

#include <prometheus/text_serializer.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using testing::HasSubstr;

class RunMetricsTest : public testing::Test {
 protected:
  std::string Text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }
  static void AddTurn(std::uint32_t steps_closed, std::uint64_t begin_us, std::uint64_t took_us,
                      v1::WorkerTrace& trace) {
    v1::TraceTurn& turn = *trace.add_turns();
    turn.set_steps_closed(steps_closed);
    turn.set_begin_us(begin_us);
    turn.set_took_us(took_us);
  }

  prometheus::Registry registry_;
  RunMetrics metrics_{registry_};
};

TEST_F(RunMetricsTest, StepsTakeFromTheEndOfOneToTheEndOfTheNext) {
  v1::WorkerTrace first, second;
  AddTurn(0, 0, 500, first);        // closes nothing
  AddTurn(1, 600, 2'400, first);    // 3 ms
  AddTurn(3, 4'000, 1'000, first);  // two, 1 ms each
  first.set_worked_us(3'000'000);
  first.set_waited_us(2'000'000);
  second.set_worked_us(1'000'000);
  AddTurn(3, 0, 9'000'000, second);
  metrics_.Traced({first, second});
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("lawine_step_seconds_count 3"));
  EXPECT_THAT(text, HasSubstr("lawine_step_seconds_bucket{le=\"0.0025\"} 2"));
  EXPECT_THAT(text, HasSubstr("lawine_step_seconds_bucket{le=\"0.005\"} 3"));
  EXPECT_THAT(text, HasSubstr("lawine_worker_seconds_total{state=\"working\"} 4"));
  EXPECT_THAT(text, HasSubstr("lawine_worker_seconds_total{state=\"waiting\"} 2"));
}

TEST_F(RunMetricsTest, RunsOfSeveralReplicasTellNoSteps) {
  v1::WorkerTrace trace;
  AddTurn(0, 0, 500, trace);
  trace.mutable_turns(0)->set_replicas_done(7);
  metrics_.Traced({trace});
  metrics_.Traced({});
  EXPECT_THAT(Text(), HasSubstr("lawine_step_seconds_count 0"));
}

}  // namespace
}  // namespace lawine
