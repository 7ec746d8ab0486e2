// Calls of lawine_small_calls: when they are begun, and what callers saw together.
#include "bench/services/call_rounds.h"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine::bench {
namespace {

using std::chrono::milliseconds;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;

using Done = std::function<void(const CallAnswer&)>;

CallAnswer Answered(const std::string& digest) { return {.deliveries = 300, .digest = digest}; }
CallAnswer Refused() { return {.status = absl::ResourceExhaustedError("no room")}; }

CallTimes Now(std::uint32_t count) {
  return {.first = std::chrono::steady_clock::now(), .interval = milliseconds(1), .count = count};
}

CallerRecord Saw(std::vector<double> seconds, const std::string& digest) {
  return {.seconds = std::move(seconds), .deliveries = 300, .digest = digest};
}

TEST(CallInRoundsTest, AnAnswerThatIsLateDelaysNoOtherCall) {
  std::atomic<int> begun = 0;
  int begun_before_the_first_answer = 0;
  std::promise<void> all_begun;
  std::thread late;
  const CallerRecord saw = CallInRounds(Now(5), [&](Done done) {
    if (++begun == 5) all_begun.set_value();
    if (begun > 1) return done(Answered("aa"));
    late = std::thread([&, done] {
      all_begun.get_future().wait_for(std::chrono::seconds(10));
      begun_before_the_first_answer = begun;
      done(Answered("aa"));
    });
  });
  late.join();
  EXPECT_EQ(begun_before_the_first_answer, 5);
  EXPECT_EQ(saw.seconds.size(), 5u) << "and the late one is waited for";
}

TEST(CallInRoundsTest, LatenciesCountFromTheTimesThatCallsHad) {
  const CallTimes times = {.first = std::chrono::steady_clock::now() - milliseconds(1'000),
                           .interval = milliseconds(10),
                           .count = 3};
  EXPECT_THAT(CallInRounds(times, [](Done done) { done(Answered("aa")); }).seconds, Each(Ge(0.98)));
}

TEST(CallInRoundsTest, RefusalsAreCountedAndOthersGoOn) {
  int begun = 0;
  const CallerRecord saw =
      CallInRounds(Now(4), [&](Done done) { done(++begun <= 3 ? Refused() : Answered("aa")); });
  EXPECT_TRUE(saw.status.ok()) << saw.status;
  EXPECT_EQ(saw.refused, 3u);
  EXPECT_EQ(saw.seconds.size(), 1u);
  EXPECT_EQ(saw.digest, "aa");
}

TEST(CallInRoundsTest, NoCallIsBegunAfterAFailureOrAnotherAnswer) {
  int begun = 0;
  CallerRecord saw = CallInRounds(Now(100), [&](Done done) {
    done(++begun < 3 ? Answered("aa") : CallAnswer{.status = absl::UnavailableError("gone")});
  });
  EXPECT_EQ(saw.status, absl::UnavailableError("gone"));
  EXPECT_EQ(begun, 3);
  saw = CallInRounds(Now(100), [&](Done done) { done(Answered(++begun < 5 ? "aa" : "bb")); });
  EXPECT_TRUE(absl::IsInternal(saw.status)) << saw.status;
  EXPECT_EQ(begun, 5);
}

TEST(TogetherTest, LatenciesAndRefusalsAreOfAllCallers) {
  CallerRecord second = Saw({0.1}, "aa");
  second.refused = 2;
  const auto all = Together({Saw({0.3, 0.2}, "aa"), second});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(all->seconds, ElementsAre(0.1, 0.2, 0.3));
  EXPECT_EQ(all->refused, 2u);
}

TEST(TogetherTest, WhoWasRefusedEveryTimeHasNoAnswerThatDiffers) {
  const CallerRecord refused{.refused = 4};
  const auto all = Together({refused, Saw({0.1}, "aa"), refused});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->digest, "aa");
  EXPECT_EQ(all->deliveries, 300u);
}

TEST(TogetherTest, AnswersThatDifferAndNoneAtAllAreRefused) {
  const absl::Status differ = Together({Saw({0.1}, "aa"), Saw({0.1}, "bb")}).status();
  EXPECT_TRUE(absl::IsInternal(differ)) << differ;
  EXPECT_THAT(std::string(differ.message()), HasSubstr("bb"));
  EXPECT_TRUE(absl::IsResourceExhausted(Together({CallerRecord{.refused = 4}}).status()));
  EXPECT_EQ(Together({Saw({0.1}, "aa"), CallerRecord{.status = absl::UnavailableError("gone")}}).status(),
            absl::UnavailableError("gone"));
}

}  // namespace
}  // namespace lawine::bench
