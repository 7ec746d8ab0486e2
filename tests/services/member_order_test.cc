#include "services/coordinator/graphs/member_order.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"
#include "services/coordinator/graphs/members.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

template <class Int>
std::string Packed(const std::vector<Int>& values) {
  return wire::PackInts(std::span<const Int>(values));
}

// Two members at a worker. All follow member 0:   1, 2, 3 -> 0
class Worker final : public pbi::WorkerService::Service {
 public:
  explicit Worker(std::uint32_t shard) : shard_(shard) {
    absl::StatusOr<BoundServer> bound = StartServer({.address = "127.0.0.1:0"}, {this});
    EXPECT_TRUE(bound.ok()) << bound.status();
    server_ = *std::move(bound);
  }
  ~Worker() override { StopServer(*server_.server, absl::ZeroDuration()); }

  WorkerHandle Handle() const {
    return {.node_id = absl::StrCat("w-", shard_),
            .address = server_.address,
            .stub = pbi::WorkerService::NewStub(OpenChannel(server_.address)),
            .shards = {shard_}};
  }

  // Questions about graphs of this name wait until it is opened, or they are cancelled.
  void Close(const std::string& graph) {
    MutexLock lock(mutex_);
    closed_ = graph;
  }
  void Fail() { failing_ = true; }
  std::uint32_t asked() const { return asked_; }
  std::uint32_t cancelled() const { return cancelled_; }

  grpc::Status ReadMembers(grpc::ServerContext* context, const pbi::ReadMembersRequest* request,
                           pbi::ReadMembersResponse*) override {
    return Answer(*context, request->graph());
  }
  grpc::Status ProposeSeeds(grpc::ServerContext* context, const pbi::ProposeSeedsRequest* request,
                            pbi::ProposeSeedsResponse*) override {
    return Answer(*context, request->graph());
  }
  grpc::Status ReadDegrees(grpc::ServerContext* context, const pbi::ReadDegreesRequest* request,
                           grpc::ServerWriter<pbi::ReadDegreesResponse>* writer) override {
    const grpc::Status answer = Answer(*context, request->graph());
    if (!answer.ok()) return answer;
    if (failing_) return {grpc::StatusCode::INTERNAL, "broken"};
    const bool first = shard_ == 0;
    pbi::ReadDegreesResponse part;
    part.set_first(2 * shard_);
    part.set_audiences(Packed(std::vector<std::uint32_t>{first ? 3u : 0u, 0u}));
    part.set_followees(Packed(std::vector<std::uint32_t>{first ? 0u : 1u, 1u}));
    writer->Write(part);
    return grpc::Status::OK;
  }
  grpc::Status PassOn(grpc::ServerContext*,
                      grpc::ServerReaderWriter<pbi::PassOnResponse, pbi::PassOnRequest>* stream) override {
    std::uint64_t sum = 0;
    for (pbi::PassOnRequest part; stream->Read(&part);) {
      std::vector<std::uint64_t> values;
      if (!wire::UnpackInts(part.values(), values).ok()) return {grpc::StatusCode::INVALID_ARGUMENT, ""};
      for (std::size_t i = 0; i < values.size(); ++i) sum += part.first() + i > 0 ? values[i] : 0;
    }
    pbi::PassOnResponse part;
    part.set_sums(Packed(std::vector<std::uint64_t>{sum}));
    stream->Write(part);
    return grpc::Status::OK;
  }
  grpc::Status ReadFollowees(grpc::ServerContext*, const pbi::ReadFolloweesRequest* request,
                             grpc::ServerWriter<pbi::ReadFolloweesResponse>* writer) override {
    std::vector<std::uint32_t> members, followees;
    if (!wire::UnpackInts(request->members(), members).ok()) return {grpc::StatusCode::INVALID_ARGUMENT, ""};
    for (const std::uint32_t member : members) {
      if (member > 0 && member / 2 == shard_) followees.push_back(0);
    }
    pbi::ReadFolloweesResponse part;
    part.set_followees(Packed(followees));
    writer->Write(part);
    return grpc::Status::OK;
  }

 private:
  grpc::Status Answer(const grpc::ServerContext& context, const std::string& graph) {
    ++asked_;
    while (IsClosed(graph)) {
      if (context.IsCancelled()) {
        ++cancelled_;
        return {grpc::StatusCode::CANCELLED, "cancelled"};
      }
      absl::SleepFor(absl::Milliseconds(1));
    }
    return grpc::Status::OK;
  }
  bool IsClosed(const std::string& graph) {
    MutexLock lock(mutex_);
    return closed_ == graph;
  }

  const std::uint32_t shard_;
  BoundServer server_;
  std::atomic<std::uint32_t> asked_{0};
  std::atomic<std::uint32_t> cancelled_{0};
  std::atomic<bool> failing_{false};
  Mutex mutex_;
  std::string closed_ ABSL_GUARDED_BY(mutex_);
};

pbi::GraphInfo Graph(const std::string& name) {
  pbi::GraphInfo graph;
  graph.set_name(name);
  graph.set_digest(name);
  for (const std::uint32_t boundary : {0u, 2u, 4u}) graph.add_boundaries(boundary);
  return graph;
}

class MemberOrderTest : public testing::Test {
 protected:
  using Answer = absl::StatusOr<MemberOrder>;

  Answer Get(const std::string& graph, RankKind kind = RankKind::kPageRank) {
    return orders_.Get(Graph(graph), placement_, kind, nobody_);
  }
  std::future<Answer> Ask(const std::string& graph, Cancellation& cancellation) {
    return std::async(std::launch::async, [this, graph, &cancellation] {
      return orders_.Get(Graph(graph), placement_, RankKind::kPageRank, cancellation);
    });
  }
  void AwaitAsked(std::uint32_t times) {
    for (int i = 0; i < 10'000 && first_.asked() < times; ++i) absl::SleepFor(absl::Milliseconds(1));
    ASSERT_EQ(first_.asked(), times);
  }
  static bool Waits(std::future<Answer>& answer) {
    return answer.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout;
  }

  Worker first_{0}, second_{1};
  Placement placement_{.workers = {first_.Handle(), second_.Handle()}, .missing = {}, .problems = {}};
  Cancellation nobody_;
  MemberOrders orders_{8};  // two graphs at a time
};

TEST_F(MemberOrderTest, WhoIsFollowedByAllComesFirst) {
  for (const RankKind kind : {RankKind::kPageRank, RankKind::kCore}) {
    const Answer order = Get("star", kind);
    ASSERT_TRUE(order.ok()) << order.status();
    EXPECT_THAT(**order, testing::ElementsAre(0, 1, 2, 3));
  }
}

TEST_F(MemberOrderTest, DifferentGraphsDoNotWaitForEachOther) {
  first_.Close("slow");
  std::future<Answer> slow = Ask("slow", nobody_);
  AwaitAsked(1);
  EXPECT_TRUE(Get("quick").ok());
  EXPECT_TRUE(Waits(slow));
  first_.Close("");
  EXPECT_TRUE(slow.get().ok());
}

TEST_F(MemberOrderTest, ThoseWhoAskForTheSameAreAnsweredTogether) {
  first_.Close("slow");
  std::future<Answer> one = Ask("slow", nobody_);
  AwaitAsked(1);
  std::future<Answer> other = Ask("slow", nobody_);
  EXPECT_TRUE(Waits(other));
  first_.Close("");
  const Answer made = one.get(), found = other.get();
  ASSERT_TRUE(made.ok() && found.ok());
  EXPECT_EQ(*made, *found);
  EXPECT_EQ(first_.asked(), 1u);
}

TEST_F(MemberOrderTest, WhoLeavesEndsWhatItAskedForAndTheNextTakesOver) {
  first_.Close("slow");
  Cancellation leaving, waiting;
  std::future<Answer> leaver = Ask("slow", leaving);
  AwaitAsked(1);
  std::future<Answer> waiter = Ask("slow", waiting);
  std::future<Answer> next = Ask("slow", nobody_);
  EXPECT_TRUE(Waits(waiter));
  waiting.Cancel();
  EXPECT_EQ(waiter.get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(Waits(leaver));
  leaving.Cancel();
  EXPECT_EQ(leaver.get().status().code(), absl::StatusCode::kCancelled);
  AwaitAsked(2);
  for (int i = 0; i < 10'000 && first_.cancelled() < 1; ++i) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_EQ(first_.cancelled(), 1u);
  first_.Close("");
  EXPECT_TRUE(next.get().ok());
}

// A coordinator that is to stop does not wait for workers that hang.
TEST_F(MemberOrderTest, WhatIsAskedOfMembersEndsWithItsCaller) {
  first_.Close("slow");
  pbi::GraphRecord graph;
  *graph.mutable_info() = Graph("slow");
  for (const bool chooses : {false, true}) {
    Cancellation leaving;
    const Members members(graph, placement_, &orders_, &leaving);
    const std::uint32_t asked = first_.asked();
    auto answer = std::async(std::launch::async, [&] {
      return chooses ? members.Choose({.count = 1}).status() : members.ById({0}).status();
    });
    AwaitAsked(asked + 1);
    leaving.Cancel();
    EXPECT_EQ(answer.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    EXPECT_EQ(answer.get().code(), absl::StatusCode::kCancelled);
  }
}

TEST_F(MemberOrderTest, ShardsThatAreToMoveEndIt) {
  first_.Close("slow");
  placement_.lease = std::make_shared<Cancellation>();
  std::future<Answer> slow = Ask("slow", nobody_);
  AwaitAsked(1);
  placement_.lease->Cancel();
  EXPECT_TRUE(IsShardsMove(slow.get().status()));
}

TEST_F(MemberOrderTest, OneWorkerThatFailsEndsTheQuestionsToTheOthers) {
  first_.Close("broken");
  second_.Fail();
  const absl::Status status = Get("broken").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("worker w-1"));
}

TEST_F(MemberOrderTest, MoreThanMemoryTakesWaitForRoom) {
  first_.Close("slow");
  MemberOrders narrow(4);
  std::future<Answer> slow = std::async(std::launch::async, [&] {
    return narrow.Get(Graph("slow"), placement_, RankKind::kPageRank, nobody_);
  });
  AwaitAsked(1);
  std::future<Answer> quick = std::async(std::launch::async, [&] {
    return narrow.Get(Graph("quick"), placement_, RankKind::kPageRank, nobody_);
  });
  EXPECT_TRUE(Waits(quick));
  first_.Close("");
  EXPECT_TRUE(slow.get().ok());
  EXPECT_TRUE(quick.get().ok());
  EXPECT_EQ(MemberOrders(3).Get(Graph("large"), placement_, RankKind::kPageRank, nobody_).status().code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace lawine
