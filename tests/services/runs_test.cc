// What becomes of runs that a coordinator finds in its registry, without workers.
#include "services/coordinator/runs/runs.h"

#include <prometheus/registry.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/thread_pool.h"
#include "gtest/gtest.h"
#include "services/common/rpc.h"
#include "services/coordinator/runs/run_names.h"
#include "tests/services/held_up_registry.h"
#include "tests/services/memory_registry.h"
#include "tests/support/patience.h"

namespace lawine {
namespace {

constexpr std::chrono::seconds kPatience(20);

class RunsTest : public testing::Test {
 protected:
  // What the registry has of a run; it has ended in the order of their numbers, and expires `expires` from
  // now.
  void Keep(std::uint64_t run_id, v1::RunState state, absl::Duration expires = absl::Hours(1),
            const std::string& graph = "g") {
    internal::v1::RunRecord record;
    record.set_run_id(run_id);
    record.set_request_id(absl::StrCat("request-", run_id));
    v1::Run& run = *record.mutable_run();
    run.set_name(RunName(run_id));
    run.set_state(state);
    run.mutable_scenario()->set_graph(graph);
    run.mutable_end_time()->set_seconds(static_cast<std::int64_t>(run_id));
    run.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(absl::Now() + expires));
    ASSERT_TRUE(RunArchive(registry_).Add(record).ok());
  }
  // "g", whose workers are away.
  void AddGraph() {
    internal::v1::GraphRecord record;
    record.mutable_info()->set_name("g");
    record.mutable_info()->set_graph_version(1);
    for (const std::uint32_t boundary : {0u, 2u}) record.mutable_info()->add_boundaries(boundary);
    ASSERT_TRUE(graphs_.Update(record, {}).ok());
  }
  void KeepBlock(std::uint64_t run_id) {
    ASSERT_TRUE(RunArchive(registry_).AddBlock(run_id, internal::v1::RunBlock()).ok());
  }
  void Start(const RunsOptions& options = {}) {
    runs_ = std::make_unique<Runs>(registry_, graphs_, workers_, options, &metrics_);
    ASSERT_TRUE(runs_->Start().ok());
  }
  v1::RunState Kept(std::uint64_t run_id) {
    const auto record = RunArchive(registry_).Load(run_id);
    return record.ok() ? record->run().state() : v1::RUN_STATE_UNSPECIFIED;
  }
  // Of lawine_runs_total.
  double Ends(const std::string& state) {
    for (const auto& family : prometheus_.Collect()) {
      for (const auto& metric : family.metric) {
        if (family.name == "lawine_runs_total" && metric.label[0].value == state) return metric.counter.value;
      }
    }
    return -1;
  }

  MemoryRegistry registry_;
  WorkerDirectory workers_;
  ThreadPool pool_{1};
  Graphs graphs_{registry_, workers_, pool_};
  prometheus::Registry prometheus_;
  RunMetrics metrics_{prometheus_};
  std::unique_ptr<Runs> runs_;
};

TEST_F(RunsTest, TakesUpWhatItFindsAndDropsWhatIsOver) {
  Keep(1, v1::RUN_STATE_SUCCEEDED);
  KeepBlock(1);
  Keep(2, v1::RUN_STATE_PAUSED);
  KeepBlock(2);
  Start();
  EXPECT_TRUE(RunArchive(registry_).Blocks(1)->empty());
  EXPECT_EQ(RunArchive(registry_).Blocks(2)->size(), 1u);
  EXPECT_EQ(runs_->Get("runs/2")->state(), v1::RUN_STATE_PAUSED);
}

TEST_F(RunsTest, APausedRunThatIsCancelledCountsAsOneThatEnded) {
  Keep(1, v1::RUN_STATE_PAUSED);
  Start();
  EXPECT_EQ(Ends("cancelled"), 0);
  EXPECT_EQ(runs_->Cancel("runs/1")->state(), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(Kept(1), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(Ends("cancelled"), 1);
}

TEST_F(RunsTest, ARunThatIsCancelledWhileItIsNotedAsPausedDoesNotStayPaused) {
  Keep(1, v1::RUN_STATE_QUEUED);
  Keep(2, v1::RUN_STATE_QUEUED);
  Latch first, second, pausing;  // writes of the first run, which has the only place, and of the second
  std::once_flag once;
  registry_.before_write = [&](const std::string& key) {
    if (key == RunKey(1)) {
      EXPECT_TRUE(first.Wait());
    } else if (key == RunKey(2)) {
      std::call_once(once, [&pausing] { pausing.Open(); });
      EXPECT_TRUE(second.Wait());
    }
    return absl::OkStatus();
  };
  RunsOptions options;
  options.at_once_max = 1;
  Start(options);
  auto paused = std::async(std::launch::async, [this] { return runs_->Pause("runs/2"); });
  ASSERT_TRUE(pausing.Wait());
  EXPECT_TRUE(runs_->Cancel("runs/2").ok());
  second.Open();
  first.Open();
  paused.wait();
  EXPECT_EQ(runs_->Get("runs/2")->state(), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(Kept(2), v1::RUN_STATE_CANCELLED);
  runs_ = nullptr;
}

// One that waits for its graph's workers is left to the next coordinator, which must not go on with it.
TEST_F(RunsTest, ARunThatIsCancelledWhileTheCoordinatorStopsIsCancelledForTheNext) {
  AddGraph();
  Keep(1, v1::RUN_STATE_QUEUED);
  Keep(2, v1::RUN_STATE_QUEUED);
  HeldUpWrite write(registry_, RunKey(1));
  RunsOptions options;
  options.at_once_max = 2;
  Start(options);
  for (const char* run : {"runs/1", "runs/2"}) {
    ASSERT_TRUE(Eventually(absl::Seconds(20), [&] { return !runs_->Get(run)->waiting_for().empty(); }));
  }
  auto stopped = std::async(std::launch::async, [this] { runs_->Stop(); });
  ASSERT_TRUE(write.Wait());
  EXPECT_TRUE(runs_->Cancel("runs/1").ok());
  write.GoOn();
  stopped.wait();
  EXPECT_EQ(Kept(1), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(Kept(2), v1::RUN_STATE_QUEUED);
  EXPECT_EQ(runs_->Cancel("runs/2")->state(), v1::RUN_STATE_CANCELLED) << "it is left already";
  EXPECT_EQ(Kept(2), v1::RUN_STATE_CANCELLED);
}

// Its caller has waited since then, whoever conducts it.
TEST_F(RunsTest, SecondsOfARunBeginWhereItWasAskedFor) {
  Keep(1, v1::RUN_STATE_PAUSED);
  internal::v1::RunRecord record = *RunArchive(registry_).Load(1);
  record.mutable_run()->mutable_create_time()->set_seconds(absl::ToUnixSeconds(absl::Now() - absl::Hours(1)));
  ASSERT_TRUE(RunArchive(registry_).Save(record).ok());
  Start();
  ASSERT_TRUE(runs_->Cancel("runs/1").ok());
  for (const auto& family : prometheus_.Collect()) {
    if (family.name != "lawine_run_seconds") continue;
    EXPECT_GE(family.metric[0].histogram.sample_sum, 3'600);
    return;
  }
  FAIL() << "no lawine_run_seconds";
}

TEST_F(RunsTest, AnEndIsToldAsItIsKeptWhenReplicasCannotBeDropped) {
  Keep(1, v1::RUN_STATE_PAUSED);
  KeepBlock(1);
  Start();
  registry_.before_write = [](const std::string& key) {
    return key.starts_with("block/") ? absl::ResourceExhaustedError("full") : absl::OkStatus();
  };
  EXPECT_EQ(runs_->Cancel("runs/1")->state(), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(Kept(1), v1::RUN_STATE_CANCELLED);
}

TEST_F(RunsTest, ARunThatIsPinnedWhileOthersAreForgottenStays) {
  for (const std::uint64_t run_id : {1u, 2u, 3u}) Keep(run_id, v1::RUN_STATE_SUCCEEDED, -absl::Hours(1));
  Latch forgetting, go_on;
  registry_.before_write = [&](const std::string& key) {
    if (key != RunRequestKey("request-1")) return absl::OkStatus();
    forgetting.Open();
    EXPECT_TRUE(go_on.Wait());
    return absl::OkStatus();
  };
  Start();
  ASSERT_TRUE(forgetting.Wait());
  const auto pinned = runs_->Pin("runs/2", true);
  go_on.Open();
  ASSERT_TRUE(pinned.ok()) << pinned.status();
  const absl::Time end = absl::Now() + absl::FromChrono(kPatience);
  while (runs_->Get("runs/3").ok() && absl::Now() < end) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_FALSE(runs_->Get("runs/3").ok());
  EXPECT_TRUE(runs_->Get("runs/2").ok());
  EXPECT_EQ(Kept(2), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(RunsTest, AClockThatIsSetForwardExpiresNothing) {
  Keep(1, v1::RUN_STATE_SUCCEEDED);
  Keep(2, v1::RUN_STATE_SUCCEEDED, -absl::Hours(1));
  std::atomic<bool> set_forward{false};
  RunsOptions options;
  options.time_of_day = [&set_forward] { return absl::Now() + absl::Hours(set_forward ? 30 * 24 : 0); };
  runs_ = std::make_unique<Runs>(registry_, graphs_, workers_, options, &metrics_);
  set_forward = true;
  ASSERT_TRUE(runs_->Start().ok());
  EXPECT_TRUE(Eventually(absl::Seconds(20), [this] { return !runs_->Get("runs/2").ok(); }));
  EXPECT_TRUE(runs_->Get("runs/1").ok()) << "it was looked at before the other";
  runs_ = nullptr;
}

TEST_F(RunsTest, NobodyWaitsForTheRecordOfAnotherToBeWritten) {
  Keep(1, v1::RUN_STATE_SUCCEEDED);
  Keep(2, v1::RUN_STATE_SUCCEEDED);
  Start();
  Latch writing, go_on;
  registry_.before_write = [&](const std::string&) {
    writing.Open();
    EXPECT_TRUE(go_on.Wait());
    return absl::OkStatus();
  };
  auto pinned = std::async(std::launch::async, [&] { return runs_->Pin("runs/1", true); });
  ASSERT_TRUE(writing.Wait());
  auto asked = std::async(std::launch::async, [&] {
    std::uint32_t running = 0, queued = 0;
    runs_->Count(running, queued);
    bool more = false;
    return runs_->Get("runs/1").ok() && runs_->List(10, ~0ull, 1 << 20, more).size() == 2;
  });
  EXPECT_EQ(asked.wait_for(kPatience / 4), std::future_status::ready);
  go_on.Open();
  EXPECT_TRUE(asked.get());
  EXPECT_TRUE(pinned.get()->pinned());
}

TEST_F(RunsTest, APageOfLargeRunsEndsEarly) {
  constexpr std::size_t kMebibyte = 1 << 20;
  for (const std::uint64_t run_id : {1u, 2u, 3u, 4u, 5u}) {
    Keep(run_id, v1::RUN_STATE_SUCCEEDED, absl::Hours(1), std::string(3 * kMebibyte, 'g'));
  }
  Start();
  bool more = false;
  EXPECT_EQ(runs_->List(1'000, ~0ull, 4 * kMebibyte, more).size(), 2u);
  EXPECT_TRUE(more);
  EXPECT_EQ(runs_->List(1'000, 2, 4 * kMebibyte, more)[0].name(), "runs/1");
  EXPECT_FALSE(more);
  EXPECT_EQ(runs_->List(2, ~0ull, 100 * kMebibyte, more).size(), 2u);
  EXPECT_TRUE(more);
  EXPECT_EQ(runs_->List(5, ~0ull, 100 * kMebibyte, more).size(), 5u);
  EXPECT_FALSE(more);
}

// A worker that knows nothing but of which run it was told to forget what it keeps.
class Keeper final : public internal::v1::WorkerService::Service {
 public:
  Keeper() : bound_(*StartServer({.address = "127.0.0.1:0"}, {this})) {}
  ~Keeper() override { StopServer(*bound_.server, absl::ZeroDuration()); }

  const std::string& address() const { return bound_.address; }
  std::uint64_t forgotten() const { return forgotten_; }
  grpc::Status DropRun(grpc::ServerContext*, const internal::v1::DropRunRequest* request,
                       internal::v1::DropRunResponse*) override {
    forgotten_ = request->run_id();
    return grpc::Status::OK;
  }

 private:
  std::atomic<std::uint64_t> forgotten_{0};
  const BoundServer bound_;
};

TEST_F(RunsTest, WorkersForgetTheReceiptsOfARunThatFails) {
  const Keeper worker;
  internal::v1::RegisterRequest said;
  said.set_node_id("w-1");
  said.set_address(worker.address());
  ASSERT_TRUE(workers_.Register(said).ok());
  Keep(7, v1::RUN_STATE_QUEUED);
  auto record = RunArchive(registry_).Load(7).value();
  record.mutable_run()->set_record_receipts(true);
  ASSERT_TRUE(RunArchive(registry_).Save(record).ok());
  Start();
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] { return worker.forgotten() == 7; }));
  EXPECT_EQ(Kept(7), v1::RUN_STATE_FAILED);
  runs_ = nullptr;
}

}  // namespace
}  // namespace lawine
