#include "engine/base/thread_pool.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using testing::Each;

// How often each index was visited. Plain integers: the pool itself must order them after the call.
std::vector<int> Visits(Executor& executor, std::size_t count) {
  std::vector<int> visits(count);
  executor.ParallelFor(count, [&](std::size_t i) { ++visits[i]; });
  return visits;
}

TEST(InlineExecutor, RunsInOrderOnTheCallingThread) {
  InlineExecutor executor;
  EXPECT_EQ(executor.parallelism(), 1u);
  std::vector<std::size_t> order;
  executor.ParallelFor(5, [&](std::size_t i) { order.push_back(i); });
  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4));
}

TEST(ThreadPool, VisitsEveryIndexOnce) {
  for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.parallelism(), threads);
    for (const std::size_t count : {0u, 1u, 2u, 7u, 1000u, 100'000u}) {
      EXPECT_THAT(Visits(pool, count), Each(1)) << threads << " threads, " << count << " tasks";
    }
  }
}

TEST(ThreadPool, OfOneWorksOnTheCallingThread) {
  ThreadPool pool(1);
  const auto caller = std::this_thread::get_id();
  pool.ParallelFor(100, [&](std::size_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
}

TEST(ThreadPool, UsesItsThreadsAtTheSameTime) {
  ThreadPool pool(3);
  std::atomic<int> arrived{0};
  // Each task waits for the others: this ends only when three threads work at once.
  pool.ParallelFor(3, [&](std::size_t) {
    arrived.fetch_add(1);
    while (arrived.load() < 3) std::this_thread::yield();
  });
  EXPECT_EQ(arrived.load(), 3);
}

// This would not end if a task began before one that it waits for and kept that one from its thread.
TEST(ThreadPool, TasksMayWaitForThoseBeforeThem) {
  for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
    ThreadPool pool(threads);
    std::atomic<std::size_t> next{0};
    pool.ParallelFor(10'000, [&](std::size_t i) {
      while (next.load() != i) std::this_thread::yield();
      next.store(i + 1);
    });
    EXPECT_EQ(next.load(), 10'000u) << threads << " threads";
  }
}

TEST(ThreadPool, TasksMayCallParallelForThemselves) {
  for (const std::size_t threads : {1u, 2u, 4u}) {
    ThreadPool pool(threads);
    std::vector<std::uint64_t> sums(20);
    pool.ParallelFor(20, [&](std::size_t outer) {
      std::vector<std::uint64_t> parts(30);
      pool.ParallelFor(30, [&](std::size_t middle) {
        std::atomic<std::uint64_t> part{0};
        pool.ParallelFor(4, [&](std::size_t inner) { part += outer * 1000 + middle * 10 + inner; });
        parts[middle] = part;
      });
      sums[outer] = std::accumulate(parts.begin(), parts.end(), std::uint64_t{0});
    });
    for (std::uint64_t outer = 0; outer < 20; ++outer) {
      EXPECT_EQ(sums[outer], 120 * 1000 * outer + 4 * 10 * 435 + 30 * 6) << threads << " threads";
    }
  }
}

TEST(ThreadPool, ServesManyCallersAtOnce) {
  ThreadPool pool(3);
  constexpr std::size_t kCallers = 8, kRounds = 100;
  std::vector<std::uint64_t> failures(kCallers);
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (std::size_t round = 0; round < kRounds; ++round) {
        for (const int visits : Visits(pool, 1 + (caller * kRounds + round) % 97))
          failures[caller] += visits != 1;
      }
    });
  }
  for (std::thread& thread : callers) thread.join();
  EXPECT_THAT(failures, Each(0u));
}

TEST(ThreadPool, ACallerIsNotHeldUpByAnothersLongTask) {
  ThreadPool pool(2);
  std::atomic<bool> release{false}, started{false};
  std::thread slow([&] {
    pool.ParallelFor(2, [&](std::size_t) {
      started = true;
      while (!release) std::this_thread::yield();
    });
  });
  while (!started) std::this_thread::yield();
  // Both of the pool's threads may be stuck in the slow batch; the caller works through its own.
  EXPECT_THAT(Visits(pool, 50), Each(1));
  release = true;
  slow.join();
}

TEST(ThreadPool, ComesAndGoesQuickly) {
  for (int i = 0; i < 200; ++i) {
    const auto pool = std::make_unique<ThreadPool>(3);
    if (i % 2 == 0) {
      EXPECT_THAT(Visits(*pool, 10), Each(1));
    }
  }
}

}  // namespace
}  // namespace lawine
