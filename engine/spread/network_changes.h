// Links and members that come and go during one replica, on one shard: by themselves (GrowthSpec), and as
// members react to messages. "The network changes" in engine/README.md is what it does.
//
// What only luck decides is not kept but asked of coins whenever a link is tried; kept are the links that the
// graph does not have, those that were dropped, and who is away.
#ifndef LAWINE_ENGINE_SPREAD_NETWORK_CHANGES_H_
#define LAWINE_ENGINE_SPREAD_NETWORK_CHANGES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "engine/base/coin.h"
#include "engine/base/limits.h"
#include "engine/base/member_set.h"
#include "engine/spread/message_spec.h"
#include "engine/spread/state_codec.h"
#include "engine/store/shard_image.h"

namespace lawine {

// Not thread-safe: one thread at a time.
class NetworkChanges {
 public:
  // From which step on a link to a member of the range is there, or is dropped.
  struct Since {
    std::uint32_t receiver = 0;  // local id
    std::uint32_t step = 0;
  };

  // Both must outlive it. `changes_max`: links that a replica may add and drop.
  NetworkChanges(const ModelSpec& model, const ShardImage& image,
                 std::uint64_t changes_max = limits::kChangedLinksMax);

  // Starts a replica; `key` is that of message 0.
  void Begin(const CoinKey& key);
  // Brings the network to `step`, before messages take it. Steps may be left out. RESOURCE_EXHAUSTED, naming
  // the field, when it would take more memory or time than limits allow; it is then of no use until Begin.
  absl::Status Advance(std::uint32_t step);
  // RESOURCE_EXHAUSTED once there are more changes than may be; those beyond the first too many are not kept.
  absl::Status CheckCounts() const;
  // See ShardProcess. What luck alone decides is asked again.
  void SaveTo(StateWriter& out) const;
  void LoadFrom(std::uint32_t step, StateReader& in);

  // Members that have not joined, or have left; null where nobody ever does.
  const MemberSet* away() const { return growth_.members_change() ? &away_ : nullptr; }
  // Members of the range that are there; 0 where nobody comes or goes.
  std::uint64_t present() const { return growth_.members_change() ? present_ : 0; }

  // Which of one source's links are there, at one step.
  class SourceLinks {
   public:
    // Not for a link that is new: for one of the graph.
    bool Has(std::uint32_t receiver, MemberKey key) const { return IsThere(receiver, key, step_); }
    bool Has(const Since& added, MemberKey key) const {
      return added.step <= step_ && IsThere(added.receiver, key, step_ - added.step);
    }
    std::span<const Since> added() const { return added_; }

   private:
    friend class NetworkChanges;
    bool IsThere(std::uint32_t receiver, MemberKey key, std::uint32_t age) const;

    SourceLinks(const NetworkChanges& changes, MemberId source, CoinLane loss)
        : changes_(changes), source_(source), loss_(loss), step_(changes.step_) {}
    const NetworkChanges& changes_;
    MemberId source_;
    CoinLane loss_;
    std::uint32_t step_;
    std::span<const Since> added_;
    bool drops_ = false;  // somebody dropped one of them
  };
  // At the step advanced to. Gone with the next Follow.
  SourceLinks LinksOf(MemberId source) const;

  // The member drops what leads to it from `source`, from the next step on. False where it has already, or
  // there are too many changes.
  bool Unfollow(MemberId source, std::uint32_t receiver);
  // The member follows `source` from the next step on. False where the graph has such a link, lost or not,
  // one was added before, or there are too many changes.
  bool Follow(MemberId source, std::uint32_t receiver);

 private:
  struct Waiting {
    std::uint64_t coin = 0;  // without its last bit
    std::uint32_t local = 0;
  };
  static std::uint64_t LinkOf(MemberId source, std::uint32_t receiver) {
    return std::uint64_t{source.value} << 32 | receiver;
  }

  void PassStep();
  // Where the link is new.
  bool Add(MemberId source, Since link);
  std::span<const Since> AddedOf(MemberId source) const;
  bool GraphHas(MemberId source, std::uint32_t receiver) const;
  void NoteFollowersOf(MemberId author);
  // Those whose coins tell who gets a link from or to a member of the range.
  MemberRange Gaining() const;
  void AddLinks(std::uint32_t step);
  void MoveMembers();
  absl::Status CheckSteps(std::uint32_t step) const;
  bool TooMany() const { return added_count_ + dropped_.size() > changes_max_; }

  const ModelSpec& model_;
  const ShardImage& image_;
  const std::uint64_t changes_max_;
  GrowthSpec growth_;
  CoinKey key_;
  std::uint32_t step_ = 0;
  absl::flat_hash_map<std::uint32_t, std::vector<Since>> added_;  // by source
  std::uint64_t added_count_ = 0;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> dropped_;  // by LinkOf: from which step on
  absl::flat_hash_set<std::uint32_t> dropped_of_;              // their sources
  MemberId author_;                                            // whom somebody followed last
  MemberSet author_followers_;       // in the range, also those added; empty while there is no author
  std::vector<std::uint64_t> kept_;  // by age: what the coin of a link that is still there is below
  std::vector<Waiting> absent_;      // have not joined
  std::vector<Waiting> staying_;     // have not left
  std::uint64_t absent_below_ = 0;   // at the step: coins of those that have not joined
  std::uint64_t staying_below_ = 0;  // at the step: coins of those that have not left
  MemberSet away_;
  MemberSet left_;
  std::uint64_t present_ = 0;
};

// FAILED_PRECONDITION where a model asks for new links, and lists are not all in memory.
absl::Status CheckChangesOn(const ModelSpec& model, const ShardImage& image);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_NETWORK_CHANGES_H_
