#include "services/coordinator/graphs/member_order.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/spread/member_ranks.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"
#include "services/coordinator/workers/cancellation.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kCallTimeout = absl::Minutes(10);
constexpr std::size_t kPartValues = kStreamPartBytes / sizeof(std::uint64_t);
constexpr std::size_t kAskedAtOnce = 1u << 16;

// One worker's call, which ends when shards are to move.
class RankCall {
 public:
  explicit RankCall(const Placement& placement) : lease_(placement.lease.get()) {
    SetDeadline(context_, kCallTimeout);
    if (lease_ != nullptr) lease_->Add(&context_);
  }
  ~RankCall() {
    if (lease_ != nullptr) lease_->Remove(&context_);
  }
  RankCall(const RankCall&) = delete;
  RankCall& operator=(const RankCall&) = delete;

  grpc::ClientContext& context() { return context_; }

 private:
  Cancellation* const lease_;
  grpc::ClientContext context_;
};

// Calls ask(worker, context) for all workers at the same time; the first failure.
absl::Status AskEach(const Placement& placement,
                     const std::function<absl::Status(const WorkerHandle&, grpc::ClientContext&)>& ask) {
  std::vector<absl::Status> statuses(placement.workers.size());
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < statuses.size(); ++w) {
    threads.emplace_back([&, w] {
      RankCall call(placement);
      statuses[w] = ask(placement.workers[w], call.context());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) LAWINE_RETURN_IF_ERROR(placement.Ended(status));
  return absl::OkStatus();
}

// Copies a part that a worker sent to its place.
template <class Int>
absl::Status Place(std::string_view bytes, std::uint32_t first, std::vector<Int>& all) {
  std::vector<Int> values;
  LAWINE_RETURN_IF_ERROR(wire::UnpackInts(bytes, values));
  if (first > all.size() || values.size() > all.size() - first) {
    return absl::DataLossError("a worker tells of members that the graph does not have");
  }
  std::copy(values.begin(), values.end(), all.begin() + first);
  return absl::OkStatus();
}

// The workers of one graph, asked together.
class GraphWorkers {
 public:
  GraphWorkers(const pbi::GraphInfo& graph, const Placement& placement)
      : graph_(graph), placement_(placement), members_count_(*graph.boundaries().rbegin()) {}

  absl::Status ReadDegrees(std::vector<std::uint32_t>& audiences,
                           std::vector<std::uint32_t>& followees) const {
    audiences.resize(members_count_);
    followees.resize(members_count_);
    return AskEach(placement_, [&](const WorkerHandle& worker, grpc::ClientContext& context) {
      pbi::ReadDegreesRequest request;
      request.set_graph(graph_.name());
      request.set_graph_version(graph_.graph_version());
      const auto reader = worker.stub->ReadDegrees(&context, request);
      absl::Status placed;
      for (pbi::ReadDegreesResponse part; placed.ok() && reader->Read(&part);) {
        placed = Place(part.audiences(), part.first(), audiences);
        if (placed.ok()) placed = Place(part.followees(), part.first(), followees);
      }
      return Ended(worker, context, *reader, placed);
    });
  }

  // What all members get from followers that pass on `values`.
  absl::StatusOr<std::vector<std::uint64_t>> PassOn(const std::vector<std::uint64_t>& values) const {
    std::vector<std::uint64_t> sums(members_count_);
    Mutex mutex;
    LAWINE_RETURN_IF_ERROR(AskEach(placement_, [&](const WorkerHandle& worker, grpc::ClientContext& context) {
      const auto stream = worker.stub->PassOn(&context);
      for (const std::uint32_t shard : worker.shards) Send(shard, values, *stream);
      stream->WritesDone();
      absl::Status added;
      for (pbi::PassOnResponse part; added.ok() && stream->Read(&part);) {
        MutexLock lock(mutex);
        added = Add(part, sums);
      }
      return Ended(worker, context, *stream, added);
    }));
    return sums;
  }

  // Calls lose(followees) with whom `members` follow, under a lock.
  absl::Status VisitFollowees(std::span<const std::uint32_t> members,
                              const std::function<void(std::span<const std::uint32_t>)>& lose) const {
    pbi::ReadFolloweesRequest request;
    request.set_graph(graph_.name());
    request.set_graph_version(graph_.graph_version());
    request.set_members(wire::PackInts(members));
    Mutex mutex;
    return AskEach(placement_, [&](const WorkerHandle& worker, grpc::ClientContext& context) {
      const auto reader = worker.stub->ReadFollowees(&context, request);
      absl::Status read;
      for (pbi::ReadFolloweesResponse part; read.ok() && reader->Read(&part);) {
        std::vector<std::uint32_t> followees;
        read = wire::UnpackInts(part.followees(), followees);
        const bool known = std::all_of(followees.begin(), followees.end(),
                                       [this](std::uint32_t id) { return id < members_count_; });
        if (!known) read = absl::DataLossError("a worker tells of members that the graph does not have");
        if (!read.ok()) break;
        MutexLock lock(mutex);
        lose(followees);
      }
      return Ended(worker, context, *reader, read);
    });
  }

 private:
  template <class Stream>
  static absl::Status Ended(const WorkerHandle& worker, grpc::ClientContext& context, Stream& stream,
                            const absl::Status& read) {
    if (!read.ok()) context.TryCancel();
    const grpc::Status status = stream.Finish();
    return read.ok() ? worker.Said(status) : read;
  }

  template <class Stream>
  void Send(std::uint32_t shard, const std::vector<std::uint64_t>& values, Stream& stream) const {
    const std::size_t end = graph_.boundaries(static_cast<int>(shard) + 1);
    for (std::size_t first = graph_.boundaries(static_cast<int>(shard)); first < end; first += kPartValues) {
      pbi::PassOnRequest part;
      part.set_graph(graph_.name());
      part.set_graph_version(graph_.graph_version());
      part.set_first(static_cast<std::uint32_t>(first));
      part.set_values(wire::PackInts(
          std::span<const std::uint64_t>(values).subspan(first, std::min(kPartValues, end - first))));
      if (!stream.Write(part)) return;  // Finish says why
    }
  }

  static absl::Status Add(const pbi::PassOnResponse& part, std::vector<std::uint64_t>& sums) {
    std::vector<std::uint64_t> more;
    LAWINE_RETURN_IF_ERROR(wire::UnpackInts(part.sums(), more));
    if (part.first() > sums.size() || more.size() > sums.size() - part.first()) {
      return absl::DataLossError("a worker tells of members that the graph does not have");
    }
    for (std::size_t i = 0; i < more.size(); ++i) sums[part.first() + i] += more[i];
    return absl::OkStatus();
  }

  const pbi::GraphInfo& graph_;
  const Placement& placement_;
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

absl::StatusOr<MemberOrder> WorkOut(const pbi::GraphInfo& graph, const Placement& placement, RankKind kind) {
  const GraphWorkers workers(graph, placement);
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

absl::StatusOr<MemberOrder> MemberOrders::Get(const pbi::GraphInfo& graph, const Placement& placement,
                                              RankKind kind) {
  const std::uint32_t members_count = *graph.boundaries().rbegin();
  if (members_count > kMembersMax) {
    return absl::ResourceExhaustedError(absl::StrCat("ranks are worked out for graphs of at most ",
                                                     kMembersMax, " members, found ", members_count,
                                                     ": choose by highest_audience"));
  }
  const Key key(graph.digest(), kind);
  MutexLock lock(working_);
  for (const auto& [kept, order] : kept_) {
    if (kept == key) return order;
  }
  LAWINE_ASSIGN_OR_RETURN(const MemberOrder order, WorkOut(graph, placement, kind));
  kept_.emplace_back(key, order);
  if (kept_.size() > kKept) kept_.pop_front();
  return order;
}

}  // namespace lawine
