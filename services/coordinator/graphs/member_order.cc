#include "services/coordinator/graphs/member_order.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "engine/store/member_ranks.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"
#include "services/coordinator/workers/worker_calls.h"
#include "services/coordinator/workers/worker_streams.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr std::size_t kPartValues = kStreamPartBytes / sizeof(std::uint64_t);
constexpr std::size_t kAskedAtOnce = 1u << 16;

absl::Status Unknown() {
  return absl::DataLossError("a worker tells of members that the graph does not have");
}

// Copies a part that a worker sent to its place.
template <class Int>
absl::Status Place(std::string_view bytes, std::uint32_t first, std::vector<Int>& all) {
  std::vector<Int> values;
  LAWINE_RETURN_IF_ERROR(wire::UnpackInts(bytes, values));
  if (first > all.size() || values.size() > all.size() - first) return Unknown();
  std::copy(values.begin(), values.end(), all.begin() + first);
  return absl::OkStatus();
}

// The workers of one graph, asked together. Every question ends with `cancellation`, and at `deadline`.
class GraphWorkers {
 public:
  GraphWorkers(const pbi::GraphInfo& graph, const Placement& placement, absl::Time deadline,
               Cancellation& cancellation)
      : graph_(graph),
        placement_(placement),
        deadline_(deadline),
        cancellation_(cancellation),
        members_count_(*graph.boundaries().rbegin()) {}

  absl::Status ReadDegrees(std::vector<std::uint32_t>& audiences,
                           std::vector<std::uint32_t>& followees) const {
    audiences.resize(members_count_);
    followees.resize(members_count_);
    const auto request = Request<pbi::ReadDegreesRequest>();
    return Read(&WorkerStub::ReadDegrees, request, [&](const pbi::ReadDegreesResponse& part) {
      LAWINE_RETURN_IF_ERROR(Place(part.audiences(), part.first(), audiences));
      return Place(part.followees(), part.first(), followees);
    });
  }

  // What all members get from followers that pass on `values`.
  absl::StatusOr<std::vector<std::uint64_t>> PassOn(const std::vector<std::uint64_t>& values) const {
    Cancellation calls_end(cancellation_);
    WorkerCalls<pbi::PassOnRequest, pbi::PassOnResponse> calls(placement_, &WorkerStub::PassOn, deadline_,
                                                               calls_end);
    for (std::size_t w = 0; w < calls.size(); ++w) {
      for (const std::uint32_t shard : calls.worker(w).shards) Send(shard, values, w, calls);
      calls.EndSends(w);
    }
    std::vector<std::uint64_t> sums(members_count_);
    LAWINE_RETURN_IF_ERROR(placement_.Ended(
        TakeAll(calls, calls_end, [&](const pbi::PassOnResponse& part) { return Add(part, sums); })));
    return sums;
  }

  // Calls lose(followees) with whom `members` follow.
  absl::Status VisitFollowees(std::span<const std::uint32_t> members,
                              const std::function<void(std::span<const std::uint32_t>)>& lose) const {
    auto request = Request<pbi::ReadFolloweesRequest>();
    request.set_members(wire::PackInts(members));
    return Read(&WorkerStub::ReadFollowees, request, [&](const pbi::ReadFolloweesResponse& part) {
      std::vector<std::uint32_t> followees;
      LAWINE_RETURN_IF_ERROR(wire::UnpackInts(part.followees(), followees));
      const bool known = std::all_of(followees.begin(), followees.end(),
                                     [this](std::uint32_t id) { return id < members_count_; });
      if (!known) return Unknown();
      lose(followees);
      return absl::OkStatus();
    });
  }

 private:
  template <class Message>
  Message Request() const {
    Message request;
    request.set_graph(graph_.name());
    request.set_graph_version(graph_.graph_version());
    return request;
  }

  template <class Message, class Response, class Take>
  absl::Status Read(void (WorkerStub::*method)(grpc::ClientContext*, const Message*,
                                               grpc::ClientReadReactor<Response>*),
                    const Message& request, Take&& take) const {
    Cancellation reads_end(cancellation_);
    WorkerReads<Message, Response> reads(placement_, method, request, deadline_, reads_end);
    return placement_.Ended(TakeAll(reads, reads_end, take));
  }

  template <class Calls>
  void Send(std::uint32_t shard, const std::vector<std::uint64_t>& values, std::size_t w,
            Calls& calls) const {
    const std::size_t end = graph_.boundaries(static_cast<int>(shard) + 1);
    for (std::size_t first = graph_.boundaries(static_cast<int>(shard)); first < end; first += kPartValues) {
      auto part = Request<pbi::PassOnRequest>();
      part.set_first(static_cast<std::uint32_t>(first));
      part.set_values(wire::PackInts(
          std::span<const std::uint64_t>(values).subspan(first, std::min(kPartValues, end - first))));
      if (!calls.Send(w, part)) return;  // its end says why
    }
  }

  static absl::Status Add(const pbi::PassOnResponse& part, std::vector<std::uint64_t>& sums) {
    std::vector<std::uint64_t> more;
    LAWINE_RETURN_IF_ERROR(wire::UnpackInts(part.sums(), more));
    if (part.first() > sums.size() || more.size() > sums.size() - part.first()) return Unknown();
    for (std::size_t i = 0; i < more.size(); ++i) sums[part.first() + i] += more[i];
    return absl::OkStatus();
  }

  const pbi::GraphInfo& graph_;
  const Placement& placement_;
  const absl::Time deadline_;
  Cancellation& cancellation_;
  const std::uint32_t members_count_;
};

absl::StatusOr<std::vector<std::uint64_t>> PageRanks(const GraphWorkers& workers,
                                                     std::vector<std::uint32_t> followees) {
  PageRank rank(std::move(followees));
  for (int round = 0; round < PageRank::kRounds; ++round) {
    LAWINE_ASSIGN_OR_RETURN(std::vector<std::uint64_t> sums, workers.PassOn(rank.PassedOn()));
    rank.Take(std::move(sums));
  }
  return rank.ranks();
}

// The core, and of equal cores the audience.
absl::StatusOr<std::vector<std::uint64_t>> Cores(const GraphWorkers& workers,
                                                 const std::vector<std::uint32_t>& audiences) {
  CorePeeling peeling(audiences);
  for (std::vector<std::uint32_t> leaving = peeling.Leave(); !leaving.empty(); leaving = peeling.Leave()) {
    for (std::size_t first = 0; first < leaving.size(); first += kAskedAtOnce) {
      const auto some = std::span<const std::uint32_t>(leaving).subspan(
          first, std::min(kAskedAtOnce, leaving.size() - first));
      LAWINE_RETURN_IF_ERROR(
          workers.VisitFollowees(some, [&peeling](auto followees) { peeling.LoseFollowers(followees); }));
    }
  }
  std::vector<std::uint64_t> ranks(audiences.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    ranks[i] = std::uint64_t{peeling.cores()[i]} << 32 | audiences[i];
  }
  return ranks;
}

absl::StatusOr<MemberOrder> WorkOut(const GraphWorkers& workers, RankKind kind) {
  std::vector<std::uint32_t> audiences, followees;
  LAWINE_RETURN_IF_ERROR(workers.ReadDegrees(audiences, followees));
  auto ranks =
      kind == RankKind::kPageRank ? PageRanks(workers, std::move(followees)) : Cores(workers, audiences);
  LAWINE_RETURN_IF_ERROR(ranks.status());
  auto order = std::make_shared<std::vector<std::uint32_t>>(ranks->size());
  std::iota(order->begin(), order->end(), 0u);
  std::stable_sort(order->begin(), order->end(),
                   [&ranks](std::uint32_t a, std::uint32_t b) { return (*ranks)[a] > (*ranks)[b]; });
  return order;
}

}  // namespace

MemberOrder MemberOrders::Kept(const Key& key) const {
  for (const auto& [kept, order] : kept_) {
    if (kept == key) return order;
  }
  return nullptr;
}

absl::StatusOr<MemberOrder> MemberOrders::Begin(const Key& key, std::uint32_t members_count,
                                                absl::Time deadline, const Placement& placement,
                                                const Cancellation& cancellation) {
  constexpr auto kLook = std::chrono::milliseconds(50);  // for a reason to wait no longer
  MutexLock lock(mutex_);
  while (true) {
    if (MemberOrder kept = Kept(key); kept != nullptr) return kept;
    std::uint64_t members = members_count;
    for (const auto& [other, count] : worked_out_) members += count;
    if (!worked_out_.contains(key) && members <= members_max_) break;
    if (cancellation.cancelled()) return absl::CancelledError("the caller is gone");
    if (placement.lease != nullptr && placement.lease->cancelled()) {
      return placement.Ended(absl::CancelledError("shards are to move"));
    }
    if (absl::Now() > deadline) {
      return absl::DeadlineExceededError("ranks of members that others asked for took too long: try again");
    }
    ended_.WaitFor(mutex_, kLook);
  }
  worked_out_.emplace(key, members_count);
  return MemberOrder();
}

void MemberOrders::End(const Key& key, const absl::StatusOr<MemberOrder>& order) {
  MutexLock lock(mutex_);
  worked_out_.erase(key);
  if (order.ok()) kept_.emplace_back(key, *order);
  if (kept_.size() > kKept) kept_.pop_front();
  ended_.NotifyAll();
}

absl::StatusOr<MemberOrder> MemberOrders::Get(const pbi::GraphInfo& graph, const Placement& placement,
                                              RankKind kind, Cancellation& cancellation) {
  const std::uint32_t members_count = *graph.boundaries().rbegin();
  if (members_count > members_max_) {
    return absl::ResourceExhaustedError(absl::StrCat("ranks are worked out for graphs of at most ",
                                                     members_max_, " members, found ", members_count,
                                                     ": choose by highest_audience"));
  }
  const absl::Time deadline = absl::Now() + kTimeout;
  const Key key(graph.digest(), kind);
  LAWINE_ASSIGN_OR_RETURN(MemberOrder kept, Begin(key, members_count, deadline, placement, cancellation));
  if (kept != nullptr) return kept;
  absl::StatusOr<MemberOrder> order = WorkOut(GraphWorkers(graph, placement, deadline, cancellation), kind);
  End(key, order);
  return order;
}

}  // namespace lawine
