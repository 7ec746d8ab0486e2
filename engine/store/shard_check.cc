#include "engine/store/shard_check.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/follower_block.h"
#include "engine/store/shard_members.h"
#include "engine/store/stride_scan.h"

namespace lawine {
namespace {

// Adds up links, stride by stride, and counts whom they lead to.
class LinkCheck {
 public:
  LinkCheck(const ShardReader& reader, const ShardMembers& members, const std::vector<MemberKey>& keys)
      : reader_(reader), manifest_(reader.manifest()), members_(members), keys_(keys) {}

  absl::StatusOr<Digest> Run(Executor& executor) const {
    const std::size_t strides = manifest_.links_before.empty() ? 0 : manifest_.links_before.size() - 1;
    std::vector<Part> parts(std::min(executor.parallelism(), strides));
    executor.ParallelFor(parts.size(), [&](std::size_t p) {
      parts[p].followees.resize(manifest_.range().count);
      for (std::size_t stride = p; stride < strides && parts[p].status.ok(); stride += parts.size()) {
        parts[p].status = CheckStride(static_cast<std::uint32_t>(stride), parts[p]);
      }
    });
    Digest sum;
    for (const Part& part : parts) {
      LAWINE_RETURN_IF_ERROR(part.status);
      sum += part.digest;
    }
    LAWINE_RETURN_IF_ERROR(CheckFollowees(parts));
    return sum;
  }

 private:
  // What one task found.
  struct Part {
    absl::Status status;
    Digest digest;
    std::vector<std::uint32_t> followees;  // by member of the range
  };

  absl::Status CheckFollowees(const std::vector<Part>& parts) const {
    for (std::uint32_t m = 0; m < manifest_.range().count; ++m) {
      std::uint64_t found = 0;
      for (const Part& part : parts) found += part.followees[m];
      if (found == members_.followees()[m]) continue;
      return ManifestContradicted(
          manifest_, absl::StrCat("the member with key ", members_.KeyOf(LocalId(m)), " has ",
                                  members_.followees()[m], " followees, links to it are ", found));
    }
    return absl::OkStatus();
  }

  absl::Status CheckStride(std::uint32_t stride, Part& part) const {
    return ScanStride(reader_, stride,
                      [&](std::uint32_t block, std::string_view, const FollowerLists& lists) {
                        for (const std::uint32_t follower : lists.followers) ++part.followees[follower];
                        part.digest += DigestOf(block * limits::kSourcesPerBlock, lists);
                      });
  }

  Digest DigestOf(std::uint32_t first_source, const FollowerLists& lists) const {
    Digest digest;
    std::size_t at = 0;
    for (std::size_t i = 0; i < lists.counts.size(); ++i) {
      const std::uint32_t source = first_source + static_cast<std::uint32_t>(i);
      for (const std::size_t end = at + lists.counts[i]; at < end; ++at) {
        const DigestLane lane = DigestLane::ForLinks(lists.kinds.empty() ? 0 : lists.kinds[at],
                                                     lists.weights.empty() ? 0 : lists.weights[at]);
        digest += lane.ForSource(keys_.empty() ? source : keys_[source])
                      .Term(members_.KeyOf(LocalId(lists.followers[at])));
      }
    }
    return digest;
  }

  const ShardReader& reader_;
  const ShardManifest& manifest_;
  const ShardMembers& members_;
  const std::vector<MemberKey>& keys_;
};

}  // namespace

absl::StatusOr<ShardCheck> CheckShard(const ShardReader& reader, Executor& executor) {
  const ShardManifest& manifest = reader.manifest();
  ShardCheck check{.links = manifest.links, .members = manifest.range().count};
  LAWINE_ASSIGN_OR_RETURN(check.file_bytes, reader.CheckFiles());
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<const ShardMembers> members, ShardMembers::Read(reader));
  LAWINE_ASSIGN_OR_RETURN(const std::vector<MemberKey> keys, ReadGraphKeys(reader, *members));
  LAWINE_ASSIGN_OR_RETURN(check.digest, LinkCheck(reader, *members, keys).Run(executor));
  const DigestLane lane = DigestLane::ForMembers();
  for (std::uint32_t i = 0; i < check.members; ++i) check.digest += lane.Term(members->KeyOf(LocalId(i)));
  if (check.digest == manifest.digest) return check;
  return ManifestContradicted(
      manifest, absl::StrCat("expected digest ", manifest.digest.ToHex(), ", found ", check.digest.ToHex()));
}

}  // namespace lawine
