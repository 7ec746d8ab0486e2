// Strangers who open more connections than a process may have, with processes that may have few.
#include <gmock/gmock.h>

#include <deque>
#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/cluster/long_run.h"
#include "tests/support/http_get.h"
#include "tests/support/raw_connection.h"

namespace lawine {
namespace {

constexpr int kDescriptorsMax = 128;
constexpr int kCallers = 2 * kDescriptorsMax;
// Whoever is not answered at once would wait until connections are closed.
constexpr absl::Duration kAnswerWithin = absl::Seconds(20);

class NoDescriptorsTest : public LongRunTest {
 protected:
  void SetUp() override {
    const std::string limit = absl::StrCat("--nofile=", kDescriptorsMax, ":", kDescriptorsMax);
    const std::vector<std::string> prefix = {"/usr/bin/prlimit", limit};
    StartCluster({.workers = 1,
                  .coordinator_flags = {"--admin-listen", "127.0.0.1:0"},
                  .coordinator_prefix = prefix,
                  .worker_prefixes = {prefix}});
    digest_ = SmallDigest();
  }
  // Connections that say nothing and stay open: each is taken or refused at once.
  static void Crowd(const std::string& address, const std::function<void()>& meanwhile) {
    std::deque<RawConnection> callers;
    for (int i = 0; i < kCallers; ++i) callers.emplace_back(address);
    for (const RawConnection& caller : callers) ASSERT_TRUE(caller.Hears(kAnswerWithin));
    meanwhile();
    EXPECT_TRUE(RawConnection(address).Hears(kAnswerWithin));
  }

  std::string digest_;
};

TEST_F(NoDescriptorsTest, ACoordinatorsPortLivesOn) {
  Crowd(cluster().address(),
        [&] { EXPECT_EQ(HttpGet(cluster().coordinator().Printed("admin port on "), "/livez").code, 200); });
  EXPECT_THAT(cluster().coordinator().Said(), testing::HasSubstr("callers are refused"));
  Client late(cluster().address());
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return late.Simulate(Scenario(1)).ok(); }));
  EXPECT_EQ(late.Simulate(Scenario(1)).value.digest(), digest_);
}

TEST_F(NoDescriptorsTest, AWorkersPortLivesOn) {
  Crowd(cluster().worker_address(0), [] {});
  EXPECT_THAT(cluster().worker(0).Said(), testing::HasSubstr("callers are refused"));
  cluster().RestartCoordinator();  // it has no connection yet
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return client().Simulate(Scenario(1)).ok(); }));
  EXPECT_EQ(SmallDigest(), digest_);
}

}  // namespace
}  // namespace lawine
