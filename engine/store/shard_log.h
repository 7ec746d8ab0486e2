// The online changes of one shard that is open: what is stored of them, what comes next, and the shard at any
// version there is. The store holds the shard as it was last folded; everything later is records.
#ifndef LAWINE_ENGINE_STORE_SHARD_LOG_H_
#define LAWINE_ENGINE_STORE_SHARD_LOG_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "engine/store/graph_change.h"
#include "engine/store/shard_delta.h"
#include "engine/store/shard_store.h"

namespace lawine {

// Thread-safe. Who reads does not wait for what is being written; writers wait for each other. A fold
// is no writer while it reads and writes blocks, only while what it wrote is taken in.
class ShardLog {
 public:
  // Reads the records. DATA_LOSS when they are damaged, or do not follow each other.
  static absl::StatusOr<std::shared_ptr<ShardLog>> Open(std::shared_ptr<StoredShard> stored);

  // The shard as it is stored; another one after each Fold.
  std::shared_ptr<StoredShard> stored() const;
  // The last version that was written, whether it came to count or not, and its graph.
  GraphInfo head() const;
  // The graph at a version. FAILED_PRECONDITION when there is no such version.
  absl::StatusOr<GraphInfo> GraphAt(std::uint64_t graph_version) const;
  std::uint64_t ticket() const;
  std::uint64_t records_count() const;
  // What the shard took on disk when it was last measured: then no disk is waited for.
  std::uint64_t disk_bytes() const;
  // Measures again, as at Open, Append and Fold: after other writes.
  void MeasureDisk();

  // How the links at `places`, whose receivers are the shard's, are at `graph_version`. FAILED_PRECONDITION
  // when there is no such version.
  absl::StatusOr<std::vector<LinkState>> ReadLinks(std::uint64_t graph_version,
                                                   std::span<const LinkPlace> places);
  // Dense id of a member that was added, if that was not after `graph_version`.
  std::optional<MemberId> FindAdded(MemberKey key, std::uint64_t graph_version) const;

  // Makes `record` the head, durably, in the place of what was written after the version before it.
  // `previous` is the digest of the graph before. FAILED_PRECONDITION when that is another one here; ABORTED
  // when the record is older (by ticket) than one that was there; INVALID_ARGUMENT when it cannot be of this
  // shard; RESOURCE_EXHAUSTED when there are too many changes, or the disk is full.
  absl::Status Append(const ChangeRecord& record, const Digest& previous);

  // What `graph_version` changes of `base`, the members as they are stored; null at the stored version.
  // FAILED_PRECONDITION when there is no such version, or the shard was folded beyond it.
  absl::StatusOr<std::shared_ptr<const ShardDelta>> DeltaOf(std::uint64_t graph_version,
                                                            const ShardMembers& base) const;

  // Reads all records again. DATA_LOSS unless the store has those that were written. Of one whose write
  // failed it may have either.
  absl::Status CheckStored() const;

  // Makes `graph_version` the stored one: its blocks replace those that changed, which are in memory one at a
  // time. Returns how many; none where it was folded as far already.
  absl::StatusOr<std::uint64_t> Fold(std::uint64_t graph_version);

 private:
  static constexpr std::uint64_t kSure = ~std::uint64_t{0};
  explicit ShardLog(std::shared_ptr<StoredShard> stored) : stored_(std::move(stored)) {}
  absl::Status Read();
  // How many records come before `record`, or why it cannot follow them.
  absl::StatusOr<std::size_t> CheckNext(const ChangeRecord& record, const Digest& previous) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckFits(const ChangeRecord& record) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckLinksFit(const ChangeRecord& record, std::size_t records_before) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::size_t> CountTo(std::uint64_t graph_version) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  GraphInfo InfoAt(std::size_t count) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Note(const ChangeRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex folding_;          // held while the shard is folded; taken before writing_
  mutable Mutex writing_;  // held while what is there on disk is replaced; taken before mutex_
  mutable Mutex mutex_;    // never held while waiting for a disk
  std::shared_ptr<StoredShard> stored_ ABSL_GUARDED_BY(mutex_);
  std::vector<ChangeRecord> records_ ABSL_GUARDED_BY(mutex_);  // versions follow the stored one's
  std::uint64_t unsure_from_ ABSL_GUARDED_BY(mutex_) = kSure;  // a write of this version has failed
  std::uint64_t ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t disk_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t changes_count_ ABSL_GUARDED_BY(mutex_) = 0;           // in all records, and these themselves
  std::vector<std::uint32_t> members_added_ ABSL_GUARDED_BY(mutex_);  // by all records up to each
  std::vector<std::int64_t> links_added_ ABSL_GUARDED_BY(mutex_);     // the same
  // Of all records: links by place and version, members by key.
  std::map<LinkPlace, std::map<std::uint64_t, LinkState>> links_ ABSL_GUARDED_BY(mutex_);
  struct Added {
    MemberId id;
    std::uint64_t graph_version = 0;
  };
  std::map<MemberKey, Added> added_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_LOG_H_
