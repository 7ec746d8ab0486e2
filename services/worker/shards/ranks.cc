#include "services/worker/shards/ranks.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/member_ranks.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

template <class Int>
constexpr std::size_t kPartValues = kStreamPartBytes / sizeof(Int);

absl::Status ReaderGone() { return absl::CancelledError("the coordinator is gone"); }

// What the coordinator sends: the graph, and values by first member of each part.
struct PassedOn {
  std::string graph;
  std::uint64_t graph_version = 0;
  std::map<std::uint32_t, std::vector<std::uint64_t>> parts;

  // Of one shard's range.
  absl::StatusOr<std::vector<std::uint64_t>> Of(MemberRange range) const {
    std::vector<std::uint64_t> values;
    for (auto part = parts.lower_bound(range.first.value);
         part != parts.end() && part->first == range.first.value + values.size() &&
         values.size() < range.count;
         ++part) {
      values.insert(values.end(), part->second.begin(), part->second.end());
    }
    if (values.size() == range.count) return values;
    return absl::InvalidArgumentError(absl::StrCat("expected what ", range.count, " members from ",
                                                   range.first.value, " on pass on, found ", values.size()));
  }
};

absl::StatusOr<PassedOn> ReadPassedOn(PassOnStream& stream) {
  PassedOn passed_on;
  pbi::PassOnRequest request;
  while (stream.Read(&request)) {
    if (!request.graph().empty()) {
      passed_on.graph = request.graph();
      passed_on.graph_version = request.graph_version();
    }
    LAWINE_RETURN_IF_ERROR(wire::UnpackInts(request.values(), passed_on.parts[request.first()]));
  }
  return passed_on;
}

}  // namespace

absl::Status PassOn(ShardHost& shards, Executor& executor, PassOnStream& stream) {
  LAWINE_ASSIGN_OR_RETURN(const PassedOn passed_on, ReadPassedOn(stream));
  LAWINE_ASSIGN_OR_RETURN(const ShardHost::Acquired acquired,
                          shards.Acquire(passed_on.graph, passed_on.graph_version));
  std::vector<std::uint64_t> sums(acquired.images[0]->graph().members());
  for (const auto& image : acquired.images) {
    LAWINE_ASSIGN_OR_RETURN(const std::vector<std::uint64_t> own, passed_on.Of(image->range()));
    LAWINE_RETURN_IF_ERROR(AddPassedOn(*image, own, sums, executor));
  }
  constexpr std::size_t kPart = kPartValues<std::uint64_t>;
  for (std::size_t first = 0; first < sums.size(); first += kPart) {
    pbi::PassOnResponse part;
    part.set_first(static_cast<std::uint32_t>(first));
    part.set_sums(wire::PackInts(
        std::span<const std::uint64_t>(sums).subspan(first, std::min(kPart, sums.size() - first))));
    if (!stream.Write(part)) return ReaderGone();
  }
  return absl::OkStatus();
}

absl::Status ReadFollowees(ShardHost& shards, const pbi::ReadFolloweesRequest& request,
                           grpc::ServerWriter<pbi::ReadFolloweesResponse>& writer) {
  LAWINE_ASSIGN_OR_RETURN(const ShardHost::Acquired acquired,
                          shards.Acquire(request.graph(), request.graph_version()));
  std::vector<std::uint32_t> members, followees;
  LAWINE_RETURN_IF_ERROR(wire::UnpackInts(request.members(), members));
  bool written = true;
  const auto write = [&] {
    pbi::ReadFolloweesResponse part;
    part.set_followees(wire::PackInts(std::span<const std::uint32_t>(followees)));
    written = written && writer.Write(part);
    followees.clear();
  };
  for (const auto& image : acquired.images) {
    LAWINE_RETURN_IF_ERROR(VisitFollowees(*image, members, [&](std::uint32_t followee) {
      followees.push_back(followee);
      if (followees.size() == kPartValues<std::uint32_t>) write();
    }));
  }
  if (!followees.empty()) write();
  return written ? absl::OkStatus() : ReaderGone();
}

absl::Status ReadDegrees(ShardHost& shards, const pbi::ReadDegreesRequest& request,
                         grpc::ServerWriter<pbi::ReadDegreesResponse>& writer) {
  LAWINE_ASSIGN_OR_RETURN(const auto all, shards.Members(request.graph(), request.graph_version()));
  constexpr std::size_t kPart = kPartValues<std::uint32_t> / 2;
  for (const auto& members : all) {
    for (std::size_t first = 0; first < members->range().count; first += kPart) {
      const std::size_t count = std::min(kPart, members->range().count - first);
      pbi::ReadDegreesResponse part;
      part.set_first(members->range().first.value + static_cast<std::uint32_t>(first));
      part.set_audiences(wire::PackInts(members->audience().subspan(first, count)));
      part.set_followees(wire::PackInts(members->followees().subspan(first, count)));
      if (!writer.Write(part)) return ReaderGone();
    }
  }
  return absl::OkStatus();
}

}  // namespace lawine
