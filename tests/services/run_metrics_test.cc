#include "services/coordinator/runs/run_metrics.h"

#include <prometheus/text_serializer.h>

#include <string>

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
  google::protobuf::RepeatedPtrField<v1::WorkerTrace> traces;
  v1::WorkerTrace& first = *traces.Add();
  AddTurn(7, 0, 500, first);         // goes on at a checkpoint, perhaps
  AddTurn(8, 600, 3'400, first);     // 3.5 ms
  AddTurn(10, 5'000, 1'000, first);  // two, 1 ms each
  first.set_worked_us(3'000'000);
  first.set_waited_us(2'000'000);
  v1::WorkerTrace& second = *traces.Add();
  second.set_worked_us(1'000'000);
  AddTurn(10, 0, 9'000'000, second);
  metrics_.Traced(traces);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("lawine_step_seconds_count 3"));
  EXPECT_THAT(text, HasSubstr("lawine_step_seconds_bucket{le=\"0.0025\"} 2"));
  EXPECT_THAT(text, HasSubstr("lawine_step_seconds_bucket{le=\"0.005\"} 3"));
  EXPECT_THAT(text, HasSubstr("lawine_worker_seconds_total{state=\"working\"} 4"));
  EXPECT_THAT(text, HasSubstr("lawine_worker_seconds_total{state=\"waiting\"} 2"));
}

TEST_F(RunMetricsTest, RunsOfSeveralReplicasTellNoSteps) {
  google::protobuf::RepeatedPtrField<v1::WorkerTrace> traces;
  metrics_.Traced(traces);
  AddTurn(0, 0, 500, *traces.Add());
  AddTurn(0, 600, 500, *traces.Mutable(0));
  metrics_.Traced(traces);
  EXPECT_THAT(Text(), HasSubstr("lawine_step_seconds_count 0"));
}

}  // namespace
}  // namespace lawine
