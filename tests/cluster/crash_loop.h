// kill -9 of any processes of a cluster at random moments, again and again.
//
//   CrashLoop crashes(cluster, "Forward");
//   while (!over() && crashes.Next()) continue;
//   crashes.End();
#ifndef LAWINE_TESTS_CLUSTER_CRASH_LOOP_H_
#define LAWINE_TESTS_CLUSTER_CRASH_LOOP_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/cluster/test_cluster.h"
#include "tests/support/test_random.h"

namespace lawine {

// How often, and from which seed: LAWINE_CRASH_KILLS (default 12) and LAWINE_CRASH_SEED (default 1) of the
// environment. Moments are drawn from the seed; what processes are doing at them is not.
class CrashLoop {
 public:
  // `name` tells loops of one seed apart.
  CrashLoop(TestCluster& cluster, const std::string& name);

  // Waits a random time, kills a random set of processes, and starts them again after another one. False when
  // there were enough kills: then nothing is done.
  bool Next();
  // Sees to it that all processes run.
  void End();

  std::uint32_t kills() const { return kills_; }
  // How to do the same again.
  std::string Replay() const;

 private:
  void Kill();
  void Revive();

  TestCluster& cluster_;
  const std::uint64_t seed_;
  const std::uint32_t kills_max_;
  TestRandom random_;
  std::uint32_t kills_ = 0;
  bool coordinator_dead_ = false;
  std::vector<std::size_t> dead_workers_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_CRASH_LOOP_H_
