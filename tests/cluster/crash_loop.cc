#include "tests/cluster/crash_loop.h"

#include <cstdlib>
#include <functional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  std::uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

}  // namespace

CrashLoop::CrashLoop(TestCluster& cluster, const std::string& name)
    : cluster_(cluster),
      seed_(FromEnvironment("LAWINE_CRASH_SEED", 1)),
      kills_max_(static_cast<std::uint32_t>(FromEnvironment("LAWINE_CRASH_KILLS", 12))),
      random_(seed_ * 1'000'003 + std::hash<std::string>()(name)) {}

bool CrashLoop::Next() {
  if (kills_ >= kills_max_) return false;
  // Most moments are early: that is where processes find each other again.
  const std::uint64_t most = random_.OneIn(3) ? 2'000 : 300;
  absl::SleepFor(absl::Milliseconds(random_.Below(most)));
  Kill();
  absl::SleepFor(absl::Milliseconds(random_.OneIn(2) ? 0 : random_.Below(400)));
  Revive();
  return true;
}

void CrashLoop::Kill() {
  const std::uint64_t kind =
      random_.Below(20);  // 10: a worker, 5: the coordinator, 3: all workers, 2: everybody
  const std::size_t one = random_.Below(cluster_.workers_count());
  for (std::size_t w = 0; w < cluster_.workers_count(); ++w) {
    if (kind < 10 ? w != one : kind < 15) continue;
    cluster_.worker(w).Kill();
    dead_workers_.push_back(w);
    ++kills_;
  }
  coordinator_dead_ = (kind >= 10 && kind < 15) || kind >= 18;
  if (!coordinator_dead_) return;
  cluster_.coordinator().Kill();
  ++kills_;
}

void CrashLoop::Revive() {
  if (coordinator_dead_) cluster_.ReviveCoordinator();
  coordinator_dead_ = false;
  for (const std::size_t w : dead_workers_) cluster_.ReviveWorker(w);
  dead_workers_.clear();
}

void CrashLoop::End() {
  for (std::size_t w = 0; w < cluster_.workers_count(); ++w) cluster_.AwaitBack(w);
}

std::string CrashLoop::Replay() const {
  const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat("after ", kills_, " kills; again, at the same moments: LAWINE_CRASH_SEED=", seed_,
                      " LAWINE_CRASH_KILLS=", kills_max_, " ctest -R ", test.test_suite_name(), ".",
                      test.name(), " ");
}

}  // namespace lawine
